"""ShareGPT and its kin: a list of turns under `conversations`, `conversation`, `items` ..., or with nothing around it.

`score` is a judge's mark as the set's makers give it, higher is better (0 to 5 where Alpaca was rated). Scraped chats are often
middle chunks of longer ones: `faults` finds those that begin with an answer and those where one speaks twice in a row, `repair`
drops such a beginning.
"""

from collections.abc import Iterator
from itertools import dropwhile, pairwise
from operator import eq
from typing import Any

from sources.beside import COPIES, copies
from sources.plain import Plain
from sources.turns import COMMON, common, extra, is_thread, is_turn, number, role, speakers, string, thread

_KEYS = ("conversations", "conversation", "items", "dialogue", "dialog", "turns", "messages")
_OTHERS = ("chosen", "rejected", "openai_moderation", "toxic", "conversation_hash")  # marks of formats with more to read

_READ = {*_KEYS, *_OTHERS, *COPIES, *COMMON, "system", "score"}
PLAIN = Plain("conversations", frozenset(_READ - {"conversations"}), "starts_with_answer", "roles_repeat")


def looks(value: Any) -> float:
    """Sure of a list of turns under one of the names; a bare list is a little less telling."""
    if isinstance(value, list):
        return 0.9 if is_thread(value) else 0.0
    if not isinstance(value, dict) or any(name in value for name in _OTHERS):
        return 0.0
    key, turns = _turns(value)
    if key == "messages":
        return 0.0
    if turns == []:
        return 0.5
    weaker = "messages" in value or ("turn" in value and "model" in value)
    weaker = weaker or any(value.get(name) is not None for name in ("instruct_reward", "gen_input_configs"))  # Magpie's
    return (0.4 if weaker else 1.0) if is_thread(turns) else 0.0


def _turns(value: dict[str, Any]) -> tuple[str, Any]:
    """The name under which the turns are, and the turns: some dumps wrap them once more."""
    key = "conversations" if "conversations" in value else next((key for key in _KEYS if key in value), "conversations")
    held = value.get(key)
    inner = next((held[name] for name in _KEYS if isinstance(held.get(name), list)), held) if isinstance(held, dict) else held
    return key, inner


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    if isinstance(value, list):
        left = extra({}, (), turns=value, key="turns") if all(is_turn(turn) for turn in value) else None
        yield {"messages": thread(value), "extra": left}
        return
    key, turns = _turns(value)
    messages = thread(turns)
    row, used = common(value)
    value = _unwrapped(value, key, turns)
    system = value.get("system")
    read = {"system"} if system is None or isinstance(system, str) else set()
    rest = extra(value, {*used, key, *read, *copies(value, messages)}, turns=turns, key=key)
    if string(system):
        messages = [{"role": "system", "content": system}, *messages]
    yield {**row, "messages": messages, "score": number(value.get("score")), "extra": rest}


def _unwrapped(value: dict[str, Any], key: str, turns: Any) -> dict[str, Any]:
    """The record with what its inner object says beside the turns; of a name that both have, `key_name` is the inner's."""
    held = value[key]
    if not isinstance(held, dict):
        return value
    beside = {name: field for name, field in held.items() if field is not turns}
    return {**{f"{key}_{name}" if name in value else name: field for name, field in beside.items()}, **value}


def faults(value: Any) -> list[str]:
    """`starts_with_answer`: nobody asked the first answer. `roles_repeat`: one speaks twice in a row."""
    turns = value if isinstance(value, list) else _turns(value)[1] if isinstance(value, dict) else None
    if not isinstance(turns, list):
        return []
    roles = speakers(turns)
    first = next((at for at, who in enumerate(roles) if who != "system"), len(roles))
    found = ["starts_with_answer"] if roles[first : first + 1] == ["assistant"] else []
    return [*found, "roles_repeat"] if any(map(eq, roles, roles[1:])) and _repeats(turns[first:], roles[first:]) else found


def _repeats(turns: list[Any], roles: list[str | None]) -> bool:
    """Whether two turns side by side are one speaker's; a call of a tool beside an answer is no second answer."""
    spoken = [
        None if isinstance(turn, dict) and turn.get("from") == "function_call" else who
        for turn, who in zip(turns, roles, strict=True)
    ]
    return any(one == other and one in ("user", "assistant") for one, other in pairwise(spoken))


def _after_system(value: Any) -> list[Any]:
    """The turns without the system's at their beginning."""
    turns = value if isinstance(value, list) else _turns(value)[1] if isinstance(value, dict) else None
    return list(dropwhile(lambda turn: role(turn) == "system", turns)) if isinstance(turns, list) else []


def repair(value: Any) -> Any:
    """The record without the answers before its first question; nothing changes where nobody asks anything."""
    after = _after_system(value)
    roles = [role(turn) for turn in after]
    if roles[:1] != ["assistant"] or "user" not in roles:
        return value
    turns = value if isinstance(value, list) else _turns(value)[1]
    asked = roles.index("user")
    others = [turn for turn, speaker in zip(after[:asked], roles, strict=False) if speaker not in ("assistant", "tool")]
    kept = [*turns[: len(turns) - len(after)], *others, *after[asked:]]
    if isinstance(value, list):
        return kept
    key, _ = _turns(value)
    held = value[key]
    wrapped = {name: kept if field is turns else field for name, field in held.items()} if isinstance(held, dict) else kept
    return {**value, key: wrapped}
