"""What an overlap rule compares, and the symbols that tell one question from another."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert keys.texts(talk, "context").to_pylist() == ["s\n\na\n\nb\n\nc", "s", None]
    assert keys.texts(talk, "exchange").to_pylist() == ["a\n\nb", None, None]


turns = st.lists(st.tuples(st.sampled_from(["system", "user", "assistant", "tool"]), st.text("ab", max_size=2)), max_size=6)


@given(st.lists(turns, max_size=4))
def test_keys_are_what_their_words_say(talks: list[list[tuple[str, str]]]) -> None:
    for key in ("conversation", "prompt", "context", "response", "exchange"):
        expected = [_slowly(talk, key) for talk in talks]
        assert keys.texts(rows(*talks), key).to_pylist() == [None if each is None else "\n\n".join(each) for each in expected]


def _slowly(talk: list[tuple[str, str]], key: str) -> list[str] | None:
    asked, answers = ([at for at, turn in enumerate(talk) if turn[0] == role] for role in ("user", "assistant"))
    after = [at for at in answers if asked and at > asked[0]]
    found = {
        "conversation": range(len(talk)),
        "prompt": asked[:1],
        "context": range(answers[-1] if answers else len(talk)),
        "response": answers[-1:],
        "exchange": [asked[0], after[0]] if after else [],
    }[key]
    return [talk[at][1] for at in found] or None


def test_a_turn_is_what_it_says_thinks_and_calls() -> None:
    said = {"role": "assistant", "content": "Two.", "reasoning": "1 - 1?", "tool_calls": '[{"n": 2}]'}
    talk = pa.table({"id": ["a", "b"], "messages": pa.array([[said, {"role": "user", "content": ""}], []], pa.list_(MESSAGE))})
    assert keys.turns(talk).to_pylist() == [
        {"id": "a", "role": "assistant", "text": 'Two.\n\n1  minus 1?\n\n[{"n": 2}]'},
        {"id": "a", "role": "user", "text": ""},
    ]


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
