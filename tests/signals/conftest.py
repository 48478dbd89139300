"""Hand-made conversations as the table that sources give."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from schemas.rows import ROW, fingerprint

ROLES = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}


def table(*talks: list[tuple[str, str]]) -> pa.Table:
    """One row a conversation; a turn is (first letter of its role, text)."""
    rows = []
    for record, turns in enumerate(talks):
        messages = [{"role": ROLES[role], "content": text} for role, text in turns]
        rows.append({"id": f"t/t#{record:09d}", "source": "t", "messages": messages, "fingerprint": fingerprint(messages)})
    return pa.Table.from_pylist(rows, schema=ROW)


@pytest.fixture(scope="session")
def talks() -> Callable[..., pa.Table]:
    return table


@pytest.fixture(scope="session")
def signal() -> Callable[..., list]:
    """signal(column, conversation, ...) -> its value for each; a text alone is an assistant's answer to `Go on.`"""

    def values(column: str, *conversations: list[tuple[str, str]] | str) -> list:
        from filters.signals import measure

        turns = [[("u", "Go on."), ("a", talk)] if isinstance(talk, str) else talk for talk in conversations]
        return measure(table(*turns), {column})[1][column].to_pylist()

    return values
