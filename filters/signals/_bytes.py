"""The inner loop of language identification: a byte automaton and naive Bayes."""

# ruff: noqa: PLR0917 - a kernel takes its arrays by position and compiles best when plain

import numpy as np
from numba import njit

_OFTEN = 256  # logarithms kept


@njit(cache=True, nogil=True)
def classify(
    offsets: np.ndarray,
    data: np.ndarray,
    steps: np.ndarray,
    rows: np.ndarray,
    features: np.ndarray,
    weights: np.ndarray,
    prior: np.ndarray,
    same: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Per text, the most probable class and its probability, tempered by the square root of the length as py3langid does.

    `same` names for each class the first one of its language: the probabilities of one language's scripts add up.
    """
    count, width = weights.shape
    seen, touched = np.zeros(count, np.int32), np.empty(count, np.int32)
    logs, scores = np.log1p(np.arange(_OFTEN).astype(np.float32)), np.empty(width, np.float32)
    best, confidence = np.zeros(len(offsets) - 1, np.int64), np.zeros(len(offsets) - 1)
    for i in range(len(offsets) - 1):
        state, many = 0, 0
        for p in range(offsets[i], offsets[i + 1]):
            state = steps[rows[state] + data[p]]
            feature = features[state]
            if feature >= 0:
                if seen[feature] == 0:
                    touched[many] = feature
                    many += 1
                seen[feature] += 1
        scores[:] = 0
        for z in range(many):
            feature = touched[z]
            n, own = seen[feature], weights[np.uint64(feature)]
            often = logs[n] if n < _OFTEN else np.float32(np.log1p(np.float32(n)))
            for k in range(np.uint64(width)):  # unsigned: the compiler vectorises it, three times faster
                scores[k] += often * own[k]
            seen[feature] = 0
        if many:
            scores += prior
        heat = np.float32(1 / np.sqrt(max(1, offsets[i + 1] - offsets[i])))
        odds = np.exp((scores - scores.max()) * heat)
        for k in range(width):
            if same[k] != k:
                odds[same[k]] += odds[k]
                odds[k] = 0
        best[i] = np.argmax(odds)
        confidence[i] = odds[best[i]] / odds.sum()
    return best, confidence
