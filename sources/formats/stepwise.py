"""TRL's stepwise supervision: a prompt, the steps of one answer, and for each step whether it is right.

One row: the steps joined by a line break, as TRL's trainer joins them. `label` is up where every step is right and down
where one is wrong; `scores` holds the share of right steps as `steps_right`; `extra` the labels and the steps' lengths in
characters.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import asked
from sources.turns import NoRow, Unreadable, common, extra


def looks(value: Any) -> float:
    """Sure of as many labels as steps, all steps texts and all labels yes or no."""
    if not isinstance(value, dict) or "prompt" not in value:
        return 0.0
    steps, labels = value.get("completions"), value.get("labels")
    if not isinstance(steps, list) or not isinstance(labels, list) or len(steps) != len(labels) or not steps:
        return 0.0
    return float(all(isinstance(step, str) for step in steps) and all(label in (0, 1) for label in labels))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row a record."""
    steps, labels = value.get("completions"), value.get("labels")
    if not isinstance(steps, list) or not isinstance(labels, list) or not all(isinstance(step, str) for step in steps):
        raise Unreadable("unknown_shape", "completions are a list of texts and labels a list")
    if not steps:
        raise NoRow("no_answer", "a prompt without steps")
    judged = len(labels) == len(steps) and all(label in (0, 1) for label in labels)
    row, used = common(value)
    kept = {**value, "step_lengths": [len(step) for step in steps]}
    yield {
        **row,
        "messages": [*asked(value.get("prompt")), {"role": "assistant", "content": "\n".join(steps)}],
        "label": all(labels) if judged else None,
        "scores": {"steps_right": sum(labels) / len(labels)} if judged else None,
        "extra": extra(kept, {*used, "prompt", "completions"}),
    }
