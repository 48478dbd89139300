"""Laws of balancing: the wanted share, at the smallest loss, and nothing else."""

from fractions import Fraction
from itertools import product

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exports import bias
from exports.balance import balance, bounds, quota
from schemas.faults import DataFault
from schemas.recipe_balance import Balance

GAPS = [1.0, 1.2, 1.6, 4.0]


def leans(each):
    """(lean, gap, source) -> LEAN."""
    rows = [
        {"id": f"{at:03}", "source": source, "lean": lean, "gap": gap, "chosen": 0.0, "rejected": 0.0}
        for at, (lean, gap, source) in enumerate(each)
    ]
    return pl.DataFrame(rows, bias.LEAN)


PAIRS = st.lists(st.tuples(st.sampled_from([1, 1, 1, -1, 0]), st.sampled_from(GAPS), st.sampled_from("st")), max_size=40)
SHARES = st.sampled_from([0.5, 0.3, 0.35, 0.62, 0.9])
WITHIN = st.sampled_from([0.0, 0.02, 0.1])


def asked(wins=0.5, within=0.02, how="subsample"):
    return Balance(by="length", wins=wins, within=within, how=how)


def fewest_lost(wins, losses, low, high):
    """The truth, by trying every choice."""
    able = [
        (many, few)
        for many, few in product(range(wins + 1), range(losses + 1))
        if many + few and low <= Fraction(many, many + few) <= high
    ]
    return max(map(sum, able), default=None)


@given(st.integers(0, 14), st.integers(0, 14), SHARES, WITHIN)
def test_no_choice_of_pairs_loses_fewer(wins, losses, share, within):
    assume(wins + losses)
    low, high = bounds(asked(share, within))
    found, best = quota(wins, losses, low, high), fewest_lost(wins, losses, low, high)
    assert (found and sum(found)) == best
    if found:
        assert found[0] <= wins and found[1] <= losses and low <= Fraction(found[0], sum(found)) <= high


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_in_the_plain_case_the_loss_has_a_closed_form(share):
    low, high = bounds(asked(share))
    many, few = quota(729, 290, low, high)
    assert (many, few) == (int(290 * high // (1 - high)), 290)


@settings(deadline=None)
@given(PAIRS, SHARES, WITHIN, st.integers(0, 5), st.randoms())
def test_the_share_is_reached_at_that_loss_and_nothing_else_changes(each, share, within, seed, chance):
    frame, spec = leans(each), asked(share, within)
    wins, losses = (sum(lean == way for lean, _, _ in each) for way in (1, -1))
    best = fewest_lost(wins, losses, *bounds(spec)) if wins + losses else 0
    if best is None:
        with pytest.raises(DataFault, match="no choice"):
            balance(frame, spec, seed)
        return
    found = balance(frame, spec, seed)
    assert found.pairs["id"].to_list() == frame["id"].to_list()  # none added, none twice
    kept = frame.filter(found.pairs["kept"])
    left = {way: int((kept["lean"] == way).sum()) for way in (1, -1)}
    assert left == {1: found.kept_wins, -1: found.kept_losses}
    assert left[1] + left[-1] == best and found.lost == wins + losses - best
    assert kept.filter(pl.col("lean") == 0).equals(frame.filter(pl.col("lean") == 0))
    order = list(range(len(each)))
    chance.shuffle(order)
    assert balance(frame[order], spec, seed).pairs.equals(found.pairs)
    weights = found.pairs["weight"]
    assert weights.is_between(0, 1).all() and weights.sum() == pytest.approx(found.pairs["kept"].sum())


def test_the_curve_flattens_at_no_further_cost():
    each = [(1, gap, "s") for gap, many in zip(GAPS, (50, 60, 80, 90), strict=True) for _ in range(many)]
    each += [(-1, gap, "s") for gap in GAPS for _ in range(40)]
    found = balance(leans(each), asked(), 1)
    kept = leans(each).filter(found.pairs["kept"])
    shares = kept.group_by("gap").agg(share=(pl.col("lean") == 1).mean())["share"]
    assert found.kept_wins == 173 and shares.max() - shares.min() < 0.01


def test_another_seed_keeps_other_pairs_and_as_many():
    frame = leans([(1, 1.2, "s")] * 60 + [(-1, 1.2, "s")] * 20)
    one, two = (balance(frame, asked(), seed) for seed in (1, 2))
    assert one.kept_wins == two.kept_wins == 21 and not one.pairs.equals(two.pairs)


def test_weights_reach_the_share_and_lose_no_pair():
    frame = leans([(1, gap, source) for gap in GAPS for source in "st"] * 9 + [(-1, gap, "s") for gap in GAPS] * 5)
    found = balance(frame, asked(how="weight"), 3)
    measured = bias.measure(frame, "length", "after", found.pairs["weight"]).to_pylist()[0]
    assert measured["share"] == pytest.approx(found.kept_wins / (found.kept_wins + found.kept_losses))
    assert measured["pairs"] == len(frame)
