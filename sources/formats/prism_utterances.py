"""PRISM utterances: one rated answer a record. A row needs the answers that were chosen at the turns before, as in `prism`."""

from collections.abc import Iterable, Iterator
from typing import Any

from sources.formats.prism import LONGEST, Turn, chosen, talk
from sources.turns import NoRow, Unreadable, extra

_MARKS = {"conversation_id", "turn", "user_prompt", "model_response"}
_USED = {"user_prompt", "model_response", "model_name"}


def looks(value: Any) -> float:
    """Sure of an answer with its prompt at a turn of a conversation."""
    if not isinstance(value, dict) or not value.keys() >= _MARKS or not isinstance(value["turn"], int):
        return 0.0
    return float(all(isinstance(value[name], str) for name in _MARKS - {"turn"}))


def gather(values: Iterable[tuple[int, Any]]) -> Iterator[tuple[list[int], dict[str, Any] | Unreadable]]:
    """Rows with the numbers of the chosen answers before them and their own; a record without a row, and why."""
    talks: dict[str, dict[int, Turn]] = {}
    for number, value in values:
        turns = talks.setdefault(value["conversation_id"], {})
        asked, items = turns.setdefault(value["turn"], ({"role": "user", "content": value["user_prompt"]}, []))
        if asked["content"] != value["user_prompt"]:
            yield [number], NoRow("contexts_differ", f"another prompt at turn {value['turn']} of the same conversation")
            continue
        fields = {name: value.get(name) for name in ("model_name", "score", "if_chosen")}
        items.append({**fields, "content": value["model_response"], "key": number, "extra": extra(value, _USED)})
    for name, turns in talks.items():
        yield from _rows(name, [turns[turn] for turn in sorted(turns)])


def _rows(name: str, order: list[Turn]) -> Iterator[tuple[list[int], dict[str, Any] | Unreadable]]:
    told: set[int] = set()
    why: Unreadable = NoRow("orphan", f"nobody chose an answer at a turn before it, or more than {LONGEST} turns lead to it")
    try:
        for row, item in talk(order):
            told.add(item["key"])
            numbers = [*_before(order, int(row["group_id"])), item["key"]]
            yield numbers, {**row, "tree_id": name, "group_id": f"{name}/{row['group_id']}", "extra": item["extra"]}
    except Unreadable as error:
        why = error
    yield from (([item["key"]], why) for _, items in order for item in items if item["key"] not in told)


def _before(order: list[Turn], at: int) -> list[int]:
    """The numbers of the answers chosen at the turns before."""
    return [items[n]["key"] for _, items in order[:at] if (n := chosen(items)) is not None]
