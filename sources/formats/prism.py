"""PRISM conversations: at every turn one person rates the answers of several models and goes on with the one they chose.

Each turn's answers are one group, with what was said and chosen before as the context; the turns of a conversation are one
tree. `score` is the person's slider, 1 to 100, higher is better; ranks follow from it, and `path_rank` from the ranks of
the chosen answers. What the person said of the whole conversation stays in `extra`, with the answer's own fields as
`utterance`. The flag `no_choice` says that the person chose nothing at a turn and yet went on: what follows has no sure
context, gives no rows and stays in the last row's `extra` as `unreached`.
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import group, ranked_by, reply
from sources.turns import NoRow, Unreadable, extra, number, string

Turn = tuple[Message, list[dict[str, Any]]]
LONGEST = 100  # turns: each row repeats its whole path, so a longer talk would cost its square


def looks(value: Any) -> float:
    """Sure of a history whose answers have scores."""
    history = value.get("conversation_history") if isinstance(value, dict) else None
    if not isinstance(history, list) or not all(isinstance(item, dict) for item in history):
        return 0.0
    return float(any("if_chosen" in item or "score" in item for item in history))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an answer."""
    turns = _turns(value["conversation_history"])
    rest = {name: held for name, held in value.items() if name != "conversation_history"}
    found = list(talk(turns))
    if not found:
        raise NoRow("no_answer", "a conversation in which no model answered")
    left = [said for asked, items in turns[reached(turns) :] for said in (asked, *items)]
    for at, (row, item) in enumerate(found, 1):
        own = {name: held for name, held in item.items() if name not in ("role", "content", "model_name")}
        more = {"unreached": left} if left and at == len(found) else {}
        kept = extra({**rest, **more, "utterance": own}, ())
        yield {**row, "tree_id": str(value.get("conversation_id")), "extra": kept}


def chosen(items: list[dict[str, Any]]) -> int | None:
    """Which of the answers at a turn the person went on with."""
    return next((n for n, item in enumerate(items) if item.get("if_chosen") is True), None)


def reached(turns: list[Turn]) -> int:
    """How many turns have answers and a sure context."""
    last = next((n for n, (_, items) in enumerate(turns[:LONGEST]) if chosen(items) is None), None)
    return min(len(turns), LONGEST) if last is None else last + bool(turns[last][1])


def talk(turns: list[Turn]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows without tree and extra, each with its item, turn by turn along the chosen answers."""
    context: list[Message] = []
    worst = 0
    for at, (asked, items) in enumerate(turns[: reached(turns)]):
        context = [*context, asked]
        scores = [number(item.get("score")) for item in items]
        ranks, best = ranked_by(scores, []), chosen(items)
        lost = ["no_choice"] if best is None and at + 1 < len(turns) else []
        replies = [reply(item["content"]) for item in items]
        for row, item in zip(group(context, replies, ranks, scores), items, strict=True):
            named = {"model": string(item.get("model_name")), "raters": 1, "flags": [*row["flags"], *lost]}
            yield {**row, **named, "group_id": str(at), "path_rank": max(worst, row["rank"] or 0)}, item
        if best is not None:
            context, worst = [*context, *replies[best]], max(worst, ranks[best] or 0)


def _turns(history: list[dict[str, Any]]) -> list[Turn]:
    turns: list[Turn] = []
    for item in history:
        if not isinstance(item.get("content"), str):
            raise Unreadable("not_text", "an utterance is not text")
        if item.get("role") == "user":
            turns.append(({"role": "user", "content": item["content"]}, []))
        elif item.get("role") != "model":
            raise Unreadable("unknown_role", f"nobody knows the role {str(item.get('role'))[:60]!r}")
        elif not turns:
            raise NoRow("no_prompt", "a model speaks first")
        else:
            turns[-1][1].append(item)
    return turns
