"""Which language a conversation is in: py3langid's model (Lui & Baldwin 2012), walked over Arrow's buffers.

It looks at the first 240 characters of the assistant's text, code and URLs left out; where these hold fewer than 60 letters,
the first 120 of the user's are read with them, for a short or coded answer is known by its question. Only languages that
dumps hold are candidates, because rare ones are guessed for code and lists far more often than they occur. Confidence is
py3langid's normalised probability.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from schemas.languages import code

from ._talk import USER, Columns, Talk, answers, buffers
from .characters import URL
from .code import fenced

ROW = {
    "language": (pa.string(), "language of the conversation (ISO 639), `und` where fewer than 20 letters tell"),
    "language_confidence": (pa.float64(), "probability of that language; NULL for `und`"),
    "language_as_declared": (pa.bool_(), "whether that is the language its source declares; NULL where either is unknown"),
}
_LANGUAGES = (
    "af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko "
    "ky lo lt lv "
    "mk ml mn mr ms my ne nl no or pa pl ps pt ro ru si sk sl sq sr sv sw ta te tg th tl tr tt ug uk ur uz vi zh zxx"
)  # zxx: no language at all
_ANSWER, _PROMPT = 240, 120  # characters
_FLOOR, _ENOUGH = 20, 60  # letters


class Model(NamedTuple):
    """A byte automaton that finds features, and the log-probabilities of each feature in each language."""

    names: np.ndarray
    steps: np.ndarray
    rows: np.ndarray
    features: np.ndarray
    weights: np.ndarray
    prior: np.ndarray
    same: np.ndarray


@cache
def model() -> Model:
    """The model inside py3langid's wheel, with the languages above."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    known = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known.set_languages(_LANGUAGES.split())
    weights = np.ascontiguousarray(known.nb_ptc, np.float32)
    steps, rows, features = (np.asarray(part, np.int32) for part in (known.tk_nextmove, known._rowbase, known.tk_output))
    same = np.array([known.nb_classes.index(name) for name in known.nb_classes])
    return Model(np.array(known.nb_classes), steps, rows, features, weights, np.asarray(known.nb_pc, np.float32), same)


def measure(talk: Talk) -> Columns:
    """`und` where the text is too short, or is no language."""
    names, confidence = identify(sample(talk))
    agrees = (names == declared(talk)).set(names == "und", None)
    return {"language": names, "language_confidence": confidence, "language_as_declared": agrees}


def declared(talk: Talk) -> pl.Series:
    """Per row, the code of the language that its source declares."""
    said = talk.declared.unique().drop_nulls().to_list()
    return talk.declared.replace_strict({name: code(name) for name in said}, default=None, return_dtype=pl.String)


def identify(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Language and confidence of each text."""
    from ._bytes import classify
    from ._kernels import count

    known = model()
    text = buffers(texts)
    best, confidence = classify(*text, *known[1:])
    names = pl.Series(known.names[best])
    told = pl.Series(count(*text)[2] >= _FLOOR) & (names != "zxx")
    return names.set(~told, "und"), pl.Series(confidence).set(~told, None)


def sample(talk: Talk) -> pl.Series:
    """Per row, the text that tells its language."""
    from ._kernels import count

    said = beginning(talk, talk.once(answers), _ANSWER)
    asked = beginning(talk, np.flatnonzero(talk.role == USER), _PROMPT)
    enough = pl.Series(count(*buffers(said))[2] >= _ENOUGH)
    return pl.select(pl.when(enough).then(said).otherwise(said + "\n" + asked)).to_series()


def beginning(talk: Talk, turns: np.ndarray, most: int) -> pl.Series:
    """Per row, the first characters of the prose of the turns given."""
    prose = talk.once(fenced)[0].gather(turns).str.strip_chars_start().str.slice(0, 4 * most).str.replace_all(URL, " ")
    frame = pl.DataFrame({"row": talk.row[turns], "text": prose.str.slice(0, most)})
    joined = frame.group_by("row", maintain_order=True).agg(pl.col("text").str.join(" "))
    rows = pl.DataFrame({"row": np.arange(talk.rows)})
    return rows.join(joined, on="row", how="left", maintain_order="left")["text"].fill_null("").str.slice(0, most)
