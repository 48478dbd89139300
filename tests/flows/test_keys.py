"""What an overlap rule compares, and the symbols that tell one question from another."""

import pyarrow as pa
import pytest

from filters.overlap.tokens import normalise
from flows import keys
from schemas.rows import MESSAGE


def rows(*conversations: list[tuple[str, str]]) -> pa.Table:
    turns = [[{"role": role, "content": content} for role, content in each] for each in conversations]
    return pa.table({"messages": pa.array(turns, pa.list_(MESSAGE))})


def asked(text: str) -> str:
    return normalise(keys.compared(rows([("user", text)]), "prompt")).text(0)


def test_each_key_takes_its_turns_and_is_null_without_one() -> None:
    talk = rows([("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")], [("system", "s")], [])
    assert keys.texts(talk, "conversation").to_pylist() == ["s\n\na\n\nb\n\nc\n\nd", "s", None]
    assert keys.texts(talk, "prompt").to_pylist() == ["a", None, None]
    assert keys.texts(talk, "response").to_pylist() == ["d", None, None]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5 + 3", "5 - 3"),
        ("5+3", "5*3"),
        ("6/2", "6-2"),
        ("sort in C", "sort in C++"),
        ("sort in C", "sort in C#"),
        ("x = -5", "x = 5"),
        ("2^3", "2 3"),
    ],
)
def test_symbols_tell_questions_apart(one: str, other: str) -> None:
    assert asked(one) != asked(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("5+3", "5 + 3"), ("**Sort** this!", "sort this"), ("# Title", "Title"), ("- first", "* first"), ("a-b", "a b")],
)
def test_writing_does_not(one: str, other: str) -> None:
    assert asked(one) == asked(other)
