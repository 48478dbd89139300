"""The word budget: never over, the same for any order of rows, and as good as can be where that can be counted."""

from itertools import combinations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.selection import choose
from schemas.faults import DataFault, UsageFault
from schemas.recipe import Mix, Select

DRAWS = st.sampled_from(["weighted", "best", "random"])
UNIT = st.tuples(st.integers(0, 50), st.sampled_from("abc"), st.none() | st.floats(0, 10, allow_subnormal=False))


def units(rows):
    """(words, source, quality) -> a table; ids by place."""
    ids = [f"s#{at:03d}" for at in range(len(rows))]
    kinds = (pa.int64(), pa.string(), pa.float64())
    columns = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]
    return pa.table([pa.array(ids, pa.string()), *columns], names=["id", "words", "source", "quality"])


def kept(table, select, seed=0):
    return {
        each for each, stays in zip(table["id"].to_pylist(), choose(table, select, seed).kept.to_pylist(), strict=True) if stays
    }


def words(table, ids):
    return sum(row["words"] for row in table.to_pylist() if row["id"] in ids)


def mixed(short, budget=100, **shares):
    return Select(words=budget, by="quality", draw="best", mix=Mix(by="source", short=short, shares=shares))


@settings(deadline=None)
@given(st.lists(UNIT, max_size=30), st.integers(1, 400), DRAWS, st.sampled_from([None, "shrink", "fill"]), st.randoms())
def test_never_over_and_the_same_for_any_order(rows, budget, draw, short, chance):
    table = units(rows)
    mix = Mix(by="source", short=short, shares={"a": 0.5, "b": 0.3, "c": 0.2}) if short else None
    select = Select(words=budget, by="quality", draw=draw, mix=mix)
    found = kept(table, select)
    assert words(table, found) <= budget
    order = list(range(len(rows)))
    chance.shuffle(order)
    assert kept(table.take(pa.array(order, pa.int64())), select) == found


@settings(deadline=None)
@given(st.lists(UNIT, max_size=30), st.integers(50, 400), st.integers(0, 400), DRAWS)
def test_more_budget_never_takes_a_unit_out(rows, budget, more, draw):
    """From the length of the longest unit up, as no unit steps out of the line there."""
    table = units(rows)
    small, large = (kept(table, Select(words=size, by="quality", draw=draw)) for size in (budget, budget + more))
    assert small <= large


@settings(deadline=None)
@given(st.lists(st.floats(0, 10), min_size=1, max_size=7), st.integers(1, 7))
def test_best_is_the_optimum_where_all_are_of_one_length(values, count):
    table = units([(10, "a", value) for value in values])
    found = kept(table, Select(words=10 * count, by="quality", draw="best"))
    value = {row["id"]: row["quality"] for row in table.to_pylist()}
    count = min(count, len(values))
    assert len(found) == count
    assert sum(sorted(value[each] for each in found)) == pytest.approx(max(sum(some) for some in combinations(values, count)))


def test_weighted_draws_by_weight():
    """Of three units with weights 1, 2 and 7 and room for one, each is first about as often as its weight says."""
    table = units([(1, "a", 1.0), (1, "a", 2.0), (1, "a", 7.0)])
    firsts = [next(iter(kept(table, Select(words=1, by="quality"), seed))) for seed in range(2000)]
    shares = [firsts.count(f"s#00{at}") / 2000 for at in range(3)]
    assert shares == pytest.approx([0.1, 0.2, 0.7], abs=0.035)  # more than three standard deviations


def test_weight_zero_and_unknown_come_last():
    table = units([(1, "a", 0.0), (1, "a", None), (1, "a", 1e-300), (1, "a", 5.0)])
    for seed in range(20):
        assert kept(table, Select(words=2, by="quality"), seed) == {"s#002", "s#003"}


def test_ties_of_the_best_are_drawn_and_the_seed_decides():
    table = units([(1, "a", 1.0)] * 20)
    picks = {frozenset(kept(table, Select(words=5, by="quality", draw="best"), seed)) for seed in range(5)}
    assert len(picks) == 5


def test_a_unit_longer_than_the_budget_does_not_end_the_line():
    table = units([(500, "a", 9.0), (40, "a", 8.0), (40, "a", 7.0)])
    assert kept(table, Select(words=100, by="quality", draw="best")) == {"s#001", "s#002"}


def test_reasons_name_the_budget_and_the_mix():
    table = units([(60, "a", 2.0), (60, "a", 1.0), (10, "z", 1.0)])
    chosen = choose(table, mixed("shrink", a=1.0), 0)
    assert chosen.reasons.to_pylist() == [None, "budget", "not in the mix"]
    assert chosen.parts.to_pylist() == [{"part": "a", "share": 1.0, "asked": 100, "there": 120, "taken": 60}]


def test_no_budget_keeps_all():
    table = units([(60, "a", None)])
    assert kept(table, None) == kept(table, Select()) == {"s#000"}


SHORT = units([(10, "a", 1.0)] * 2 + [(10, "b", 1.0)] * 20 + [(10, "c", 1.0)] * 20)


def test_shrink_leaves_the_others_their_share():
    assert words(SHORT, kept(SHORT, mixed("shrink", a=0.5, b=0.3, c=0.2))) == 20 + 30 + 20


def test_fill_shares_the_rest_by_the_shares_of_the_others():
    parts = choose(SHORT, mixed("fill", a=0.5, b=0.3, c=0.2), 0).parts.to_pylist()
    assert [part["taken"] for part in parts] == [20, 40, 30]  # b may have 48 words and c 32, in tens


def test_fail_says_both_numbers_and_a_budget_that_would_do():
    with pytest.raises(DataFault, match=r"a has 20 of the 50 words .* lower `words` to 40"):
        choose(SHORT, mixed("fail", a=0.5, b=0.3, c=0.2), 0)
    assert words(SHORT, kept(SHORT, mixed("fail", budget=40, a=0.5, b=0.3, c=0.2))) == 20 + 10 + 0


@pytest.mark.parametrize("by", ["quality", "source"])
def test_what_cannot_be_weighed_is_refused(by):
    table = units([(1, "a", -1.0)])
    with pytest.raises(DataFault if by == "quality" else UsageFault):
        choose(table, Select(words=1, by=by), 0)
