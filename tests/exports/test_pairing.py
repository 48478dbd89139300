"""Which answers of a group are compared, and how far apart they are."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.pairing import pairs
from exports.ranking import ranked

HOW = ("best_worst", "best_each", "all", "adjacent", "best_random")
COLUMNS = {"id": pl.String, "group": pl.String, "rank": pl.Int32, "score": pl.Float64, "label": pl.Boolean}


def members(*each):
    """Members of groups: (id, group, then any of rank, score, label)."""
    named = [{"id": id, "group": group, **more} for id, group, more in each]
    frame = pl.DataFrame(named, schema=COLUMNS)
    return ranked(frame.with_columns(source=pl.lit("s"), license=pl.lit(None, pl.String)))


def ladder(*ranks):
    """One group whose members a, b, c ... have these ranks."""
    return members(*((chr(97 + at), "g", {"rank": rank}) for at, rank in enumerate(ranks)))


def told(frame, how="best_worst", seed=0):
    """Pairs and ties as `better>worse` and `one=other`, and the reasons of the others."""
    found, others = pairs(frame, how, seed)
    signs = {f"{a}{'=' if tie else '>'}{b}" for a, b, tie in found.select("chosen_id", "rejected_id", "tie").iter_rows()}
    return signs, dict(others.iter_rows())


@pytest.mark.parametrize(
    ("how", "expected"),
    {
        "best_worst": {"a>d"},
        "best_each": {"a>b", "a>c", "a>d"},
        "all": {"a>b", "a>c", "a>d", "b>c", "b>d", "c>d"},
        "adjacent": {"a>b", "b>c", "c>d"},
    }.items(),
)
def test_four_in_a_row(how, expected):
    found, others = told(ladder(0, 1, 2, 3), how)
    assert found == expected
    assert others == ({"b": "neither best nor worst", "c": "neither best nor worst"} if how == "best_worst" else {})


@pytest.mark.parametrize(
    ("how", "expected"),
    {
        "best_worst": {"a>c"},
        "best_each": {"a=b", "a>c", "a>d"},
        "all": {"a=b", "a>c", "a>d", "b>c", "b>d", "c=d"},
        "adjacent": {"a=b", "a>c", "a>d", "b>c", "b>d", "c=d"},
    }.items(),
)
def test_ties_are_told_apart(how, expected):
    assert told(ladder(0, 0, 1, 1), how)[0] == expected


def test_chance_draws_one_worse_answer_by_the_seed_alone():
    many = members(*((f"{group}{at}", str(group), {"rank": at}) for group in range(300) for at in range(4)))
    found, others = told(many, "best_random", 1)
    assert all(each[:-1].split(">")[0].endswith("0") for each in found) and len(found) == 300
    drawn = [sum(each.endswith(str(at)) for each in found) for at in range(4)]
    assert drawn[0] == 0 and all(70 < count < 130 for count in drawn[1:])  # 100 each, 8 apart is one standard deviation
    assert set(others.values()) == {"not drawn"}
    assert told(many.sample(fraction=1, shuffle=True, seed=5), "best_random", 1) == (found, others)
    assert told(many, "best_random", 2)[0] != found
    assert told(ladder(0, 0, 0), "best_random")[0] == {"a=b"} or told(ladder(0, 0, 0), "best_random")[0] == {"a=c"}
    assert told(ladder(0, 0, 1), "best_random")[0] == {"a>c"}  # a tie only where nothing is worse


@pytest.mark.parametrize("how", HOW)
def test_who_has_nobody_to_be_compared_with(how):
    frame = members(
        ("a", "g", {"rank": 0}),
        ("b", "g", {"rank": 1}),
        ("c", "g", {}),
        ("d", "alone", {"rank": 0}),
        ("e", "none", {}),
        ("f", "none", {}),
        ("h", "one", {"rank": 0}),
        ("i", "one", {}),
    )
    found, others = told(frame, how)
    assert found == {"a>b"}
    alone = dict.fromkeys("defhi", "no partner")
    assert others == {"c": "unranked", **alone}


def test_margins_are_of_one_kind():
    frame = members(("a", "g", {"rank": 0, "score": 1.0}), ("b", "g", {"rank": 1, "score": 3.0}), ("c", "g", {"rank": 2}))
    found = pairs(frame, "all", 0)[0].select("id", "score_margin", "margin_by").rows()
    assert found == [("a|b", -2.0, "score"), ("a|c", 2.0, "rank"), ("b|c", 1.0, "rank")]
    thumbs = members(("a", "g", {"label": False}), ("b", "g", {"label": True}))
    assert pairs(thumbs, "all", 0)[0].select("id", "score_margin", "margin_by").rows() == [("b|a", 1.0, "label")]


RANKS = st.lists(st.integers(0, 3), min_size=1, max_size=7)


@given(RANKS, st.sampled_from(["best_worst", "all", "adjacent"]))
def test_turning_every_rank_round_turns_every_pair_round(ranks, how):
    there, _ = told(ladder(*ranks), how)
    back, _ = told(ladder(*(3 - rank for rank in ranks)), how)
    assert back == {each if "=" in each else ">".join(reversed(each.split(">"))) for each in there}


@given(RANKS, st.sampled_from(HOW), st.permutations(range(7)))
def test_the_order_of_rows_means_nothing(ranks, how, order):
    frame = ladder(*ranks)
    moved = frame[[at for at in order if at < len(ranks)]]
    assert told(moved, how) == told(frame, how)


@given(RANKS)
def test_all_pairs_are_all_pairs(ranks):
    found, _ = told(ladder(*ranks), "all")
    names = {chr(97 + at): rank for at, rank in enumerate(ranks)}
    wanted = {f"{a}>{b}" for a in names for b in names if names[a] < names[b]}
    assert found == wanted | {f"{a}={b}" for a in names for b in names if names[a] == names[b] and a < b}
