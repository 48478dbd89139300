"""Rankings made one, against textbooks, plain Python, and scipy."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from exports.voting import bradley_terry, ranked_pairs, wins

# The capital of Tennessee, as in Wikipedia's "Ranked pairs" and "Kemeny method": Memphis, Nashville, Chattanooga, Knoxville.
CAPITALS = {"MNCK": 42, "NCKM": 26, "CKNM": 15, "KCNM": 17}
# Condorcet's circle: A over B by 7 to 2, B over C by 6 to 3, C over A by 5 to 4.
CIRCLE = {"ABC": 4, "CAB": 3, "BCA": 2}


def ballots(counted, names):
    """One group: a vote for each kind of ballot, and how many cast it."""
    votes = [[-ballot.index(name) for name in names] for ballot in counted]
    return np.array([votes], float), np.array(list(counted.values()), float)


def test_the_capital_of_tennessee():
    votes, weights = ballots(CAPITALS, "MNCK")
    assert ranked_pairs(votes, weights).tolist() == [[3, 0, 1, 2]]
    assert wins(votes, weights)[0, 1].tolist() == [58, 0, 68, 68]


def test_a_circle_is_broken_at_its_weakest_majority():
    votes, weights = ballots(CIRCLE, "ABC")
    assert ranked_pairs(votes, weights).tolist() == [[0, 1, 2]]


def kemeny(votes, weights):
    """Every order with the least disagreement, by looking at all of them."""
    ahead = wins(votes, weights)[0]
    costs = {}
    for order in permutations(range(votes.shape[2])):
        costs[order] = sum(ahead[worse, better] for better, worse in combinations(order, 2))
    least = min(costs.values())
    return [order for order, cost in costs.items() if cost == least]


def plainly(votes, weights):
    """Tideman's rule as he tells it: lock majorities in from the largest down, none that closes a circle."""
    ahead = wins(votes, weights)[0]
    size = len(ahead)
    pairs = sorted(combinations(range(size), 2), key=lambda pair: -abs(ahead[pair] - ahead[pair[::-1]]))
    locked: set[tuple[int, int]] = set()

    def reaches(one, other):
        return one == other or any(reaches(to, other) for at, to in locked if at == one)

    for one, other in pairs:
        margin = ahead[one, other] - ahead[other, one]
        better, worse = (one, other) if margin > 0 else (other, one)
        if margin and not reaches(worse, better):
            locked.add((better, worse))
    above = [sum(reaches(x, y) for x in range(size)) - sum(reaches(y, x) for x in range(size)) for y in range(size)]
    return [sorted(set(above)).index(each) for each in above]


def elections(size):
    ballot = st.lists(st.sampled_from([np.nan, 1.0, 2.0, 3.0, 4.0]), min_size=size, max_size=size)
    return st.lists(ballot, min_size=1, max_size=5).map(lambda votes: np.array([votes]))


@given(elections(3))
def test_three_answers_are_ordered_as_by_kemeny(votes):
    weights = np.ones(votes.shape[1])
    best = kemeny(votes, weights)
    if len(best) == 1:  # of three, both rules give up the weakest majority of a circle
        places = ranked_pairs(votes, weights)[0]
        assert [places[at] for at in best[0]] == sorted(places)


@given(st.integers(2, 5).flatmap(elections))
def test_it_is_tidemans_rule(votes):
    assert ranked_pairs(votes, np.ones(votes.shape[1]))[0].tolist() == plainly(votes, np.ones(votes.shape[1]))


@given(st.integers(2, 5).flatmap(elections), st.sampled_from([ranked_pairs, bradley_terry]))
def test_turning_every_vote_round_turns_the_order_round(votes, rule):
    weights = np.arange(1.0, votes.shape[1] + 1)
    there, back = rule(votes, weights)[0], rule(-votes, weights)[0]
    np.testing.assert_allclose(there - there.mean(), back.mean() - back, atol=1e-5)


@given(elections(4), elections(4))
def test_a_group_is_judged_by_its_own_votes(one, other):
    many = max(one.shape[1], other.shape[1])
    filled = [np.pad(votes, ((0, 0), (0, many - votes.shape[1]), (0, 0)), constant_values=np.nan) for votes in (one, other)]
    for rule in (ranked_pairs, bradley_terry):
        both = rule(np.concatenate(filled), np.ones(many))
        assert both[0].tolist() == rule(filled[0], np.ones(many))[0].tolist()


def test_strengths_are_the_most_likely_ones():
    votes, weights = ballots(CAPITALS, "MNCK")
    won = wins(votes, weights)[0] + 0.5 * (1 - np.eye(4))

    def unlikely(strengths):
        return sum(won[i, j] * np.log1p(np.exp(strengths[j] - strengths[i])) for i in range(4) for j in range(4) if i != j)

    found = minimize(unlikely, np.zeros(4), tol=1e-12).x
    np.testing.assert_allclose(bradley_terry(votes, weights)[0], found - found.mean(), atol=1e-4)


@pytest.mark.parametrize(("first", "second"), [(3, 1), (5, 0), (0, 0)])
def test_two_answers_are_apart_by_the_log_odds(first, second):
    votes = np.array([[[1.0, 0.0]] * first + [[0.0, 1.0]] * second + [[np.nan, np.nan]]])
    strengths = bradley_terry(votes, np.ones(first + second + 1))[0]
    assert strengths[0] - strengths[1] == pytest.approx(np.log((first + 0.5) / (second + 0.5)), abs=1e-5)
