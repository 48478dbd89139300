"""SillyTavern's logs: one file is one chat, a line a message with a name, after a header line. One row a chat.

The person is the user, every character an assistant, by name; a model is told where only one wrote. Answers that were swiped
away stay in `extra` under `swipes`, what else the lines hold under `turns`, by the place of their turn. Messages of the program
itself (`is_system`) are not part of the chat.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from schemas.rows import Message
from sources.turns import NoRow, Unreadable, string

_READ = {"mes", "is_user", "is_system", "name", "swipes", "extra"}


def looks(value: Any) -> float:
    """Sure of a message with `mes` and `is_user`, or of a header with both names."""
    if not isinstance(value, dict):
        return 0.0
    if "mes" in value and "is_user" in value:
        return 1.0
    return 0.9 if "user_name" in value and ("character_name" in value or "chat_metadata" in value) else 0.0


def gather(values: Iterable[tuple[int, Any]]) -> Iterator[tuple[list[int], dict[str, Any] | Unreadable]]:
    """The chat with the numbers of its lines; a further header begins a further chat."""
    lines: list[tuple[int, dict[str, Any]]] = []
    for number, value in values:
        if "mes" not in value and lines:
            yield from _chat(lines)
            lines = []
        lines.append((number, value))
    if lines:
        yield from _chat(lines)


def _chat(lines: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[list[int], dict[str, Any] | Unreadable]]:
    messages: list[Message] = []
    numbers: list[int] = []
    swipes: dict[str, Any] = {}
    turns: dict[str, Any] = {}
    header: dict[str, Any] = {}
    for number, line in lines:
        if "mes" not in line:
            header, numbers = line, [number]
        elif line.get("is_system") is True:
            yield [number], NoRow("not_a_message", "a message of the program")
        elif not isinstance(line["mes"], str):
            yield [number], Unreadable("not_text", "the message is not text")
        else:
            held = line.get("swipes")
            others = [text for text in held if isinstance(text, str) and text != line["mes"]] if isinstance(held, list) else []
            swipes |= {str(len(messages)): others} if others else {}
            message, rest = _message(line)
            turns |= {str(len(messages)): rest} if rest else {}
            messages.append(message)
            numbers.append(number)
    if not any(message["content"].strip() or message.get("reasoning") for message in messages):
        yield from (([number], NoRow("empty", "no message holds any text")) for number in numbers)
        return
    models = {model for rest in turns.values() if (model := _model(rest))}
    beside = {name: held for name, held in (("swipes", swipes), ("turns", turns)) if held}
    row = {"messages": messages, "model": models.pop() if len(models) == 1 else None}
    yield numbers, {**row, "extra": orjson.dumps({**header, **beside}).decode()}


def _message(line: dict[str, Any]) -> tuple[Message, dict[str, Any]]:
    """A line's message, and what else the line holds; what the program notes of it is in its `extra`."""
    noted = line.get("extra")
    reasoning = string(noted.get("reasoning")) if isinstance(noted, dict) else None
    if isinstance(noted, dict) and reasoning is not None:
        noted = {name: held for name, held in noted.items() if name != "reasoning"}
    rest = {name: held for name, held in line.items() if name not in _READ}
    role = "user" if line.get("is_user") is True else "assistant"
    message: Message = {"role": role, "content": line["mes"], "name": string(line.get("name")), "reasoning": reasoning or None}
    return message, {**rest, **({"extra": noted} if noted else {})}


def _model(rest: dict[str, Any]) -> str | None:
    noted = rest.get("extra")
    return string(noted.get("model")) if isinstance(noted, dict) else None
