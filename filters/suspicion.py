"""How likely a pair's label is wrong: cross-fitted confident learning (Northcutt, Jiang & Chuang, JAIR 70, 2021), and votes.

A logistic model of which answer is the better one (Bradley-Terry over the differences of the two sides: signals, and words
that only one side has) is fitted on four fifths of the prompts and asked about the last fifth, so that no pair is judged by a
model that saw its prompt. What is known beside the text is added as evidence of its own: other pairs of the same two answers,
and raters. Expect little of the text: known flips in UltraFeedback are found with an AUC of about 0.6. Votes tell far more.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters._descent import minimum
from filters.overlap import kernels_cover
from filters.overlap.tokens import normalise

SIGNALS = (
    "answer_words",
    "code_share",
    "compression_ratio",
    "digit_share",
    "distinct_words",
    "dup_10gram",
    "dup_5gram",
    "echo",
    "identity",
    "letter_share",
    "max_turn_words",
    "mean_word_length",
    "provider_mentions",
    "refusal_last",
    "root_type_token_ratio",
    "symbol_share",
    "top_2gram",
    "top_3gram",
    "top_4gram",
    "truncated",
    "type_token_ratio",
    "unclosed_fences",
    "url_share",
)
MOST = 20_000  # pairs that a model is fitted on; the others are only judged
_FOLDS = 5
_BITS = 15  # of a word's hash
_RIDGE = 60.0  # strong: a weak model must not be sure
_TEXT = 5.0  # what words weigh beside signals


@dataclass(frozen=True)
class Traits:
    """How the sides of each pair differ: words (row i: buckets[starts[i]:starts[i + 1]], with values), signals (n x k), fold."""

    starts: np.ndarray
    buckets: np.ndarray
    values: np.ndarray
    signals: np.ndarray
    fold: np.ndarray


@dataclass(frozen=True)
class Model:
    """One row of weights a fold, fitted on the other folds: words first, then signals; `scale` is each signal's spread."""

    weights: np.ndarray
    scale: np.ndarray


def traits(contexts: Sequence[str], chosen: pa.Array, rejected: pa.Array, signals: np.ndarray, seed: int) -> Traits:
    """Pairs -> Traits. `contexts` names each pair's context (pairs of one lie in one fold), `signals` holds those of SIGNALS of
    the chosen minus those of the rejected (n x k, NaN unknown); both sides as texts.
    """
    cells = [_words(texts) for texts in (chosen, rejected)]
    every = np.concatenate([cells[0] * 2, cells[1] * 2 + 1])  # sorted, a cell of both sides lies beside itself
    every.sort()
    both = np.flatnonzero(every[:-1] >> 1 == every[1:] >> 1)
    apart = np.delete(every, np.concatenate([both, both + 1]))
    rows, buckets = apart >> (_BITS + 1), (apart >> 1) & ((1 << _BITS) - 1)
    counts = np.bincount(rows, minlength=len(contexts))
    values = (1.0 - 2.0 * (apart & 1)) / np.sqrt(counts[rows])
    starts = np.concatenate([[0], np.cumsum(counts)])
    fold = [_fold(each, seed) for each in contexts]
    return Traits(starts, buckets, values, np.nan_to_num(signals), np.array(fold, np.int64))


def join(parts: Iterable[Traits]) -> Traits:
    """Several Traits, one after the other."""
    held = list(parts)
    ends = np.cumsum([0, *(part.starts[-1] for part in held)])
    starts = [part.starts[:-1] + end for part, end in zip(held, ends[:-1], strict=True)]
    each = [np.concatenate([getattr(part, name) for part in held]) for name in ("buckets", "values", "signals", "fold")]
    return Traits(np.concatenate([*starts, ends[-1:]]), *each)


def fit(known: Traits) -> Model:
    """A model a fold. One thread, no BLAS, no chance: the same pairs give the same weights on one machine."""
    spread = np.sqrt((known.signals**2).mean(axis=0)) if len(known.fold) else np.zeros(known.signals.shape[1])
    scale = np.where(spread > 0, spread, 1.0)
    weights = [_fitted(known, scale, known.fold != fold) for fold in range(_FOLDS)]
    return Model(np.array(weights), scale)


def margins(model: Model, asked: Traits) -> np.ndarray:
    """Log odds that each label is right, by the model that never saw its prompt."""
    found = np.empty(len(asked.fold))
    for fold in range(_FOLDS):
        mine = asked.fold == fold
        found[mine] = _margin(asked, _scaled(asked, model.scale), model.weights[fold])[mine]
    return found


def odds(support: np.ndarray, against: np.ndarray) -> np.ndarray:
    """Log odds from votes for and against a label (Laplace's rule: one more of each)."""
    return np.log((support + 1.0) / (against + 1.0))


def suspicion(evidence: np.ndarray) -> np.ndarray:
    """Log odds that labels are right (sums of `margins` and `odds`) -> the chance that they are wrong, to four digits."""
    return np.round(1.0 / (1.0 + np.exp(np.clip(evidence, -30, 30))), 4)


def _words(texts: pa.Array) -> np.ndarray:
    """Cells row * 2^_BITS + bucket of the distinct words of each text, sorted."""
    normal = normalise(texts)
    hashes, begins = np.empty(int(normal.tokens.sum()), np.uint64), np.empty(len(normal) + 1, np.int64)
    kernels_cover.item_grams(normal.data, normal.bounds, normal.tokens, 1, 1, 0, hashes, begins)
    rows = np.repeat(np.arange(len(normal)), np.diff(begins))
    buckets = (hashes >> np.uint64(64 - _BITS)).astype(np.int64)
    return np.unique(rows.astype(np.int64) << _BITS | buckets)


def _fold(context: str, seed: int) -> int:
    digest = hashlib.blake2b(f"{seed}\x1f{context}".encode(), digest_size=8, person=b"suspicion").digest()
    return int.from_bytes(digest, "big") % _FOLDS


def _scaled(pairs: Traits, scale: np.ndarray) -> np.ndarray:
    return np.clip(pairs.signals / scale, -4, 4)


def _margin(pairs: Traits, signals: np.ndarray, weights: np.ndarray) -> np.ndarray:
    each = np.concatenate([[0.0], np.cumsum(pairs.values * weights[pairs.buckets])])
    words = each[pairs.starts[1:]] - each[pairs.starts[:-1]]
    return _TEXT * words + (signals * weights[1 << _BITS :]).sum(axis=1)


def _fitted(pairs: Traits, scale: np.ndarray, mine: np.ndarray) -> np.ndarray:
    """The weights that minimise the logistic loss of `mine` with a ridge, whose slope this is."""
    signals, owner = _scaled(pairs, scale), np.repeat(np.arange(len(mine)), np.diff(pairs.starts))

    def slope(weights: np.ndarray) -> np.ndarray:
        pull = np.where(mine, -1.0 / (1.0 + np.exp(np.clip(_margin(pairs, signals, weights), -30, 30))), 0.0)
        words = _TEXT * np.bincount(pairs.buckets, pairs.values * pull[owner], 1 << _BITS)
        return np.concatenate([words, (signals * pull[:, None]).sum(axis=0)]) + _RIDGE * weights

    return minimum(slope, np.zeros((1 << _BITS) + signals.shape[1]))
