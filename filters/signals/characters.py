"""What the assistant's text is made of, character by character, white space left out."""

import numpy as np
import polars as pl
import pyarrow as pa

from ._talk import ASSISTANT, Columns, Talk, answers, on_answers
from .length import ratio, sizes

_F = pa.float64()
ROW = {
    "symbol_share": (_F, "share of characters that are neither letters nor digits: punctuation, signs, emoji"),
    "digit_share": (_F, "share of characters that are digits 0 to 9"),
    "letter_share": (_F, "share of characters that are letters of any script (Gopher: words with a letter; Rae et al. 2021)"),
    "url_share": (_F, "share of characters that lie in URLs"),
    "symbol_word_ratio": (_F, "hash signs and ellipses per word (Gopher drops above 0.1; Rae et al. 2021)"),
}
URL = r"(?i)\b(?:https?://|www\.)[^\s<>\"'`)\]]+"


def measure(talk: Talk) -> Columns:
    """NULL where the assistant writes nothing."""
    mine = talk.role == ASSISTANT
    words, _, letters, digits, marks = (talk.sum(np.where(mine, values, 0)) for values in talk.once(sizes))
    written = letters + digits + marks
    return {
        "symbol_share": ratio(marks, written),
        "digit_share": ratio(digits, written),
        "letter_share": ratio(letters, written),
        "url_share": ratio(talk.sum(_urls(talk)), written),
        "symbol_word_ratio": ratio(talk.sum(_signs(talk)), words),
    }


def _urls(talk: Talk) -> pl.Series:
    texts = talk.content.gather(talk.once(answers))
    some = texts.str.contains_any(["://", "www."], ascii_case_insensitive=True).arg_true()
    found = texts.gather(some).str.extract_all(URL).list.eval(pl.element().str.len_chars()).list.sum()
    lengths = np.zeros(len(texts), np.int64)
    lengths[some] = found
    return on_answers(talk, lengths)


def _signs(talk: Talk) -> pl.Series:
    texts = talk.content.gather(talk.once(answers))
    hashes, dots, ellipses = (texts.str.count_matches(sign, literal=True) for sign in ("#", "...", "…"))
    return on_answers(talk, hashes + dots + ellipses)
