"""Pairs: the best against the worst, one context, two answers."""

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports import preference, sft
from schemas.rows import ROW

CONTEXT = [("system", "Be kind."), ("user", "Why?")]


def row(at, answer="So.", group="g", context=CONTEXT, **more):
    """One row of ROW: a context and the turns of an answer."""
    told = [("assistant", answer)] if isinstance(answer, str) else answer
    messages = [{"role": role, "content": content} for role, content in [*context, *told]]
    return {"id": f"s#{at}", "source": "s", "messages": messages, "group_id": group, "fingerprint": "0"} | more


def rows(*each):
    return pa.Table.from_pylist(list(each), ROW)


def reasons(table):
    return {each["id"]: each["reason"] for each in table.to_pylist()}


def test_the_best_against_the_worst():
    table = rows(row(0, "worst", rank=2), row(1, "best", rank=0, license="mit"), row(2, "middle", rank=1), row(3, group=None))
    found, left = preference.pairs(table)
    assert found.schema == preference.SCHEMA
    assert found.to_pylist() == [
        {
            "id": "s#1|s#0",
            "prompt": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Why?"}],
            "chosen": [{"role": "assistant", "content": "best"}],
            "rejected": [{"role": "assistant", "content": "worst"}],
            "score_margin": 2.0,
            "margin_by": "rank",
            "source": "s",
            "license": "mit",
        }
    ]
    assert reasons(left) == {"s#2": "neither best nor worst", "s#3": "no partner"}


@pytest.mark.parametrize(
    ("one", "two", "margin", "by"),
    [
        ({"score": 7.5}, {"score": 3.0}, 4.5, "score"),
        ({"rank": 0, "score": 7.0}, {"rank": 1, "score": 3.0}, 4.0, "score"),
        ({"rank": 0, "score": 3.0}, {"rank": 1, "score": 7.0}, -4.0, "score"),  # rank decides; the doubt shows
        ({"rank": 0, "score": 3.0}, {"rank": 2}, 2.0, "rank"),
        ({"label": True}, {"label": False}, 1.0, "label"),
    ],
)
def test_the_margin_says_what_it_was_made_of(one, two, margin, by):
    found, left = preference.pairs(rows(row(0, "b", **two), row(1, "a", **one)))
    assert [(each["id"], each["score_margin"], each["margin_by"]) for each in found.to_pylist()] == [("s#1|s#0", margin, by)]
    assert len(left) == 0


@pytest.mark.parametrize(
    ("each", "reason"),
    [
        ([row(0, "a", rank=0), row(1, "b", rank=0)], "tie"),
        ([row(0, "a"), row(1, "b")], "no partner"),
        ([row(0, "a", rank=0)], "no partner"),
        ([row(0, "The  same", rank=0), row(1, " the same\n", rank=1)], "identical answers"),
        ([row(0, "Same", rank=0), row(1, "Same", rank=1)], "identical answers"),
        ([row(0, "a", rank=0), row(1, " ", rank=1)], "empty answer"),
        ([row(0, "a", rank=0), row(1, [("user", "b")], rank=1)], "no answer at the end"),
        ([row(0, "a", rank=0), row(1, "b", context=[("user", "Else?")], rank=1)], "different contexts"),
        ([row(0, "a", rank=0), row(1, [("assistant", "b"), ("user", "c"), ("assistant", "d")], rank=1)], "different contexts"),
    ],
)
def test_no_pair_without_its_reason(each, reason):
    found, left = preference.pairs(rows(*each))
    assert len(found) == 0 and reasons(left) == {one["id"]: reason for one in each}


def test_an_answer_may_call_tools_on_its_way():
    way = [("assistant", "Let me look."), ("tool", "42"), ("assistant", "It is 42.")]
    found, _ = preference.pairs(rows(row(0, way, rank=0), row(1, "No idea.", rank=1)))
    assert [turn["role"] for turn in found["chosen"][0].as_py()] == ["assistant", "tool", "assistant"]
    assert len(found["prompt"][0]) == 2


def test_rules_see_the_signals_of_both_sides():
    pairs, _ = preference.match(rows(row(0, "b", rank=1), row(1, "a", rank=0)))
    signals = pa.table({"id": ["s#0", "s#1", "s#9"], "words": [10, 20, 30], "refusal": [True, None, False]})
    beside = preference.beside(pairs, signals)
    assert beside.to_pylist() == [
        {
            "id": "s#1|s#0",
            "chosen": {"words": 20, "refusal": None},
            "rejected": {"words": 10, "refusal": True},
            "score_margin": 1.0,
            "margin_by": "rank",
            "source": "s",
            "license": "unknown",
        }
    ]
    assert len(preference.beside(pairs[:0], signals)) == 0
    assert preference.beside(pairs, pl.DataFrame(signals).to_arrow()).to_pylist() == beside.to_pylist()


MEMBER = st.fixed_dictionaries(
    {
        "group": st.sampled_from(["g", "h", None]),
        "answer": st.sampled_from(["a", "b", "A ", ""]),
        "rank": st.none() | st.integers(0, 2),
        "score": st.none() | st.sampled_from([0.0, 1.0]),
        "label": st.none() | st.booleans(),
    }
)


@settings(deadline=None)
@given(st.lists(MEMBER, max_size=9), st.randoms())
def test_every_row_is_in_a_pair_or_has_a_reason_and_no_rejected_answer_is_learned(members, chance):
    table = rows(*(row(at, **member) for at, member in enumerate(members)))
    found, left = preference.pairs(table)
    sides = [side for each in found["id"].to_pylist() for side in each.split("|")]
    assert sorted(sides + left["id"].to_pylist()) == sorted(table["id"].to_pylist())
    rejected = {each.split("|")[1] for each in found["id"].to_pylist()}
    assert rejected <= set(sft.left_out(table)["id"].to_pylist())
    order = list(range(len(members)))
    chance.shuffle(order)
    assert preference.pairs(table.take(pa.array(order, pa.int64())))[0].equals(found)
