"""The minimum of a smooth convex function of which only the slope is known: L-BFGS (Liu & Nocedal, Math. Prog. 45, 1989).

Plain sums, no BLAS: neither threads nor a library's build change a result on one machine.
"""

from collections.abc import Callable

import numpy as np

_STEPS, _KEPT = 25, 6  # at most so many steps; so many are remembered
_FLAT = 1e-4  # the slope at which it ends

Past = list[tuple[np.ndarray, np.ndarray, float]]  # steps, what they did to the slope, 1 / their product


def minimum(slope: Callable[[np.ndarray], np.ndarray], start: np.ndarray) -> np.ndarray:
    """Near the minimum of the function with this slope, from `start`; without a line search: a ridge keeps the steps tame."""
    past: Past = []
    at, down = start, slope(start)
    for _ in range(_STEPS):
        if np.abs(down).max(initial=0.0) < _FLAT:
            break
        there = at - _step(down, past)
        there_down = slope(there)
        moved, turned = there - at, there_down - down
        product = float((moved * turned).sum())
        if product <= 1e-12:
            break
        past = [*past, (moved, turned, 1 / product)][-_KEPT:]
        at, down = there, there_down
    return at


def _step(down: np.ndarray, past: Past) -> np.ndarray:
    """The slope times what is remembered of the inverse of its own slope (the two-loop recursion)."""
    if not past:
        return down / np.sqrt((down * down).sum())
    step, shares = down.copy(), []
    for moved, turned, inverse in reversed(past):
        shares.append(inverse * float((moved * step).sum()))
        step -= shares[-1] * turned
    _, turned, inverse = past[-1]
    step /= inverse * float((turned * turned).sum())
    for (moved, turned, inverse), share in zip(past, reversed(shares), strict=True):
        step += moved * (share - inverse * float((turned * step).sum()))
    return step
