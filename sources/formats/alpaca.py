"""Alpaca triples: instruction, input and output or response; with history, system, a thumb, or answers in order of merit."""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.turns import NoRow, Unreadable, common, extra, string

_NO_INPUT = {"", "<noinput>", "noinput"}


def looks(value: Any) -> float:
    """Sure of an instruction with an answer; less so without an input."""
    if not isinstance(value, dict) or "instruction" not in value or "chosen" in value:
        return 0.0
    answer = value.get("output", value.get("response"))
    return (1.0 if "input" in value else 0.9) if isinstance(answer, str | list) else 0.0


def context(value: dict[str, Any]) -> list[Message]:
    """The messages before the answer: system, history, and the instruction with its input."""
    messages: list[Message] = []
    if string(value.get("system")):
        messages.append({"role": "system", "content": value["system"]})
    for pair in value.get("history") or ():
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            raise Unreadable("unknown_shape", "a history is a list of pairs of texts")
        messages += [{"role": "user", "content": pair[0]}, {"role": "assistant", "content": pair[1]}]
    parts = [value.get("instruction") or "", value.get("input") or ""]
    if not all(isinstance(part, str) for part in parts):
        raise Unreadable("not_text", "instruction and input are not both text")
    prompt = parts[0] if parts[1].strip().lower() in _NO_INPUT else parts[1] if not parts[0] else "\n\n".join(parts)
    return [*messages, {"role": "user", "content": prompt}]


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row, or one a ranked answer."""
    before = context(value)
    answer = value.get("response") if isinstance(value.get("response"), str) else value.get("output")
    answers = answer if isinstance(answer, list) else [answer]
    if not all(isinstance(text, str) for text in answers):
        raise Unreadable("not_text", "the answer is not text")
    if not answers or not (before[-1]["content"].strip() or any(text.strip() for text in answers)):
        raise NoRow("empty", "neither an instruction nor an answer")
    row, used = common(value)
    row["extra"] = extra(value, used | taken(value) | _answers(value))
    for rank, text in enumerate(answers):
        place = rank if isinstance(answer, list) else None
        yield {**row, "messages": [*before, {"role": "assistant", "content": text}], "rank": place}


def taken(value: dict[str, Any]) -> set[str]:
    """The names that `context` reads."""
    return {"instruction", "input", "history", *(["system"] if isinstance(value.get("system"), str) else [])}


def _answers(value: dict[str, Any]) -> set[str]:
    """The names that hold the answer; a second answer that is another text stays in `extra`."""
    if not isinstance(value.get("response"), str):
        return {"output"}
    return {"output", "response"} if value.get("output") in (None, value["response"]) else {"response"}
