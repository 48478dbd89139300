"""Several ratings made into one order, agreement, doubt, and the same pair judged both ways."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports import contradictions, doubt, pairing, ranking
from schemas.recipe import Score

COLUMNS = {"id": pl.String, "group": pl.String, "rank": pl.Int32, "score": pl.Float64, "label": pl.Boolean}


def members(groups):
    """{group: {id: {rating: value, or rank, score, flags}}} -> members and ratings."""
    rows = [{"id": id, "group": group, **given} for group, each in groups.items() for id, given in each.items()]
    flags = pl.Series("flags", [row.get("flags", []) for row in rows], pl.List(pl.String))
    frame = pl.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], schema=COLUMNS)
    frame = frame.with_columns(flags, source=pl.lit("s"), license=pl.lit("mit"))
    told = [(row["id"], name, float(value)) for row in rows for name, value in row.items() if name not in (*COLUMNS, "flags")]
    return frame, pl.DataFrame(told, schema={"id": pl.String, "name": pl.String, "value": pl.Float64}, orient="row")


def points(groups, **asked):
    frame, ratings = members(groups)
    made = ranking.rated(ranking.ranked(frame), ratings, Score(**asked))
    return {id: (order, value, by) for id, order, value, by in made.select("id", "order", "points", "by").rows()}


ANSWERS = {"g": {"a": {"help": 1, "truth": 5, "toxic": 2, "rank": 0}, "b": {"help": 4, "truth": 4, "toxic": 0, "rank": 1}}}


@pytest.mark.parametrize(
    ("asked", "a", "b"),
    [
        ({"of": ["help", "truth"]}, 3.0, 4.0),
        ({"of": {"help": 1, "truth": 3}}, 4.0, 4.0),
        ({"of": {"truth": 1, "toxic": -1}}, 1.5, 2.0),
        ({"by": "lower_bound", "of": ["help", "truth"]}, 1.0, 4.0),  # 3 - sd 2.83 / sqrt 2
        ({"by": "lower_bound", "of": ["help", "truth"], "errors": 0.5}, 2.0, 4.0),
    ],
)
def test_means_and_bounds(asked, a, b):
    found = points(ANSWERS, **asked)
    assert {id: value for id, (_, value, _) in found.items()} == pytest.approx({"a": a, "b": b})
    assert {order for order, _, _ in found.values()} == {-a, -b}


def test_votes_have_places_or_strengths():
    raters = {"g": {"a": {"r1": 9, "r2": 1, "r3": 7}, "b": {"r1": 5, "r2": 5, "r3": 5}, "c": {"r1": 1}}}
    placed = points(raters, by="ranked_pairs", of=["r1", "r2", "r3"])
    assert {id: (order, by) for id, (order, _, by) in placed.items()} == {
        "a": (0, "ranked_pairs"),
        "b": (1, "ranked_pairs"),
        "c": (2, "ranked_pairs"),
    }
    assert [value for _, value, _ in placed.values()] == [None, None, None]  # places are no points
    strong = points(raters, by="bradley_terry", of=["r1", "r2", "r3"])
    assert strong["a"][1] > strong["b"][1] > strong["c"][1]


def test_a_group_without_the_ratings_keeps_its_own_order():
    mixed = {"g": {"a": {"help": 1}, "b": {"help": 2}, "x": {"score": 9.0}}, "h": {"c": {"rank": 0}, "d": {"rank": 1}}}
    found = points(mixed, of=["help"])
    assert found["a"] == (-1.0, 1.0, "mean") and found["b"] == (-2.0, 2.0, "mean") and found["x"][0] is None
    assert [found[id] for id in "cd"] == [(0.0, None, "rank"), (1.0, None, "rank")]


def test_margins_of_places_are_places():
    frame, ratings = members({"g": {"a": {"r": 9, "score": 1.0}, "b": {"r": 5, "score": 2.0}, "c": {"r": 1, "score": 3.0}}})
    ranked = ranking.rated(ranking.ranked(frame), ratings, Score(by="ranked_pairs", of=["r"]))
    found = pairing.pairs(ranked, "best_worst", 0)[0]
    assert found.select("id", "score_margin", "margin_by").rows() == [("a|c", 2.0, "ranked_pairs")]


def compared(groups, how="best_worst"):
    frame, ratings = members(groups)
    return pairing.pairs(ranking.ranked(frame), how, 0)[0], frame, ratings


def test_agreement_is_the_share_that_puts_the_chosen_higher():
    found, _, ratings = compared(ANSWERS)
    assert ranking.agreement(found, ratings, Score(of=["help", "truth"])).to_list() == [0.5]
    assert ranking.agreement(found, ratings, Score(of={"help": 1, "truth": 1, "toxic": -1})).to_list() == [pytest.approx(1 / 3)]
    assert ranking.agreement(found, ratings, Score(of=["other"])).to_list() == [None]
    assert ranking.agreement(found, ratings, None).to_list() == [None]
    told, _, ratings = compared({"g": {"a": {"rank": 0, "agreement": 0.75}, "b": {"rank": 1, "agreement": 0.75}}})
    assert ranking.agreement(told, ratings, None).to_list() == [0.75]


def rated(chosen, rejected, **more):
    """A group as UltraFeedback has it: an overall score, and four ratings of which it should follow."""
    aspects = ("instruction_following", "honesty", "truthfulness", "helpfulness")
    return {
        "a": {"score": chosen[0], "overall_score": chosen[0], **dict(zip(aspects, chosen[1:], strict=True)), **more},
        "b": {"score": rejected[0], "overall_score": rejected[0], **dict(zip(aspects, rejected[1:], strict=True))},
    }


def test_a_ten_that_should_be_a_one_is_found_by_itself():
    good = {f"{at}": rated((8.0, 5, 4, 5, 4), (4.0, 2, 3, 2, 2)) for at in range(30)}
    bug = {"bug": rated((10.0, 1, 1, 2, 1), (6.0, 3, 4, 3, 4))}
    groups = {name: {f"{name}{id}": given for id, given in each.items()} for name, each in (good | bug).items()}
    found, frame, ratings = compared(groups)
    flagged = found.with_columns(doubt.flags(found, frame, ratings)).filter(pl.col("flags").list.len() > 0)
    assert flagged.select("id", "flags").rows() == [("buga|bugb", ["ratings_against_choice"])]


def test_what_is_better_low_turns_round_by_itself():
    groups = {f"{at}": {f"{at}a": {"rank": 0, "toxic": 1}, f"{at}b": {"rank": 1, "toxic": 4}} for at in range(40)}
    groups["odd"] = {"odda": {"rank": 0, "toxic": 5}, "oddb": {"rank": 1, "toxic": 2}}
    found, frame, ratings = compared(groups)
    flagged = found.with_columns(doubt.flags(found, frame, ratings)).filter(pl.col("flags").list.len() > 0)
    assert flagged["id"].to_list() == ["odda|oddb"]


def test_scores_that_deny_the_order_and_what_the_source_told():
    groups = {"g": {"a": {"rank": 0, "score": 1.0, "flags": ["overall_ten"]}, "b": {"rank": 1, "score": 2.0, "flags": ["spam"]}}}
    found, frame, ratings = compared(groups)
    assert doubt.flags(found, frame, ratings).to_list() == [["overall_ten", "score_against_rank", "spam"]]
    plain, frame, ratings = compared({"g": {"a": {"rank": 0}, "b": {"rank": 1}}})
    assert doubt.flags(plain, frame, ratings).to_list() == [[]]


def judged(*each):
    """Pairs from (id, context, better, worse)."""
    return pl.DataFrame(each, schema=["id", "context", "better", "worse"], orient="row", schema_overrides={"id": pl.String})


DENIED = judged(("1", "c", "x", "y"), ("2", "c", "y", "x"), ("3", "c", "x", "y"), ("4", "c", "x", "z"), ("5", "d", "y", "x"))


@pytest.mark.parametrize(("policy", "fallen"), {"drop": ["1", "2", "3"], "majority": ["2"], "first": ["2"], "keep": []}.items())
def test_a_contradiction_is_settled(policy, fallen):
    found = contradictions.settled(DENIED, policy)
    assert found["id"].to_list() == fallen
    assert set(found["reason"].to_list()) <= {"contradiction"}
    assert all(("1" if id == "2" else "2") == twin for id, twin in found.select("id", "twin").rows())


def test_of_equally_many_none_is_the_majority():
    even = judged(("1", "c", "x", "y"), ("2", "c", "y", "x"))
    assert contradictions.settled(even, "majority")["id"].to_list() == ["1", "2"]
    assert contradictions.settled(even, "first")["id"].to_list() == ["2"]


LETTER = st.sampled_from("xyz")


@given(st.lists(st.tuples(st.sampled_from("cd"), LETTER, LETTER), max_size=9), st.sampled_from(["drop", "majority", "first"]))
def test_no_contradiction_is_left(told, policy):
    pairs = judged(*((f"{at}", *each) for at, each in enumerate(told)))
    left = pairs.join(contradictions.settled(pairs, policy), on="id", how="anti")
    said = set(left.select("context", "better", "worse").rows())
    assert not {(context, worse, better) for context, better, worse in said if better != worse} & said


def test_of_one_context_the_largest_margins_stay():
    pairs = judged(*((f"{at}", "c", "x", "y") for at in range(4)), ("9", "d", "x", "y"))
    pairs = pairs.with_columns(score_margin=pl.Series([1.0, 3.0, 3.0, 2.0, 0.0]))
    assert contradictions.capped(pairs, 1)["id"].to_list() == ["0", "2", "3"]
    assert contradictions.capped(pairs, 3)["id"].to_list() == ["0"]
    assert contradictions.capped(pairs.clear(), 3)["id"].to_list() == []
