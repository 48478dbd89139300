"""MT-bench judgments: battles over two fixed questions. `turn` tells which answers were judged: the first or the second.

For the first the context is the first question, and the later turns stay in `extra`. For the second the contexts differ by
the models' first answers: two rows without a group, flag `contexts_differ`. `raters` is 1 where a person judged.
"""

from collections.abc import Iterator
from typing import Any

from sources.formats import arena
from sources.turns import thread

_NOT_HERE = {"anony", "tstamp", "timestamp", "language", "category_tag", "conv_metadata", "full_conversation"}


def looks(value: Any) -> float:
    """Sure of a battle with a numbered question and the turn that was judged, and without the arena's marks."""
    if not arena.is_battle(value) or "turn" not in value or not value.keys().isdisjoint(_NOT_HERE):
        return 0.0
    return 1.0 if isinstance(value.get("question_id"), int) else 0.6


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows, each up to the answer that was judged."""
    mended: set[str] = set()
    judged = [_up_to(turns, value["turn"]) for turns in arena.talks(value, mended)]
    later = {name: after for name, (_, after) in zip(("later_a", "later_b"), judged, strict=True) if after}
    people = None if "gpt" in str(value.get("judge")) else 1
    heard = [turns for turns, _ in judged]
    own = {"raters": people, "flags": sorted(mended), "extra": arena.rest({**value, **later}, set(), heard)}
    yield from arena.verdict(value, [thread(turns) for turns in heard], own)


def _up_to(turns: list[Any], number: Any) -> tuple[list[Any], list[Any]]:
    """The turns to the numbered answer, and the turns after it."""
    answers = [at for at, turn in enumerate(turns) if isinstance(turn, dict) and turn.get("role") == "assistant"]
    end = answers[number - 1] + 1 if isinstance(number, int) and 0 < number <= len(answers) else len(turns)
    return turns[:end], turns[end:]
