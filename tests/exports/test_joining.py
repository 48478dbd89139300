"""Records that compare the same answers, made one group: against textbooks, and by laws."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports import joining
from exports.voting import bradley_terry, ranked_pairs

COLUMNS = {"id": pl.String, "group": pl.String, "source": pl.String, "order": pl.Float64, "points": pl.Float64, "by": pl.String}
CAPITALS = {"MNCK": 42, "NCKM": 26, "CKNM": 15, "KCNM": 17}  # Wikipedia's election of Tennessee's capital


def tables(records, source="s"):
    """Members and prints of records (context, {answer: order or None})."""
    rows = [
        (f"r{at:03}.{n}", f"r{at:03}", source, None if order is None else float(order), context, answer)
        for at, (context, orders) in enumerate(records)
        for n, (answer, order) in enumerate(orders.items())
    ]
    told = {name: [row[at] for row in rows] for at, name in enumerate(("id", "group", "source", "order", "context", "answer"))}
    frame = pl.DataFrame(told, schema_overrides={"order": pl.Float64, **joining.PRINTS})
    members = frame.with_columns(points=pl.lit(None, pl.Float64), by=pl.lit("rank")).select(
        pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    )
    return members, frame.select(list(joining.PRINTS))


def orders(records, how="ranked_pairs"):
    """Groups after joining: of each {answer: order}."""
    members, prints = tables(records)
    found = joining.joined(members, prints, how).members.join(prints, on="id", how="left")
    parts = found.partition_by("group", as_dict=True, maintain_order=True)
    return {group: dict(part.select("answer", "order").iter_rows()) for (group,), part in parts.items()}


def test_votes_two_by_two_are_the_election_of_tennessee():
    records = [
        ("Where?", {better: 0, worse: 1})
        for ballot, many in CAPITALS.items()
        for better, worse in combinations(ballot, 2)
        for _ in range(many)
    ]
    assert orders(records) == {"r000": {"M": 3, "N": 0, "C": 1, "K": 2}}
    votes = np.array([[[-ballot.index(name) for name in "MNCK"] for ballot in CAPITALS]], float)
    strengths = bradley_terry(votes, np.array(list(CAPITALS.values()), float))[0]
    assert list(orders(records, "bradley_terry")["r000"].values()) == pytest.approx(-strengths, abs=1e-5)


def test_only_what_verdicts_tie_together_is_compared():
    same = [("a", {"x": 0, "y": 1}), ("a", {"y": 0, "z": 1}), ("a", {"v": 0, "w": 1}), ("b", {"x": 0, "y": 1})]
    assert orders(same) == {"r000": {"x": 0, "y": 1, "z": 2}, "r002": {"v": 0, "w": 1}, "r003": {"x": 0, "y": 1}}
    one, other = tables([("a", {"x": 0, "y": 1})]), tables([("a", {"x": 1, "y": 0})], "t")
    moved = [
        other[0].with_columns(pl.col("id", "group").str.replace("r", "s")),
        other[1].with_columns(pl.col("id").str.replace("r", "s")),
    ]
    both = joining.joined(pl.concat([one[0], moved[0]]), pl.concat([one[1], moved[1]]), "ranked_pairs")
    assert both.members["group"].n_unique() == 2 and not len(both.merged)  # each source for itself


def test_a_record_that_says_nothing_joins_nothing():
    silent = [("a", {"x": None, "y": None}), ("a", {"x": 0, "y": 1}), ("a", {"x": 0, "z": None}), ("a", {"x": 1, "y": 0})]
    found = orders(silent)
    assert found["r000"] == {"x": None, "y": None} and found["r001"] == {"x": 0, "y": 0} and found["r002"]["z"] is None


def test_too_many_answers_stay_as_they_came(monkeypatch):
    chain = [("a", {f"{at}": 0, f"{at + 1}": 1}) for at in range(6)]
    assert orders(chain) == {"r000": {str(at): at for at in range(7)}}
    monkeypatch.setattr(joining, "MOST", 6)
    assert len(orders(chain)) == 6


@pytest.mark.parametrize(
    ("chosen", "rejected", "share"), [("r000.0", "r000.1", 0.5), ("r000.1", "r000.0", 0.25), ("r000.0", "r001.1", None)]
)
def test_agreement_is_the_share_of_records(chosen, rejected, share):
    records = [
        ("a", {"x": 0, "y": 1}),
        ("a", {"y": 0, "z": 1}),
        ("a", {"y": 0, "x": 1}),
        ("a", {"x": 0, "y": 0}),
        ("a", {"x": 0, "y": 1}),
    ]
    pairs = pl.DataFrame({"chosen_id": [chosen], "rejected_id": [rejected]})
    assert joining.agreement(pairs, joining.joined(*tables(records), "ranked_pairs").votes).to_list() == [share]


ORDERS = st.dictionaries(st.sampled_from("vwxyz"), st.sampled_from([None, 0, 1, 2]), min_size=1, max_size=4)
RECORDS = st.lists(st.tuples(st.sampled_from("ab"), ORDERS), min_size=1, max_size=8)
HOW = st.sampled_from(["ranked_pairs", "bradley_terry"])


@given(RECORDS, HOW, st.randoms(use_true_random=False))
def test_the_order_of_rows_means_nothing(records, how, chance):
    members, prints = tables(records)
    order = chance.sample(range(len(members)), len(members))
    there, back = joining.joined(members, prints, how), joining.joined(members[order], prints[order[::-1]], how)
    for name in ("members", "merged", "votes"):
        assert getattr(there, name).equals(getattr(back, name)), name


@given(RECORDS, HOW)
def test_turning_every_verdict_round_turns_the_order_round(records, how):
    turned = [(context, {name: None if order is None else -order for name, order in told.items()}) for context, told in records]
    there, back = orders(records, how), orders(turned, how)
    assert there.keys() == back.keys()
    for group, told in there.items():
        said = [
            (told[a] - told[b], back[group][b] - back[group][a]) for a in told for b in told if None not in (told[a], told[b])
        ]
        assert np.allclose([one for one, _ in said], [other for _, other in said], atol=1e-5)


@given(RECORDS, HOW)
def test_no_row_is_lost_and_none_is_there_twice(records, how):
    members, prints = tables(records)
    found = joining.joined(members, prints, how)
    gone = found.merged.filter(pl.col("id") != pl.col("twin"))
    assert sorted([*found.members["id"], *gone["id"]]) == members["id"].to_list()
    assert set(gone["twin"]) <= set(found.members["id"])
    said = dict(prints.select("id", pl.struct("context", "answer")).iter_rows())
    assert all(said[id] == said[twin] for id, twin in gone.select("id", "twin").iter_rows())


@given(RECORDS)
def test_a_group_of_whole_ballots_is_ordered_as_by_ranked_pairs(records):
    whole = [("a", {name: told.get(name) or 0 for name in "xyz"}) for _, told in [*records, records[0]]]
    votes = -np.array([[list(told.values()) for _, told in whole]], float)
    assert list(orders(whole)["r000"].values()) == ranked_pairs(votes, np.ones(len(whole)))[0].tolist()
