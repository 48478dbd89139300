"""Rankings of several raters made into one, for many groups of answers at once.

`votes` is (groups, raters, answers): what each rater gave each answer, higher is better, NaN where nothing; `weights` is
(raters,), above 0. Only which of two answers a rater puts higher counts, so raters need not share a scale.
"""

import numpy as np

_ROUNDS, _CLOSE = 10_000, 1e-10


def wins(votes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(groups, answers, answers): the weight of the raters that put answer i above answer j."""
    total = np.zeros((votes.shape[0], votes.shape[2], votes.shape[2]))
    for at, weight in enumerate(weights):
        given = votes[:, at]
        total += weight * (given[:, :, None] > given[:, None, :])
    return total


def ranked_pairs(votes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(groups, answers): places from 0, the best; see `places`."""
    return places(wins(votes, weights))


def places(won: np.ndarray) -> np.ndarray:
    """(groups, answers): places from 0, the best, by Tideman's ranked pairs (Independence of clones, 1987); equal is a tie.

    `won` is (groups, answers, answers): how many votes put answer i above answer j.
    Majorities are taken from the largest down, and one that would close a circle is left out. Of equal majorities the pair
    that stands first goes first, whichever of its two is ahead: turning every vote round turns every place round. Answers
    that no majority tells apart share a place where as many stand above the one as above the other.
    """
    groups, size, _ = won.shape
    ahead = won - won.transpose(0, 2, 1)
    first, second = np.triu_indices(size, 1)
    margins = ahead[:, first, second]
    order = np.argsort(-np.abs(margins), axis=1, kind="stable")
    above = np.broadcast_to(np.eye(size, dtype=bool), (groups, size, size)).copy()  # [g, i, j]: i stands above j, or is j
    each = np.arange(groups)
    for place in order.T:
        margin = margins[each, place]
        if not margin.any():  # the largest first: no majority is left
            break
        better = np.where(margin > 0, first[place], second[place])
        worse = np.where(margin > 0, second[place], first[place])
        told = (margin != 0) & ~above[each, worse, better]
        above |= told[:, None, None] & above[each, :, better][:, :, None] & above[each, worse][:, None, :]
    standing = above.sum(axis=1) - above.sum(axis=2)  # those above less those below
    return _dense(standing)


def bradley_terry(votes: np.ndarray, weights: np.ndarray, prior: float = 0.5) -> np.ndarray:
    """(groups, answers): log strengths, their mean 0; see `strengths`."""
    said = ~np.isnan(votes)
    return strengths(wins(votes, weights), np.einsum("v,gvi,gvj->gij", weights, said, said), prior)


def strengths(won: np.ndarray, both: np.ndarray, prior: float = 0.5) -> np.ndarray:
    """(groups, answers): log strengths, their mean 0; the difference of two is the log-odds that the one is put above the other.

    `won` is (groups, answers, answers): how many votes put answer i above answer j, of `both`, those that name the two.

    Maximum likelihood (Bradley and Terry 1952) by Hunter's MM steps (2004); a rater's tie is half a win for each. Every two
    answers have `prior` wins more against each other, so that an answer that always wins has a strength too.
    """
    size = won.shape[1]
    games = (both + 2 * prior) * ~np.eye(size, dtype=bool)
    points = ((won + (both - won - won.transpose(0, 2, 1)) / 2 + prior) * ~np.eye(size, dtype=bool)).sum(axis=2)
    strength = np.ones(points.shape)
    left = np.arange(len(points))  # a group rests once its own steps are small, whatever the others do
    for _ in range(_ROUNDS):
        old = strength[left]
        new = points[left] / (games[left] / (old[:, :, None] + old[:, None, :])).sum(axis=2)
        new /= np.exp(np.log(new).mean(axis=1, keepdims=True))
        strength[left] = new
        left = left[np.abs(np.log(new / old)).max(axis=1, initial=0) >= _CLOSE]
        if not len(left):
            break
    return np.round(np.log(strength), 6) + 0.0


def _dense(values: np.ndarray) -> np.ndarray:
    """Places from 0 within each row; equal values share one."""
    order = np.sort(values, axis=1)
    steps = np.cumsum(np.diff(order, axis=1, prepend=order[:, :1]) != 0, axis=1)
    return np.take_along_axis(steps, (values[:, :, None] > order[:, None, :]).sum(axis=2), axis=1)
