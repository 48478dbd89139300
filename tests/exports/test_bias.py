"""How often the side with more of something wins, how sure that is, and by how much the sides differ."""

import math
import statistics

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exports import bias

SIDE = pa.struct([("answer_words", pa.int64()), ("refusal_last", pa.bool_()), ("model", pa.string()), ("score", pa.float64())])
SCHEMA = pa.schema([("id", pa.string()), ("source", pa.string()), ("chosen", SIDE), ("rejected", SIDE)])


def pairs(*each, column="answer_words"):
    """Pairs of (chosen, rejected) or (chosen, rejected, source) in one column."""
    found = [
        {"id": f"{at:04}", "source": (*one, "s")[2], "chosen": {column: one[0]}, "rejected": {column: one[1]}}
        for at, one in enumerate(each)
    ]
    return pa.Table.from_pylist(found, SCHEMA)


def lines(table, by, stage="before"):
    return bias.measure(bias.leaning(table, by), by, stage).to_pylist()


def test_longer_wins_overall_by_source_and_by_ratio():
    table = pairs((20, 10), (30, 10, "t"), (10, 11), (7, 7), (None, 5), (22, 20))
    found = lines(table, "length")
    whole = found[0]
    assert (whole["signal"], whole["stage"], whole["source"], whole["gap_from"]) == ("length", "before", None, None)
    assert (whole["pairs"], whole["wins"], whole["losses"], whole["share"]) == (6, 3, 1, 0.75)
    curve = [(line["gap_from"], line["gap_to"], line["wins"], line["losses"]) for line in found[1:] if line["source"] is None]
    assert curve == [(1.1, 1.25, 1, 1), (2.0, 3.0, 1, 0), (3.0, None, 1, 0)]
    assert [(line["source"], line["wins"], line["losses"]) for line in found if line["source"] and line["gap_from"] is None] == [
        ("s", 2, 1),
        ("t", 1, 0),
    ]


@given(st.integers(1, 400), st.data())
def test_the_interval_is_wilsons(pairs_, data):
    won = data.draw(st.integers(0, pairs_))
    low, high = bias.wilson(won / pairs_, pairs_)
    truth = stats.binomtest(won, pairs_).proportion_ci(0.95, "wilson")
    assert math.isclose(low, truth.low, abs_tol=1e-9) and math.isclose(high, truth.high, abs_tol=1e-9)


def test_the_effect_is_cohens_on_the_logarithm_of_words():
    each = [(20, 10), (35, 12), (9, 14), (50, 49), (3, 8)]
    chosen, rejected = ([math.log(one[side]) for one in each] for side in (0, 1))
    pooled = math.sqrt((statistics.pvariance(chosen) + statistics.pvariance(rejected)) / 2)
    wanted = (statistics.mean(chosen) - statistics.mean(rejected)) / pooled
    assert lines(pairs(*each), "length")[0]["effect"] == pytest.approx(wanted)


def test_the_gap_of_numbers_is_in_standard_deviations_and_a_flag_counts_as_one():
    found = lines(pairs((True, False), (False, True), (True, False), (True, True), column="refusal_last"), "refusal")
    assert (found[0]["wins"], found[0]["losses"], found[0]["pairs"]) == (2, 1, 4)
    numbers = bias.leaning(pairs((1.0, 0.0), (0.0, 3.0), (2.0, 2.0), column="score"), "score")
    sd = statistics.stdev([1.0, -3.0, 0.0])
    assert numbers["lean"].to_list() == [1, -1, 0]
    assert numbers["gap"].to_list() == pytest.approx([1 / sd, 3 / sd, 0])


def test_of_models_the_one_that_usually_wins_has_more():
    table = pairs(("strong", "weak"), ("strong", "weak"), ("weak", "strong"), ("weak", "weak"), (None, "weak"), column="model")
    assert bias.leaning(table, "model")["lean"].to_list() == [1, 1, -1, 0, 0]


def test_nothing_to_say_of_no_pairs():
    whole = lines(pairs(), "length")
    assert whole == [dict.fromkeys(bias.BIAS.names) | {"signal": "length", "stage": "before", "pairs": 0, "wins": 0, "losses": 0}]
    assert lines(pairs((5, 5)), "length")[0]["share"] is None


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), max_size=12))
def test_swapping_all_labels_turns_everything_round(each):
    one, two = lines(pairs(*each), "length"), lines(pairs(*((b, a) for a, b in each)), "length")
    assert [(line["wins"], line["losses"]) for line in one] == [(line["losses"], line["wins"]) for line in two]
    effects = [(line["effect"], other["effect"]) for line, other in zip(one, two, strict=True)]
    assert all((a is None and b is None) or a == pytest.approx(-b) for a, b in effects)
