"""Pairs with their texts: one context, two answers that differ, and a reason for whoever is in none."""

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports import pairing, preference, ranking, sft, soundness
from exports.sft import FIELDS
from schemas.rows import ROW

CONTEXT = [("system", "Be kind."), ("user", "Why?")]


def row(at, answer="So.", group="g", context=CONTEXT, **more):
    """One row of ROW: a context and the turns of an answer."""
    told = [("assistant", answer)] if isinstance(answer, str) else answer
    messages = [{"role": role, "content": content} for role, content in [*context, *told]]
    return {"id": f"s#{at}", "source": "s", "messages": messages, "group_id": group, "fingerprint": "0"} | more


def rows(*each):
    return pa.Table.from_pylist(list(each), ROW)


def compared(table, how="best_worst"):
    """Rows (ROW) -> sound pairs as they leave, and the reason of every row in none: the steps of a run without its rules."""
    members = pl.DataFrame(table.select(["id", "group_id", "rank", "score", "label", "source", "license"]))
    found, others = pairing.pairs(ranking.ranked(members.with_columns(group=pl.coalesce("group_id", "id"))), how, seed=1)
    more = preference.more(table)
    parts = soundness.parted(found, table, more)
    parts = parts.with_columns(
        reason=pl.when("tie").then(pl.lit("tie")).otherwise("reason"), flags=pl.lit([], pl.List(pl.String))
    )
    out = preference.table(parts.filter(pl.col("reason").is_null()), preference.schema(more))
    left = dict(others.iter_rows())
    for chosen, rejected, reason in parts.drop_nulls("reason").select("chosen_id", "rejected_id", "reason").iter_rows():
        left |= {chosen: reason, rejected: reason}
    return out, left


def test_the_best_against_the_worst():
    table = rows(row(0, "worst", rank=2), row(1, "best", rank=0, license="mit"), row(2, "middle", rank=1), row(3, group=None))
    found, left = compared(table)
    assert found.schema == preference.schema(set())
    assert found.to_pylist() == [
        {
            "id": "s#1|s#0",
            "prompt": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Why?"}],
            "chosen": [{"role": "assistant", "content": "best"}],
            "rejected": [{"role": "assistant", "content": "worst"}],
            "score_margin": 2.0,
            "margin_by": "rank",
            "flags": [],
            "source": "s",
            "license": "mit",
        }
    ]
    assert left == {"s#2": "neither best nor worst", "s#3": "no partner"}


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
    found, left = compared(rows(row(0, "b", **two), row(1, "a", **one)))
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
    found, left = compared(rows(*each))
    assert len(found) == 0 and left == {one["id"]: reason for one in each}


def test_an_answer_may_call_tools_on_its_way():
    way = [("assistant", "Let me look."), ("tool", "42"), ("assistant", "It is 42.")]
    found, _ = compared(rows(row(0, way, rank=0), row(1, "No idea.", rank=1)))
    assert [turn["role"] for turn in found["chosen"][0].as_py()] == ["assistant", "tool", "assistant"]
    assert len(found["prompt"][0]) == 2


def test_what_turns_say_beside_their_text_counts_and_survives():
    call = [{"role": "assistant", "content": "", "tool_calls": '[{"name": "look"}]'}]
    other = [{"role": "assistant", "content": "", "tool_calls": '[{"name": "ask"}]'}]
    context = [{"role": "user", "content": "Where?"}]
    both = [
        {
            "id": f"s#{at}",
            "source": "s",
            "messages": context + said,
            "group_id": "g",
            "rank": at,
            "fingerprint": "0",
            "tools": "[]",
        }
        for at, said in enumerate((call, other))
    ]
    found, left = compared(rows(*both))
    [pair] = found.to_pylist()
    assert pair["tools"] == "[]" and left == {}
    assert [pair[side][0]["tool_calls"] for side in ("chosen", "rejected")] == ['[{"name": "look"}]', '[{"name": "ask"}]']
    both[1] |= {"messages": context + call}
    assert compared(rows(*both))[1] == {"s#0": "identical answers", "s#1": "identical answers"}
    both[1] |= {"messages": context + other, "tools": '["more"]'}
    assert compared(rows(*both))[1] == {"s#0": "different contexts", "s#1": "different contexts"}


def test_rules_see_the_signals_of_both_sides():
    pairs = pl.DataFrame({"id": ["s#1|s#0"], "chosen_id": ["s#1"], "rejected_id": ["s#0"], "score_margin": [1.0]})
    signals = pl.DataFrame({"id": ["s#0", "s#1", "s#9"], "words": [10, 20, 30], "refusal": [True, None, False]})
    beside = preference.beside(pairs, signals)
    assert beside.drop("chosen_id", "rejected_id").to_dicts() == [
        {
            "id": "s#1|s#0",
            "score_margin": 1.0,
            "chosen": {"words": 20, "refusal": None},
            "rejected": {"words": 10, "refusal": True},
        }
    ]
    assert len(preference.beside(pairs.clear(), signals)) == 0


def test_prints_know_a_pair_again():
    table = rows(
        row(0, "Yes.", "a", rank=0),
        row(1, "No.", "a", rank=1),
        row(2, " YES. ", "b", rank=1),
        row(3, "no.", "b", rank=0),
        row(4, "Yes.", "c", rank=0),
        row(5, "Never.", "c", rank=1),
    )
    pairs = pl.DataFrame({"chosen_id": ["s#0", "s#3", "s#4"], "rejected_id": ["s#1", "s#2", "s#5"]})
    pairs = pairs.with_columns(id=pl.col("chosen_id") + "|" + pl.col("rejected_id"))
    one, other, third = soundness.prints(soundness.parted(pairs, table, set(FIELDS))).to_dicts()
    assert one["context"] == other["context"] == third["context"]
    assert (one["better"], one["worse"]) == (other["worse"], other["better"])
    assert one["better"] == third["better"] and one["worse"] != third["worse"]


HOW = ("best_worst", "best_each", "all", "adjacent", "best_random")
MEMBER = st.fixed_dictionaries(
    {
        "group": st.sampled_from(["g", "h", None]),
        "answer": st.sampled_from(["a", "b", "A ", ""]),
        "rank": st.none() | st.integers(0, 2),
        "score": st.none() | st.sampled_from([0.0, 1.0]),
        "label": st.none() | st.booleans(),
    }
)


@given(st.lists(MEMBER, max_size=9), st.randoms(), st.sampled_from(HOW))
def test_every_row_is_in_a_pair_or_has_a_reason_and_order_changes_nothing(members, chance, how):
    table = rows(*(row(at, **member) for at, member in enumerate(members)))
    found, left = compared(table, how)
    sides = {side for each in found["id"].to_pylist() for side in each.split("|")}
    assert sides | left.keys() == set(table["id"].to_pylist())
    if how == "best_worst":  # a row is in one pair at most, and what was rejected is not learned from
        assert not sides & left.keys()
        rejected = {each.split("|")[1] for each in found["id"].to_pylist()}
        assert rejected <= set(sft.left_out(table)["id"].to_pylist())
    order = list(range(len(members)))
    chance.shuffle(order)
    again, same = compared(table.take(pa.array(order, pa.int64())), how)
    assert again.equals(found) and same.keys() == left.keys()
