"""PRISM conversations: at every turn one person rates the answers of several models and goes on with the one they chose.

Each turn's answers are one group, with what was said and chosen before as the context; the turns of a conversation are one
tree. `score` is the person's slider, 1 to 100, higher is better; ranks follow from it, and `path_rank` from the ranks of
the chosen answers. What the person said of the whole conversation stays in `extra`, with the answer's own fields as
`utterance`. The flag `no_choice` says that the person chose nothing at a turn: what follows has no sure context and gives
no rows.
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources.answers import group, ranked_by, reply
from sources.turns import NoRow, Unreadable, extra, number, string

Turn = tuple[Message, list[dict[str, Any]]]


def looks(value: Any) -> float:
    """Sure of a history whose answers have scores."""
    history = value.get("conversation_history") if isinstance(value, dict) else None
    if not isinstance(history, list) or not all(isinstance(item, dict) for item in history):
        return 0.0
    return float(any("if_chosen" in item or "score" in item for item in history))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an answer."""
    rest = {name: held for name, held in value.items() if name != "conversation_history"}
    found = False
    for row, item in talk(_turns(value["conversation_history"])):
        found = True
        own = {name: held for name, held in item.items() if name not in ("role", "content", "model_name")}
        yield {**row, "tree_id": str(value.get("conversation_id")), "extra": extra({**rest, "utterance": own}, ())}
    if not found:
        raise NoRow("no_answer", "a conversation in which no model answered")


def talk(turns: list[Turn]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows without tree and extra, each with its item, turn by turn along the chosen answers."""
    context: list[Message] = []
    worst = 0
    for at, (asked, items) in enumerate(turns):
        context = [*context, asked]
        scores = [number(item.get("score")) for item in items]
        ranks = ranked_by(scores, [])
        chosen = next((n for n, item in enumerate(items) if item.get("if_chosen") is True), None)
        lost = ["no_choice"] if chosen is None else []
        replies = [reply(item["content"]) for item in items]
        for row, item in zip(group(context, replies, ranks, scores), items, strict=True):
            named = {"model": string(item.get("model_name")), "raters": 1, "flags": [*row["flags"], *lost]}
            yield {**row, **named, "group_id": str(at), "path_rank": max(worst, row["rank"] or 0)}, item
        if chosen is None:
            return
        context, worst = [*context, *replies[chosen]], max(worst, ranks[chosen] or 0)


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
