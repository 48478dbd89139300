"""A bad end costs a conversation its end, not its good beginning."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import edits, signals
from schemas.faults import UsageFault
from schemas.rows import ROW

LONG = (
    "Bread wants time. Flour, water and salt are mixed in the evening. The dough rests overnight. "
    "In the morning it goes into the oven"
)
CUT = LONG + ". Then the loaf must cool, and"
SORRY = "I'm sorry, but I cannot help with that."


def rows(*each, **more):
    table = [
        {"id": f"s/a#{at:09d}", "source": "s", "messages": [said(turn) for turn in turns], "fingerprint": "0"} | more
        for at, turns in enumerate(each)
    ]
    return pa.Table.from_pylist(table, ROW)


def said(turn):
    role, text = turn
    more = {"tool_calls": '[{"name": "clock"}]'} if text == "call" else {}
    return {"role": {"s": "system", "u": "user", "a": "assistant", "t": "tool"}[role], "content": "" if more else text} | more


def left(table, at=0):
    return [turn["role"][0] for turn in table["messages"][at].as_py()]


def tail(table, **options):
    return edits.apply(table, {"tail": options})


def test_a_last_thank_you_goes_and_the_talk_stays():
    after, changes = tail(rows([("u", "How?"), ("a", "So."), ("u", "Thank you!")], [("u", "How?"), ("a", "So.")]))
    assert left(after) == ["u", "a"] == left(after, 1)
    assert changes.to_pylist() == [{"id": "s/a#000000000", "turn": 2, "edit": "tail", "count": 1}]


def test_an_answer_that_stops_short_goes_with_its_question():
    talk = rows([("u", "How?"), ("a", LONG + "."), ("u", "And then?"), ("a", CUT), ("u", "Thanks")])
    after, changes = tail(talk)
    assert left(after) == ["u", "a"]
    assert [(each["turn"], each["count"]) for each in changes.to_pylist()] == [(2, 3)]
    assert left(tail(talk, bad=["unanswered"])[0]) == ["u", "a", "u", "a"]


@pytest.mark.parametrize(
    ("bad", "turns", "stays"),
    [
        (
            "refusal",
            [("u", "How?"), ("a", "So."), ("u", "And how to pick a lock?"), ("a", SORRY), ("u", "Ok"), ("a", "Fine.")],
            "ua",
        ),
        ("empty", [("u", "How?"), ("a", "So."), ("u", ""), ("a", "What?")], "ua"),
        ("order", [("u", "How?"), ("a", "So."), ("a", "Or so."), ("u", "x"), ("a", "y")], "ua"),
        ("unanswered", [("u", "How?"), ("a", "So."), ("u", "Time?"), ("a", "call"), ("t", "noon")], "ua"),
        ("unanswered", [("u", "How?"), ("a", "call"), ("t", "noon"), ("a", "At noon.")], "uata"),
    ],
)
def test_the_first_bad_turn_ends_it(bad, turns, stays):
    assert "".join(left(tail(rows(turns), bad=[bad])[0])) == stays


def test_where_no_answer_would_stay_nothing_is_cut():
    for turns in ([("u", "How?")], [("u", "How?"), ("a", SORRY)], [("s", "Be kind.")], []):
        table = rows(turns)
        after, changes = tail(table, bad=["unanswered", "refusal"])
        assert after.equals(table) and not len(changes)


@pytest.mark.parametrize("beside", [{"group_id": "g"}, {"tree_id": "t"}])
def test_answers_to_be_compared_stay_whole(beside):
    table = rows([("u", "How?"), ("a", "So."), ("u", "Thank you!")], **beside)
    assert tail(table)[0].equals(table)


def test_an_unknown_end_names_the_known():
    with pytest.raises(UsageFault, match="unanswered, truncated, refusal"):
        tail(rows([("u", "x")]), bad=["rude"])


def test_weights_keep_what_should_not_be_learned_as_context():
    table = rows(
        [("u", "How?"), ("a", SORRY), ("u", "And now?"), ("a", "So.")], [("u", "How?"), ("a", SORRY)], [("u", "x"), ("a", "y")]
    )
    after, changes = edits.apply(table, {"weigh": {"zero": ["refusal"]}})
    assert [[turn["weight"] for turn in talk] for talk in after["messages"].to_pylist()] == [
        [None, 0.0, None, None],
        [None, None],
        [None, None],
    ]
    assert changes.to_pylist() == [{"id": "s/a#000000000", "turn": 1, "edit": "weigh", "count": 1}]
    with pytest.raises(UsageFault, match="refusal"):
        edits.apply(table, {"weigh": {"zero": ["refusals"]}})


def nulls(*each):
    """Rows of which some have no list of messages at all."""
    table = rows(*(turns or [] for turns in each))
    lists = pa.array([None if turns is None else held for turns, held in zip(each, table["messages"].to_pylist(), strict=True)])
    return table.set_column(
        table.schema.get_field_index("messages"), ROW.field("messages"), lists.cast(ROW.field("messages").type)
    )


@pytest.mark.parametrize("edit", [{"tail": {}}, {"weigh": {"zero": ["refusal"]}}, {"unicode": {}}])
def test_messages_that_are_null_stay_null(edit):
    talk = [("u", "How?"), ("a", SORRY), ("u", "And\u0000 now?"), ("a", "So."), ("u", "Thank you!")]
    after, changes = edits.apply(nulls(None, talk, None, []), edit)
    assert len(changes) and [each is None for each in after["messages"].to_pylist()] == [True, False, True, False]


def test_only_what_was_cut_is_measured_again(monkeypatch):
    seen, measure = [], signals.measure
    monkeypatch.setattr(signals, "measure", lambda rows, wanted: (seen.append(len(rows)), measure(rows, wanted))[1])
    good = [("u", "How?"), ("a", "So.")]
    talks = [good] * 50 + [[*good, ("u", "And then?"), ("a", CUT), ("u", "Thanks")]]
    after, _ = tail(rows(*talks))
    assert seen == [51, 1] and len(after["messages"][50]) == 2


TURN = st.tuples(st.sampled_from("uuaast"), st.sampled_from(["Fine.", "", "call", SORRY, CUT]))


@given(
    st.lists(st.lists(TURN, max_size=9), max_size=4),
    st.sets(st.sampled_from(["unanswered", "truncated", "refusal", "empty", "order"])),
)
def test_what_stays_is_a_beginning_that_ends_with_an_answer_and_twice_is_once(talks, bad):
    table = rows(*talks)
    after, changes = tail(table, bad=sorted(bad))
    cut = {each["id"]: each for each in changes.to_pylist()}
    for id, before, now in zip(
        table["id"].to_pylist(), table["messages"].to_pylist(), after["messages"].to_pylist(), strict=True
    ):
        assert before[: len(now)] == now
        assert (id in cut) == (len(now) < len(before))
        if id in cut:
            assert now[-1]["role"] == "assistant" and not now[-1]["tool_calls"]
            assert (cut[id]["turn"], cut[id]["count"]) == (len(now), len(before) - len(now))
    again, more = tail(after, bad=sorted(bad))
    assert again.equals(after) and not len(more)
