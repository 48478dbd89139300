"""How much is said, and by whom.

A word is a run of characters without white space; each character of a script written without spaces (Chinese, Japanese)
counts as one, so that a budget in words means the same for every language.
"""

import numpy as np
import polars as pl
import pyarrow as pa

from ._talk import ASSISTANT, USER, Columns, Talk, buffers, first_prompt, last_answer

_N, _F = pa.int64(), pa.float64()
ROW = {
    "words": (_N, "words of the whole conversation, all roles"),
    "chars": (_N, "characters of the whole conversation, all roles"),
    "prompt_words": (_N, "words of the user's first turn"),
    "answer_words": (_N, "words of the assistant's last turn"),
    "mean_prompt_words": (_F, "mean words of a user turn"),
    "mean_answer_words": (_F, "mean words of an assistant turn"),
    "max_turn_words": (_N, "words of the longest turn, any role"),
    "mean_word_length": (
        _F,
        "characters per word of the assistant, white space left out (Gopher keeps 3 to 10; Rae et al. 2021)",
    ),
}


def sizes(talk: Talk) -> np.ndarray:
    """Per turn: words, characters, letters, digits, marks (see `_kernels.count`)."""
    from ._kernels import count

    return count(*buffers(talk.content))


def measure(talk: Talk) -> Columns:
    """Sums and means of the turns' sizes."""
    words, chars, letters, digits, marks = talk.once(sizes)
    longest = np.zeros(talk.rows, np.int64)
    np.maximum.at(longest, talk.row, words)
    written = np.where(talk.role == ASSISTANT, letters + digits + marks, 0)
    return {
        "words": talk.sum(words),
        "chars": talk.sum(chars),
        "prompt_words": talk.pick(words, talk.once(first_prompt)),
        "answer_words": talk.pick(words, talk.once(last_answer)),
        "mean_prompt_words": _mean(talk, words, USER),
        "mean_answer_words": _mean(talk, words, ASSISTANT),
        "max_turn_words": longest,
        "mean_word_length": ratio(talk.sum(written), talk.sum(np.where(talk.role == ASSISTANT, words, 0))),
    }


def ratio(part: np.ndarray, whole: np.ndarray) -> pl.Series:
    """part / whole, NULL where the whole is 0."""
    known = pl.Series(whole)
    return pl.Series(part).cast(pl.Float64) / known.set(known == 0, None)


def _mean(talk: Talk, values: np.ndarray, role: int) -> pl.Series:
    mine = talk.role == role
    return ratio(talk.sum(np.where(mine, values, 0)), talk.sum(mine))
