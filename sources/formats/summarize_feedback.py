"""OpenAI's summarize_from_feedback: comparisons of two summaries, and single summaries rated from 1 to 7 on four axes.

The question is written as the authors gave it to their models. `choice` 0 or 1 names the better summary; `score` is the axis
`overall`, all axes are in `scores`. `model` is the policy; `ref` is the human author.
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.turns import Unreadable, extra, number, string
from sources.votes import told, vote

_POST, _ARTICLE = "SUBREDDIT: r/{}\n\nTITLE: {}\n\nPOST: {}\n\nTL;DR:", "Article:\n\n{}\n\nTL;DR:"
_LEANS = {0.0: 1.0, 1.0: -1.0}


def looks(value: Any) -> float:
    """Sure of a post or article with two summaries and a choice, or with one summary and its axes."""
    if not isinstance(value, dict) or not isinstance(value.get("info"), dict):
        return 0.0
    summaries, one = value.get("summaries"), value.get("summary")
    if isinstance(summaries, list) and len(summaries) == 2 and "choice" in value:
        return float(all(isinstance(summary, dict) and "text" in summary for summary in summaries))
    return float(isinstance(one, dict) and "text" in one and "axes" in one)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group, or one row with its ratings; one person judged."""
    context, info = _asked(value["info"])
    rest = {**value, **({"info": info} if info else {})}
    used = {"summaries", "summary", *(() if info else ("info",))}
    if "summaries" not in value:
        one = value["summary"]
        read = {str(name): held for name, axis in (one.get("axes") or {}).items() if (held := number(axis)) is not None}
        reply: Message = {"role": "assistant", "content": _text(one)}
        row = {"messages": [*context, reply], "score": read.get("overall"), "scores": read or None}
        yield _whole(row, one, rest, used)
        return
    lean = told(value["choice"], _LEANS)
    summaries = value["summaries"]
    for row, one in zip(vote(context, [_text(one) for one in summaries], lean), summaries, strict=True):
        yield _whole(row, one, rest, used)


def _asked(info: dict[str, Any]) -> tuple[list[Message], dict[str, Any]]:
    """The question, and what of `info` it does not say."""
    names = ("article",) if string(info.get("article")) else ("subreddit", "title", "post")
    if not isinstance(info.get(names[-1]), str):
        raise Unreadable("not_text", "neither a post nor an article")
    form = _POST if len(names) > 1 else _ARTICLE
    question = form.format(*(info.get(name) or "" for name in names))
    return [{"role": "user", "content": question}], {
        key: held for key, held in info.items() if key not in names and held is not None
    }


def _text(summary: dict[str, Any]) -> str:
    if not isinstance(summary.get("text"), str):
        raise Unreadable("not_text", "a summary is not text")
    return summary["text"]


def _whole(row: dict[str, Any], summary: dict[str, Any], rest: dict[str, Any], used: set[str]) -> dict[str, Any]:
    left = {key: held for key, held in summary.items() if key != "text"}
    return {**row, "model": string(summary.get("policy")), "raters": 1, "extra": extra({**rest, "of_summary": left}, used)}
