"""Alpaca triples: instruction (or prompt), input, and output or response; with history, system, a thumb, or ranked answers.

Several answers are in order of merit, best first. A number or a truth value as an answer is read as its JSON text. An `answer`
beside an output is the checkable truth. A `text` or `prompt` that only repeats the record in Alpaca's template is not kept.
"""

import re
from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import group
from sources.exchanges import exchange, question, text
from sources.turns import NoRow, Unreadable, common, extra, is_thread, string, thread

_TRIPLE = {"instruction", "input", "output"}
_ANSWERS = ("response", "output", "answer", "completion")
_OTHERS = {"chosen", "rejected", "instances", "definition", "output_1", "completions"}
_MAGPIE = {"gen_input_configs", "gen_input_config", "instruct_reward", "input_quality"}
_THREADS = ("conversations", "conversation", "messages")
_HEADS = re.compile(r"### (?:Instruction|Input|Response|Output):")


def looks(value: Any) -> float:
    """Sure of an instruction with an answer; less so without an input, or where another format's marks stand beside them."""
    if not isinstance(value, dict) or not _OTHERS.isdisjoint(value):
        return 0.0
    if "instruction" not in value:
        return 0.7 * (isinstance(value.get("prompt"), str) and ("output" in value or ("input" in value and "response" in value)))
    held = [value[key] for key in _ANSWERS if value.get(key) is not None]
    if not held:
        return 0.5 * ("output" in value or "response" in value)
    if isinstance(held[0], dict) or _of_another(value):
        return 0.4
    return 1.0 if "input" in value else 0.9


def _of_another(value: dict[str, Any]) -> bool:
    dolly = "context" in value and "input" not in value
    return dolly or "generator" in value or not _MAGPIE.isdisjoint(value) or any(is_thread(value.get(key)) for key in _THREADS)


def context(value: dict[str, Any]) -> list[Message]:
    """The messages before the answer: system, history, and the instruction with its input."""
    system = string(value.get("system")) or string(value.get("system_prompt"))
    messages: list[Message] = [{"role": "system", "content": system}] if system else []
    asked = question(value.get("instruction"), value.get("input"))
    return [*messages, *_history(value.get("history")), {"role": "user", "content": asked}]


def _history(held: Any) -> Iterator[Message]:
    if is_thread(held):
        yield from thread(held)
        return
    for pair in held or ():
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(said, str) for said in pair):
            raise Unreadable("unknown_shape", "a history is a list of pairs of texts")
        yield {"role": "user", "content": pair[0]}
        yield {"role": "assistant", "content": pair[1]}


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row, or one a ranked answer."""
    if value.keys() == _TRIPLE and isinstance(value["output"], str):  # nearly all there are, and twice as fast
        yield exchange(question(value["instruction"], value["input"]), value["output"])
        return
    if "instruction" not in value and "prompt" in value:
        value = {"instruction" if key == "prompt" else key: held for key, held in value.items()}
    *before, ask = context(value)
    name = _first(value)
    if name is None and any(value.get(key) == [] for key in _ANSWERS):
        raise NoRow("no_answer", "a list of answers that is empty")
    held = value[name] if name else next((value[key] for key in _ANSWERS if value.get(key) is not None), None)
    answers = held if isinstance(held, list) else [held]
    if None in answers and isinstance(held, list):
        raise Unreadable("not_text", "an answer is null")
    talks = [exchange(ask["content"], answer) for answer in answers]
    row, used = common(value)
    if name not in (None, "answer") and isinstance(value.get("answer"), str | int | float):
        row["answer"] = text(value["answer"])
        used.add("answer")
    used |= taken(value) | {key for key in _ANSWERS if key in value and (key == name or value[key] in (None, held))}
    row["extra"] = extra(value, used | {key for key in ("text", "prompt") if _repeats(value.get(key), value, answers)})
    if isinstance(held, list):
        replies = [talk["messages"][-1:] for talk in talks]
        yield from ({**row, **answer} for answer in group([*before, ask], replies, list(range(len(replies)))))
        return
    yield {**row, **talks[0], "messages": [*before, *talks[0]["messages"]]}


def _first(value: dict[str, Any]) -> str | None:
    """The name of the first answer that says anything, be it the number 0."""
    return next((key for key in _ANSWERS if value.get(key) not in (None, "", [])), None)


def _repeats(told: Any, value: dict[str, Any], answers: list[Any]) -> bool:
    """Whether a text is Alpaca's template filled with this very record, with its answer or without."""
    if not isinstance(told, str) or "### Instruction:" not in told:
        return False
    words = _HEADS.sub(" ", told.partition("### Instruction:")[2]).split()
    asked = question(value.get("instruction"), value.get("input"))
    return words in (asked.split(), f"{asked} {text(answers[0])}".split())


def taken(value: dict[str, Any]) -> set[str]:
    """The names that `context` reads."""
    system = next((key for key in ("system", "system_prompt") if string(value.get(key))), None)
    empty = {key for key in ("system", "system_prompt") if value.get(key) == ""}
    return {"instruction", "input", "history", *empty, *([system] if system else [])}
