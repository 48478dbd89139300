"""What a reviewer found: records that lost something without a word, or were refused whole."""

import json
from typing import Any

import pytest

from sources.detect import load


def one(name: str, value: Any) -> list[dict[str, Any]]:
    return list(load(name).rows(value))


def said(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in row["messages"]]


@pytest.mark.parametrize("sides", [("chosen", "rejected"), ("chosen_response", "rejected_response")])
def test_a_pair_below_an_instruction_needs_no_input(sides):
    rows = one("preference", {"instruction": "i", sides[0]: "a", sides[1]: "b"})
    assert [said(row) for row in rows] == [[("user", "i"), ("assistant", "a")], [("user", "i"), ("assistant", "b")]]
