"""Answers that stop before they are done.

Built to be right when it speaks: many sound answers end without a full stop (lists, code, addresses, verses, tables,
a hurried writer), so an answer counts as cut off only where a fence stays open, its last word cannot end a sentence,
or its last paragraph stops in mid-air although every other one is closed.
"""

import re

import numpy as np
import polars as pl
import pyarrow as pa

from ._talk import Columns, Talk, last_answer
from .code import fenced

ROW = {
    "truncated": (
        pa.bool_(),
        "the assistant's last turn is cut off: an open fence, an impossible last word, or a lone open paragraph",
    )
}

_CLOSED = r"(?<!\d)[.!?:…。！？：؟۔।~]"
_TAIL = r"[\s*_\"'”’»」』）)\]]*$"
_ENDS = r"[.!?:…。！？：؟۔।~][\s*_\"'”’»」』）)\]]*$|[`|}>;\]\d]\s*$"  # closed, or code, a table, a number
_OPEN = re.compile(r"(?:[^\W\d_\uff65-\uff9f]|[,，、(（])$")
_LOWER = re.compile(r"(?:^|[\W\d_])[^\W\d_A-ZÀ-ÞΑ-ΩА-Я][^\W\d_]*$")  # not a name, a signature, a sign-off
_NEVER = (
    r"the|an|and|or|nor|but|of|than|because|although|whether|if|as|by|your|their|its|my|our|which|whose|such|every|via|per|while|"
    r"e\.g|i\.e"
)
_HARDLY = (
    "to|with|from|for|into|onto|upon|at|is|are|was|were|be|been|has|have|who|these|including|when|where|could|should|would|"
    "may|might|"
    "will|can"
)
_MARKS = r"[\w)\"'”] ?[,(]$|[，、（]$"
_CLOSED_FENCE = r"[.!?。！？`~][\s*_]*$"  # a stray fence in a text that is done
_BROKEN = re.compile(rf"(?i)(?:^|\s)(?:{_NEVER}|{_HARDLY})$|{_MARKS}")
_BROKEN_ITEM = re.compile(rf"(?i)(?:^|\s)(?:{_NEVER})$")
_ITEM = re.compile(
    r"\s*(?:[-*•+–—>|#]|//|\(?\w{1,3}[.):、]|[^\W\d_][\w '’/-]{0,40}:)\s|\s*[|#]"
)  # or "Sleep: ...", a list by labels
_CODE = re.compile(r"[=;{}<>\\|@$~^]|\w\(|\w_\w|://|www\.|[#＃]\w")
_SENTENCE = re.compile(rf"{_CLOSED}(?:\s+(?=[^\Wa-z])|{_TAIL}|(?<=[。！？]))")
_WORDS, _PARAGRAPH, _LINE = 20, 8, 4  # fewer words than these say nothing of an answer, a paragraph, a last line
_CJK = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")


def measure(talk: Talk) -> Columns:
    """NULL where the assistant has no turn."""
    last = talk.once(last_answer)
    texts, opened = talk.pick(talk.content, last), talk.pick(talk.once(fenced)[1][1], last)
    suspects = (~texts.str.contains(_ENDS) & (texts.str.len_chars() >= 40)).fill_null(False).arg_true()
    cut = np.zeros(talk.rows, bool)
    cut[suspects] = [_cut(text) for text in texts.gather(suspects)]
    hanging = (opened > 0) & ~texts.str.contains(_CLOSED_FENCE)
    return {"truncated": pl.Series(cut) | hanging}


def _cut(text: str) -> bool:
    """A text that does not end as a sentence does: does it stop short?"""
    if _size(text) < _WORDS:
        return False
    lines = [line for line in text.splitlines() if line.strip()]
    last = lines[-1].strip()
    if _size(last) < _LINE or _CODE.search(last) or not _OPEN.search(last):
        return False
    if _ITEM.match(lines[-1]):
        return bool(_BROKEN_ITEM.search(last))
    return bool(_BROKEN.search(last)) or (_size(last) >= _PARAGRAPH and bool(_LOWER.search(last)) and _closes(lines[:-1], last))


def _closes(lines: list[str], last: str) -> bool:
    """Whether this writer closes sentences: every other paragraph is closed, and three sentences in all are."""
    paragraphs = [line for line in lines if _size(line) >= _PARAGRAPH and not _ITEM.match(line)]
    closed = all(re.search(_CLOSED + _TAIL, line) for line in paragraphs)
    return closed and sum(len(_SENTENCE.findall(text)) for text in [*paragraphs, last]) >= 3


def _size(text: str) -> int:
    """Words, two characters of a script without spaces counting as one."""
    return len(text.split()) + len(_CJK.findall(text)) // 2
