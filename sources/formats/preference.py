"""Pairs and thumbs in the shapes of TRL, LLaMA-Factory and OpenAI: a context, chosen and rejected; prompt, completion and label.

Also tulu-3, ultrafeedback_binarized, orca_dpo, MedicalGPT and Argilla's names. `score` is each side's own, higher is better.
The names of the sides rank them: a `winner` that names the other one, or a tie, is the flag `verdict_against_rank`.
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import asked, group, is_transcript, part, reply, transcript
from sources.formats import alpaca
from sources.turns import Unreadable, as_json, common, extra, is_thread, is_turn, leftovers, number, string, thread

_SIDES = (
    ("chosen", "rejected"),
    ("chosen_messages", "rejected_messages"),
    ("preferred_output", "non_preferred_output"),
    ("preferred_completion", "non_preferred_completion"),
    ("response_chosen", "response_rejected"),
    ("chosen_response", "rejected_response"),
)
_CONTEXTS = ("prompt", "conversations", "conversation", "question", "input", "history", "messages")
_SCORES = ("score_{}", "{}_score", "{}_rating", "{}-rating", "{}_avg_rating", "{}_reward")
_VERDICTS = ("winner", "preferred", "better", "preference", "verdict", "label")
_MODELS = ("{}_model", "{}-model", "model_{}")


def looks(value: Any) -> float:
    """Sure of two sides with a context of their own or before them, or of a completion with a thumb."""
    if not isinstance(value, dict):
        return 0.0
    if "completion" in value and "prompt" in value:
        return 1.0 if isinstance(value.get("label"), bool) else 0.9
    names = _sides(value)
    if names is None:
        return 0.0
    sides = [value[name] for name in names]
    if not all(isinstance(side, str) or is_turn(side) or is_thread(side) for side in sides):
        return 0.3
    return 0.95 if all(map(is_thread, sides)) or _context(value, names) is not None else 0.3


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group; or one row, with its thumb where there is one."""
    names = _sides(value)
    yield from _thumb(value) if names is None else _pair(value, names)


def _sides(value: dict[str, Any]) -> tuple[str, str] | None:
    return next((names for names in _SIDES if names[0] in value and names[1] in value), None)


def _context(value: dict[str, Any], names: tuple[str, str]) -> str | None:
    if "instruction" in value:
        return "instruction"
    return next((key for key in _CONTEXTS if value.get(key) and key not in names), None)


def _before(value: dict[str, Any], key: str | None) -> list[Message]:
    """The context that the record names."""
    if key is None:
        return []
    held = value[key]
    if key == "instruction":
        return alpaca.context(value)
    if key == "question" and isinstance(held, str):
        return alpaca.context({"instruction": held, "history": value.get("history"), "system": value.get("system")})
    system: list[Message] = [{"role": "system", "content": value["system"]}] if string(value.get("system")) else []
    return system + asked(held["messages"] if isinstance(held, dict) and "messages" in held else held)


def _read(value: dict[str, Any], key: str | None) -> set[str]:
    """The names that the context was read from."""
    if key == "instruction":
        return alpaca.taken(value)
    history = {"history"} if key == "question" and isinstance(value[key], str) else set()
    return {*history, *([key] if key else []), *(["system"] if key and isinstance(value.get("system"), str) else [])}


def _whole(sides: list[Any]) -> list[list[Message]] | None:
    """Both sides as threads, where each holds its own context."""
    if all(map(is_transcript, sides)):
        return [transcript(side) for side in sides]
    threads = [thread(side) for side in sides] if all(map(is_thread, sides)) else []
    return threads if threads and threads[0][0]["role"] in ("system", "user") else None


def _pair(value: dict[str, Any], names: tuple[str, str]) -> Iterator[dict[str, Any]]:
    key, sides = _context(value, names), [value[name] for name in names]
    row, used = common(value)
    if threads := _whole(sides):
        context, *replies = part(*threads)
        used |= _read(value, key) if _repeats(value, key, context) else set()
    elif key is None:
        raise Unreadable("unknown_shape", f"{names[0]} and {names[1]} are given, but nothing that they answer")
    else:
        before = _before(value, key)
        context, *replies = part([*before, *reply(sides[0])], [*before, *reply(sides[1])])
        used |= _read(value, key)
    if isinstance(value.get("input"), dict) and value["input"].get("tools"):
        row["tools"] = as_json(value["input"]["tools"])
    scores = [number(_own(value, _SCORES, side)) for side in ("chosen", "rejected")]
    models = [string(_own(value, _MODELS, side)) or row.get("model") for side in ("chosen", "rejected")]
    if row.pop("label", None) is not None:  # a thumb is one answer's
        used -= {"label", "kto_tag", "tag"}
    rest, denied = _rest(value, used, names), _denied(value, names, models)
    for pair, model in zip(group(context, replies, [0, 1], scores), models, strict=True):
        yield {**row, **pair, "model": model, "flags": [*pair["flags"], *denied], "extra": rest}


def _denied(value: dict[str, Any], names: tuple[str, str], models: list[str | None]) -> list[str]:
    """The flag of a verdict that names the worse side, or none."""
    better, worse = (
        {called.lower() for called in own if called} for own in zip(("chosen", "rejected"), names, models, strict=True)
    )
    told = {held.strip().lower() for name in _VERDICTS if isinstance(held := value.get(name), str)}
    return [] if told.isdisjoint({*worse, "tie"} - better) else ["verdict_against_rank"]


def _repeats(value: dict[str, Any], key: str | None, context: list[Message]) -> bool:
    """Whether the context beside two whole threads says nothing that they do not say."""
    if key is None or not isinstance(value[key], str | list):
        return False
    said = {turn["content"].strip() for turn in context}
    return all(turn["content"].strip() in said for turn in _before(value, key))


def _own(value: dict[str, Any], forms: tuple[str, ...], side: str) -> Any:
    """What the record, or its metadata, says of one side."""
    metadata = value["metadata"] if isinstance(value.get("metadata"), dict) else {}
    return next((place[name] for form in forms for place in (value, metadata) if (name := form.format(side)) in place), None)


def _rest(value: dict[str, Any], used: set[str], names: tuple[str, str]) -> str | None:
    """The other fields, and what turns and the input say beside their messages."""
    left = {key: held for key, held in value.items() if key not in {*used, *names}}
    if left.get("messages") == value[names[0]]:
        del left["messages"]
    if "input" in used and isinstance(value.get("input"), dict) and (beside := _beside_messages(value["input"])):
        left["input"] = beside
    told = {name: value[name] for name in sorted({*names, *used}) if isinstance(value.get(name), list) and is_thread(value[name])}
    left |= {name: more for name, turns in told.items() if (more := leftovers(turns))}
    return extra(left, ())


def _beside_messages(asked: dict[str, Any]) -> dict[str, Any]:
    """What an input says beside its messages and tools, and its turns beside theirs."""
    left = {key: held for key, held in asked.items() if key not in ("messages", "tools")}
    more = leftovers(asked["messages"]) if is_thread(asked.get("messages")) else None
    return {**left, "messages": more} if more else left


def _thumb(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    row, used = common(value)
    rest = extra(value, {*used, "completion", *_read(value, "prompt")})
    yield {**row, "messages": [*_before(value, "prompt"), *reply(value["completion"])], "extra": rest}
