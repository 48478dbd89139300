"""How much Markdown dresses an answer: what readers prefer besides length (Chatbot Arena's style control, Li et al. 2024)."""

import polars as pl
import pyarrow as pa

from ._talk import Columns, Talk, last_answer
from .code import fenced

ROW = {
    "markdown_marks": (pa.int64(), "headings, list items and bold spans of Markdown in the assistant's last turn, outside code")
}

_HEADING = r"(?m)^ {0,3}#{1,6}[ \t]"
_ITEM = r"(?m)^[ \t]*(?:[-*+\u2022]|\d{1,9}[.)])[ \t]+\S"
_BOLD = r"\*\*[^\s*](?:[^*\n]{0,300}[^\s*])?\*\*|__[^\s_](?:[^_\n]{0,300}[^\s_])?__"


def measure(talk: Talk) -> Columns:
    """NULL where the assistant says nothing."""
    told = talk.pick(talk.once(fenced)[0], talk.once(last_answer))
    headings, items, bold = (told.str.count_matches(mark).cast(pl.Int64) for mark in (_HEADING, _ITEM, _BOLD))
    return {"markdown_marks": headings + items + bold}
