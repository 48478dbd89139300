"""Answers in steps with a verdict on each, for process reward models: `prompt`, `completions`, `labels`, as TRL reads them.

Rows whose source labels steps: their `extra` holds `step_lengths` (characters) and `labels`, null from where nobody judged
on: those steps do not leave. The prompt is text: all turns before the answer, joined by a blank line.
"""

from itertools import takewhile
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from exports.messages import LEFT_OUT
from exports.messages import left_out as _left_out

OF = "rows"
NEEDS = ["id", "messages", "extra"]
TAKES = "answers in steps: `prompt`, text, `completions`, the steps, and `labels`, one true or false for each"
VERDICTS = "`labels` are what people or programs of the sources said of each step."
THOUGHTS = False


def left_out(members: pa.Table) -> pa.Table:
    """Nothing: only the texts tell."""
    return LEFT_OUT.empty_table()


def unfit(rows: pa.Table) -> pa.Table:
    """Rows (ROW) without labelled steps: `no steps`, `steps moved by an edit`."""
    reasons = [found if isinstance(found, str) else None for found in _all(rows)]
    return _left_out(rows["id"], reasons)


def more(rows: pa.Table) -> set[str]:
    """Nothing is optional."""
    return set()


def schema(more: set[str]) -> pa.Schema:
    """Fixed columns."""
    columns = [("prompt", pa.string()), ("completions", pa.list_(pa.string())), ("labels", pa.list_(pa.bool_()))]
    return pa.schema([pa.field("id", pa.string(), nullable=False), *columns, ("source", pa.string()), ("license", pa.string())])


def table(rows: pa.Table, beside: pa.Table, wanted: set[str]) -> pa.Table:
    """Rows (ROW) as they leave, in their order; `beside` says nothing here."""
    found = [steps for steps in _all(rows) if not isinstance(steps, str)]
    columns = [[steps[at] for steps in found] for at in range(3)]
    license = pc.fill_null(rows["license"], "unknown")
    return pa.table([rows["id"], *columns, rows["source"], license], schema=schema(wanted))


def _all(rows: pa.Table) -> list[tuple[str, list[str], list[bool]] | str]:
    pairs = zip(rows["messages"].to_pylist(), rows["extra"].to_pylist(), strict=True)
    return [_steps(turns, orjson.loads(extra) if extra and "step_lengths" in extra else {}) for turns, extra in pairs]


def _steps(turns: list[dict[str, Any]], extra: dict[str, Any]) -> tuple[str, list[str], list[bool]] | str:
    """Prompt, steps and labels; or why there are none."""
    lengths, labels = extra.get("step_lengths"), extra.get("labels")
    if not isinstance(lengths, list) or not isinstance(labels, list) or len(lengths) != len(labels) or not lengths:
        return "no steps"
    judged = list(takewhile(lambda label: label is not None, labels))
    if not judged or not all(label in (0, 1) for label in judged) or any(label is not None for label in labels[len(judged) :]):
        return "no steps"
    text, start, steps = turns[-1]["content"], 0, []
    if sum(lengths) + len(lengths) - 1 != len(text):
        return "steps moved by an edit"
    for length in lengths:
        steps.append(text[start : start + length])
        start += length + 1
    prompt = "\n\n".join(turn["content"] for turn in turns[:-1])
    return prompt, steps[: len(judged)], [bool(label) for label in judged]
