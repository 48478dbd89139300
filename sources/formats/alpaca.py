"""Alpaca triples: instruction, input and output or response; with history, system, a thumb, or answers in order of merit."""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.turns import NoRow, Unreadable, extra, string

_USED = {"instruction", "input", "output", "response", "history", "system", "tag", "generator", "label", "kto_tag"}
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
    label = value.get("tag", value.get("kto_tag", value.get("label")))
    fields = {
        "model": string(value.get("generator")),
        "label": label if isinstance(label, bool) else None,
        "extra": extra(value, _used(value, label)),
    }
    for rank, text in enumerate(answers):
        yield {
            "messages": [*before, {"role": "assistant", "content": text}],
            "rank": rank if isinstance(answer, list) else None,
            **fields,
        }


def _used(value: dict[str, Any], label: Any) -> set[str]:
    """A second answer beside the one taken, and a label that is no thumb, stay in `extra`."""
    unused = set() if isinstance(label, bool) else {"tag", "kto_tag", "label"}
    if isinstance(value.get("response"), str) and value.get("output") not in (None, value["response"]):
        unused.add("output")
    return _USED - unused
