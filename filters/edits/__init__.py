"""Edits repair the text of messages; every change is counted by turn, and a second run changes nothing more.

One edit is one file here. It has `might(texts, **options) -> mask`, a cheap look over a whole column, and
`repair(messages, **options) -> [(content, changes)]`, one pair a turn, called only where `might` saw something.
An edit leaves code fences as they are; the exceptions are a page's residue at the head of a fence, and secrets.
With `ALONE = True` it meets only the turns that `might` saw, else the whole conversation, which may say what a turn is about.
Reasoning is repaired like content; tool calls, which are JSON text, only by an edit that has `calls`, shaped like `repair`.
Roles, order, every other field and the fingerprint stay untouched.

An edit of whole turns has `turns(rows, **options) -> (rows, [(row, turn, changes)])` in place of these two; such edits run
after all that repair texts, and may cut turns off or set their weights.
"""

import difflib
import inspect
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from filters.edits import _flat
from schemas.faults import UsageFault
from schemas.ledger import EDITS
from schemas.rows import Message

_FIELDS = {"content": "repair", "reasoning": "repair", "tool_calls": "calls"}  # of a message -> the edit's function for it


def names() -> list[str]:
    """Every edit there is, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def apply(rows: pa.Table, edits: Mapping[str, Mapping[str, Any]]) -> tuple[pa.Table, pa.Table]:
    """Rows with repaired messages, and an EDITS table with one line for each turn and edit that changed something.

    `edits` maps a name to its options, worked through in the order written. Raises UsageFault for an unknown edit or option.
    """
    modules = [(_edit(name, options), dict(options)) for name, options in edits.items()]
    lists = rows["messages"].combine_chunks()
    turns, roles = lists.flatten(), lists.flatten().field("role")
    bounds = _flat.bounds(lists)
    counts: defaultdict[tuple[int, int, int], int] = defaultdict(int)
    mended: dict[str, pl.Series] = {}
    for field, function in _FIELDS.items():
        texts = pl.Series(turns.field(field), dtype=pl.String)
        for order, (module, options) in enumerate(modules):
            if repair := getattr(module, function, None):
                after = _run(
                    module, partial(repair, **options), texts, roles, bounds, options=options, order=order, counts=counts
                )
                if after is not texts:
                    mended[field] = texts = after
    if mended:
        fields = {name: texts.to_arrow().cast(turns.field(name).type) for name, texts in mended.items()}
        rows = _flat.put(rows, lists, bounds, _flat.changed(turns, fields))
    for order, (module, options) in enumerate(modules):
        if hasattr(module, "turns"):
            rows, changed = module.turns(rows, **options)
            counts.update({(row, turn, order): changes for row, turn, changes in changed})
    return rows, _counted(counts, rows["id"], list(edits))


def _edit(name: str, options: Mapping[str, Any]) -> ModuleType:
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1) or names()
        raise UsageFault(
            f"no edit is called {name!r}; did you mean {' or '.join(near)}? The {len(names())} edits: {', '.join(names())}"
        )
    module = import_module(f"{__name__}.{name}")
    known = list(inspect.signature(getattr(module, "turns", None) or module.repair).parameters)[1:]
    for option in options:
        if option not in known:
            raise UsageFault(f"edit {name!r} has no option {option!r}; it has {', '.join(known) or 'none'}")
    return module


def _run(
    module: ModuleType,
    repair: Callable[[list[Message]], list[tuple[str, int]]],
    texts: pl.Series,
    roles: pa.Array,
    bounds: np.ndarray,
    *,
    options: dict[str, Any],
    order: int,
    counts: defaultdict[tuple[int, int, int], int],
) -> pl.Series:
    """One edit over the flat texts of all turns; a null text stays null."""
    alone = getattr(module, "ALONE", False)
    seen = module.might(texts, **options).fill_null(False).arg_true().to_numpy()
    where, new = [], []
    owners, starts = np.unique(np.searchsorted(bounds, seen, side="right") - 1, return_index=True)
    for row, ours in zip(owners.tolist(), np.split(seen, starts[1:]), strict=bool(len(owners))):
        start = int(bounds[row])
        held = ours.tolist() if alone else [turn for turn in range(start, int(bounds[row + 1])) if texts[turn] is not None]
        messages = [Message(role=roles[turn].as_py(), content=texts[turn]) for turn in held]
        for turn, (text, changes) in zip(held, repair(messages), strict=True):
            if text != texts[turn]:
                where.append(turn)
                new.append(text)
                counts[row, turn - start, order] += max(changes, 1)
    return texts.clone().scatter(where, new) if where else texts


def _counted(counts: Mapping[tuple[int, int, int], int], ids: pa.ChunkedArray, edits: list[str]) -> pa.Table:
    keys = sorted(counts)
    columns = {
        "id": ids.take(pa.array([key[0] for key in keys], pa.int64())).combine_chunks(),
        "turn": [key[1] for key in keys],
        "edit": [edits[key[2]] for key in keys],
        "count": [counts[key] for key in keys],
    }
    return pa.table(columns, schema=EDITS)
