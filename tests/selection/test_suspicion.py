"""Label noise: planted flips are found, no prompt is on both sides, votes count, and nothing depends on order or chance."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from filters import suspicion
from filters._descent import minimum
from filters.classifier import auc

GOOD = ["clear", "careful", "complete", "helpful", "answer", "with", "reasons", "and", "examples"]
BAD = ["dunno", "whatever", "maybe", "nope", "sorry", "nothing", "here", "to", "say"]


def pairs(many=300, flips=60, seed=1):
    """Pairs in which good words are chosen, but for the flips; texts, signals and the truth."""
    chance = np.random.default_rng(seed)
    sides = [[" ".join(chance.choice(words, 6)) + f" about {at}" for at in range(many)] for words in (GOOD, BAD)]
    flipped = np.zeros(many, bool)
    flipped[chance.permutation(many)[:flips]] = True
    chosen, rejected = (
        [two if turned else one for one, two, turned in zip(*each, flipped, strict=True)] for each in (sides, sides[::-1])
    )
    signals = np.where(flipped, -1.0, 1.0)[:, None] * chance.normal(0.2, 1, (many, len(suspicion.SIGNALS)))
    return [f"q{at}" for at in range(many)], pa.array(chosen), pa.array(rejected), signals, flipped


def scores(contexts, chosen, rejected, signals):
    known = suspicion.traits(contexts, chosen, rejected, signals, 7)
    return suspicion.suspicion(suspicion.margins(suspicion.fit(known), known))


def test_planted_flips_are_found():
    *given_, flipped = pairs()
    found = scores(*given_)
    assert auc(found, flipped) > 0.95


def test_the_same_pairs_give_the_same_whatever_their_order_and_chunks():
    contexts, chosen, rejected, signals, _ = pairs(60, 12)
    found = scores(contexts, chosen, rejected, signals)
    order = np.random.default_rng(3).permutation(60)
    turned = scores([contexts[at] for at in order], chosen.take(pa.array(order)), rejected.take(pa.array(order)), signals[order])
    assert np.allclose(turned, found[order], atol=2e-4)
    whole = suspicion.traits(contexts, chosen, rejected, signals, 7)
    parts = [suspicion.traits(contexts[a:b], chosen[a:b], rejected[a:b], signals[a:b], 7) for a, b in ((0, 7), (7, 60))]
    joined = suspicion.join(parts)
    for name in ("starts", "buckets", "values", "signals", "fold"):
        assert np.array_equal(getattr(whole, name), getattr(joined, name))


def test_a_pair_is_never_judged_by_a_model_that_saw_its_context():
    """However its own labels are turned, the pairs of one fold keep their models."""
    contexts, chosen, rejected, signals, _ = pairs(80, 0)
    one = suspicion.traits(contexts, chosen, rejected, signals, 7)
    mine = one.fold == one.fold[0]
    swap = [(b, a) if own else (a, b) for a, b, own in zip(chosen.to_pylist(), rejected.to_pylist(), mine, strict=True)]
    two = suspicion.traits(
        contexts, pa.array([a for a, _ in swap]), pa.array([b for _, b in swap]), np.where(mine[:, None], -signals, signals), 7
    )
    first, second = (suspicion.margins(suspicion.fit(each), each) for each in (one, two))
    assert np.allclose(first[mine], -second[mine])
    assert len(set(suspicion.traits(["same"] * 9, chosen[:9], rejected[:9], signals[:9], 7).fold)) == 1


def test_votes_weigh():
    wrong = suspicion.suspicion(suspicion.odds(np.array([0, 0, 3]), np.array([3, 0, 0])))
    assert wrong.tolist() == [0.8, 0.5, 0.2]


def test_nothing_gives_nothing():
    none = suspicion.traits([], pa.array([], pa.string()), pa.array([], pa.string()), np.empty((0, 2)), 1)
    assert len(suspicion.margins(suspicion.fit(none), none)) == 0


@given(st.integers(0, 50))
def test_the_descent_ends_where_scipys_does(seed):
    chance = np.random.default_rng(seed)
    matrix, ridge = chance.normal(0, 1, (40, 6)), 5.0

    def slope(weights):
        return ridge * weights - (matrix / (1 + np.exp(matrix @ weights))[:, None]).sum(axis=0)

    truth = minimize(lambda w: np.logaddexp(0, -matrix @ w).sum() + ridge * w @ w / 2, np.zeros(6), jac=slope, tol=1e-10).x
    assert np.allclose(minimum(slope, np.zeros(6)), truth, atol=1e-3)
