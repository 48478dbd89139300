"""What a reader found who compared published records with the rows made of them."""

from pathlib import Path
from typing import Any

import pytest

from sources import File, read
from sources.detect import load
from sources.exchanges import question

DUMPS = Path(__file__).resolve().parent.parent / "dumps"


def one(name: str, value: Any) -> list[dict[str, Any]]:
    return list(load(name).rows(value))


def sample(name: str) -> list[dict[str, Any]]:
    """Rows of a sample file."""
    path = next(DUMPS.glob(f"{name}.*"))
    return [row for batch in read(File("s", path, path.name)) for row in batch.rows.to_pylist()]


NONE = ["No input", "No Input.", "NoInput", "No input required.", "No input needed.", '"<noinput>"', "<noinput>.", "< noinput >"]
NONE += [
    "(noinput)",
    "`<noinput>`",
    "[No Input]",
    "\\<noinput\\>",
    "no_input",
    "无输入",
    "没有输入。",
    "无需输入。",
    "&lt;无输入&gt;",
]


@pytest.mark.parametrize("said", NONE)
def test_an_input_that_says_it_is_none_is_no_part_of_the_question(said):
    [row] = one("alpaca", {"instruction": "Name a tree.", "input": said, "output": "Elm."})
    assert [message["content"] for message in row["messages"]] == ["Name a tree.", "Elm."]


@pytest.mark.parametrize("said", ["None", "N/A", "?!", "***", "...", "no", "input", "Noinputs", "He was <noinput>", "不输入"])
def test_an_input_that_says_anything_else_stays(said):
    assert question("Explain this.", said) == f"Explain this.\n\n{said}"
    assert question("Explain this.", " " * 50, None, float("nan")) == "Explain this."
