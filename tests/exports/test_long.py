"""Long conversations leave in parts, and nothing said is lost on the way."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from exports import long, sft

ROLES = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}


def talks(*each):
    """Conversations whose every turn says as many words as its number, as `sft` has them, and words a turn."""
    rows = [
        {
            "id": f"s/a#{at:09d}",
            "messages": [{"role": ROLES[role], "content": f"{place} " * words} for place, (role, words) in enumerate(turns)],
            "source": "s",
            "license": "mit",
            "words": sum(words for _, words in turns),
        }
        for at, turns in enumerate(each)
    ]
    return pa.Table.from_pylist(rows, sft.SCHEMA), np.array([words for turns in each for _, words in turns], np.int64)


def test_the_last_exchange_that_overflows_is_a_part_of_its_own():
    table, words = talks([("s", 2), ("u", 10), ("a", 10), ("u", 10), ("a", 10)])
    parts = long.split(table, words, 25).to_pylist()
    assert [part["id"] for part in parts] == ["s/a#000000000/part1of2", "s/a#000000000/part2of2"]
    assert [[turn["content"][:1] for turn in part["messages"]] for part in parts] == [["0", "1", "2"], ["0", "3", "4"]]
    assert [part["words"] for part in parts] == [22, 22]


def test_truncate_keeps_the_beginning_and_says_what_it_cut():
    table, words = talks([("u", 10), ("a", 10), ("u", 10), ("a", 10)], [("u", 1), ("a", 1)])
    after, cuts = long.truncate(table, words, 25)
    assert [len(talk) for talk in after["messages"]] == [2, 2] and after["words"].to_pylist() == [20, 2]
    assert cuts.to_pylist() == [{"id": "s/a#000000000", "turn": 2, "edit": "truncate", "count": 2}]


def test_an_exchange_longer_than_the_limit_is_named():
    table, words = talks([("u", 10), ("a", 30), ("u", 1), ("a", 1)], [("u", 10), ("a", 10), ("u", 10), ("a", 10)])
    assert long.unfit(table, words, 25)["id"].to_pylist() == ["s/a#000000000"]


TURN = st.tuples(st.sampled_from("suaat"), st.integers(0, 12))


@given(st.lists(st.lists(TURN, max_size=12), max_size=4), st.integers(1, 40))
def test_no_turn_is_lost_and_none_is_there_twice(each, limit):
    table, words = talks(*each)
    parts = long.split(table, words, limit).to_pylist()
    for row, turns in zip(table.to_pylist(), each, strict=True):
        head = next((at for at, (role, _) in enumerate(turns) if role != "s"), len(turns))
        own = [part for part in parts if part["id"].split("/part")[0] == row["id"]]
        assert [turn for part in own for turn in part["messages"][head:]] == row["messages"][head:]
        assert all(part["messages"][:head] == row["messages"][:head] for part in own)
        if len(own) > 1:
            assert [part["id"] for part in own] == [f"{row['id']}/part{at}of{len(own)}" for at in range(1, len(own) + 1)]
            assert all(any(turn["role"] == "assistant" for turn in part["messages"]) for part in own)
        for part in own:
            asks = [turn["role"] for turn in part["messages"][head:]]
            exchanges = sum(
                role == "user" and "assistant" in asks[:at] and "assistant" in asks[at:] for at, role in enumerate(asks)
            )
            assert part["words"] <= limit or not exchanges
