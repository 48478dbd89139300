"""What a web page leaves in an answer: tags and entities that no browser will read."""

import numpy as np
import polars as pl
import pyarrow as pa

from ._talk import USER, Columns, Talk, answers, on_answers
from .code import fenced

ROW = {
    "markup_left": (
        pa.int64(),
        "HTML tags and entities in the assistant's turns, outside code; 0 where the conversation is about markup or code",
    ),
}
TURN = {"markup_left": (pa.int64(), "HTML tags and entities outside code; NULL on turns that are not the assistant's")}

_NAMES = (
    "div|span|p|br|a|td|tr|th|table|tbody|thead|ul|ol|li|h[1-6]|strong|em|b|i|u|img|font|center|button|code|pre|"
    "hr|blockquote|"
    "label|section|article|iframe"
)
_TAG = rf"(?i)</?(?:{_NAMES})(?:\s+[\w:-]+\s*=[^<>]*)?\s*/?>"
_ENTITY = r"&(?:nbsp|lt|gt|amp|quot|apos|[mn]dash|hellip|[lr][sd]quo|bull|middot|copy|#\d{2,5}|#x[0-9a-fA-F]{2,5});"
_CODE = r"`[^`\n]+`|(?m:^[ \t]*\|.*$)"  # code within a line; a Markdown table, where <br> is the only line break
_ABOUT = (
    r"(?i)html|\btags?\b|mark ?up|web ?(?:pages?|sites?|crawl|scrap)|\bcss\b|script|xml|svg|\bcode\b|jquery|react|angular|"
    r"\bvue\b|button|php|hyperlink|"
    r"\bforms?\b|</?\w|\bfonts?\b|\bbold\b|italic|typograph|underlin|highlight|backg?round|web app|\bembed|template|"
    r"代码|网页|标签"
)
_SOURCE = (
    r"(?i)<!doctype|<html|<head\b|<script|<style|\bhtml\b|=\s*[\"'`]<|[\"'`]\s*<\w"  # an answer that shows or speaks of source
)


def by_turn(talk: Talk) -> Columns:
    """Tags and entities of each turn of the assistant."""
    turns = talk.once(answers)
    prose, told = talk.once(fenced)[0].gather(turns), talk.content.gather(turns)
    some = (prose.str.contains(_TAG) | prose.str.contains(_ENTITY)) & ~told.str.contains(_SOURCE)
    some &= pl.Series(~np.isin(talk.row[turns], _about(talk, talk.row[turns[some.arg_true().to_numpy()]])))
    plain = prose.filter(some).str.replace_all(_CODE, " ")
    counts = plain.str.count_matches(_TAG) + plain.str.count_matches(_ENTITY)
    return {"markup_left": on_answers(talk, pl.zeros(len(turns), dtype=pl.UInt32, eager=True).scatter(some.arg_true(), counts))}


def measure(talk: Talk) -> Columns:
    """Sum over the assistant's turns."""
    return {"markup_left": talk.sum(talk.once(by_turn)["markup_left"])}


def _about(talk: Talk, rows: np.ndarray) -> np.ndarray:
    """Those of the rows in which the user speaks of markup or code."""
    asked = np.flatnonzero((talk.role == USER) & np.isin(talk.row, rows))
    return talk.row[asked[talk.content.gather(asked).str.contains(_ABOUT).to_numpy()]]
