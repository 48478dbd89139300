"""Talks filled into a model's chat template, one text under `text`: ChatML, Llama 2 and 3, Zephyr, Gemma, Guanaco, Alpaca.

A mark counts only where its template puts it, first of all or behind the end of a turn; elsewhere it is what somebody said.
(Guanaco's alone follow the words directly.) Words before the first mark are the system's, but for Alpaca's own preamble.
"""

import re
from collections.abc import Iterator
from typing import Any

from sources.exchanges import question
from sources.turns import NoRow, common, extra, thread

_ENDS = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<end_of_turn>",
    "</s>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<eos>",
)
_END = "(?:" + "|".join(map(re.escape, _ENDS)) + ")"
_BEGUN = r"\s*(?:(?:<s>|<bos>|<\|begin_of_text\|>|<\|endoftext\|>)\s*){0,2}"
_HEADS = (
    r"<\|im_start\|>\s*(\w+)",
    r"<\|start_header_id\|>\s*(\w+)\s*<\|end_header_id\|>",
    r"<start_of_turn>\s*(\w+)",
)
_TEMPLATES = (
    *(re.compile(rf"(?:\A{_BEGUN}|(?:{_END}\s*){{1,3}}){head}") for head in _HEADS),
    re.compile(rf"(?:\A{_BEGUN}|(?:{_END}\s*){{1,3}}|\n)<\|(system|user|assistant)\|>"),
)
_LLAMA_2 = re.compile(rf"(?:\A{_BEGUN}|</s>\s*(?:<s>\s*)?)\[INST\]")
_SYSTEM = re.compile(r"\s*<<SYS>>(.*?)<</SYS>>", re.DOTALL)
_GUANACO_BEGUN = re.compile(r"(?:[^\n]*+\n++)?### (?:Human|System):")
_GUANACO = re.compile(r"### (Human|Assistant|System):")
_ALPACA_BEGUN = re.compile(r"(?:[^\n]*+\n++){0,3}?### Instruction:")
_ALPACA = re.compile(r"^### (Instruction|Input|Response):", re.MULTILINE)
_SPEAKERS = {"Instruction": "user", "Input": "user", "Response": "assistant"}
_PREAMBLE = re.compile(
    r"Below is an instruction that describes a task(?:, paired with an input that provides further context)?\. "
    r"Write a response that appropriately completes the request\."
)
_OTHERS = {"instruction", "messages", "conversations", "conversation", "prompt", "chosen", "rejected", "output", "response"}
_OTHERS |= {"completion", "question", "answer", "role", "input", "query"}


def looks(value: Any) -> float:
    """Sure of a text that a template begins, where no other field holds what was said."""
    text = value.get("text") if isinstance(value, dict) and _OTHERS.isdisjoint(value) else None
    return float(isinstance(text, str) and _pattern(text) is not None)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    text, (row, used) = value["text"], common(value)
    pattern = _pattern(text)
    if pattern is None:
        raise NoRow("no_conversation", "no chat template begins the text")
    turns = [{"role": role, "content": said} for role, said in _turns(pattern, text) if said or role != "system"]
    if len(turns) > 1 and not turns[-1]["content"]:
        turns.pop()  # a template that waits for an answer
    yield {**row, "messages": thread(turns), "extra": extra(value, {*used, "text"})}


def _pattern(text: str) -> re.Pattern[str] | None:
    """What finds the turns of a text; None where no template begins it."""
    if begun := next((pattern for pattern in (*_TEMPLATES, _LLAMA_2) if pattern.match(text)), None):
        return begun
    if _GUANACO_BEGUN.match(text) and "### Assistant:" in text:
        return _GUANACO
    return _ALPACA if _ALPACA_BEGUN.match(text) and "\n### Response:" in text else None


def _turns(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """Who speaks and what is said, from the first turn on."""
    if pattern is _LLAMA_2:
        yield from _exchanges(pattern.split(_closed(text))[1:])
        return
    before, *parts = pattern.split(_closed(text))
    yield "system", _PREAMBLE.sub("", before.strip(), count=1).strip()
    marks, said = parts[::2], [part.strip() for part in parts[1::2]]
    for at, mark in enumerate(marks):
        if mark == "Instruction" and marks[at + 1 : at + 2] == ["Input"]:
            said[at + 1] = question(said[at], said[at + 1])
        else:
            yield _SPEAKERS.get(mark, mark), said[at]


def _exchanges(parts: list[str]) -> Iterator[tuple[str, str]]:
    """Llama 2's turns, two to a part; the system's text stands within the first question."""
    for part in parts:
        asked, _, said = part.partition("[/INST]")
        if told := _SYSTEM.match(asked):
            yield "system", told[1].strip()
        yield "user", asked[told.end() if told else 0 :].strip()
        yield "assistant", said.strip()


def _closed(text: str) -> str:
    """The text without the marks of its end."""
    for _ in range(3):
        text = text.rstrip()
        text = next((text.removesuffix(end) for end in _ENDS if text.endswith(end)), text)
    return text
