"""Measures a conversation: one family of signals a file, found by listing this folder.

A family is a module with
  ROW      {column: (Arrow type, definition)}: one value a conversation
  measure  (talk) -> {column: values}: the columns of ROW that `talk.asks` for, as long as `talk.rows`; unknown is NULL
and, where it also judges single turns,
  TURN     {column: (Arrow type, definition)}: one value a turn; by_turn (talk) -> {column: values}

`talk` is a batch laid flat (`_talk.Talk`); what several families derive from it is made once. Signals of the row judge
the assistant's side unless their definition says otherwise. Files that begin with an underscore hold no family.
A folder added to `__path__` (then `families.cache_clear()`) brings a person's own families.
"""

import pkgutil
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import ModuleType

import numpy as np
import polars as pl
import pyarrow as pa

from schemas.faults import UsageFault
from schemas.rows import ROLES

from ._talk import Columns, Talk
from .length import sizes


@cache
def families() -> list[ModuleType]:
    """The modules of this folder, by name; no column has two owners."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    owned = [column for module in modules for column in module.ROW]
    if twice := sorted({column for column in owned if owned.count(column) > 1}):
        raise UsageFault(f"signals owned by two files of {__path__}: {', '.join(twice)}; rename one")
    return modules


def columns() -> dict[str, str]:
    """Every column of a row, with its definition."""
    return {name: definition for family in families() for name, (_, definition) in family.ROW.items()}


def types() -> dict[str, pa.DataType]:
    """Every column of a row, with its Arrow type."""
    return {name: kind for family in families() for name, (kind, _) in family.ROW.items()}


def measure(rows: pa.Table, wanted: set[str]) -> tuple[pa.Table, pa.Table]:
    """Measure conversations (the ROW schema): a table of turns and a table of signals, in the order of `rows`.

    turns: id, turn, role, words, chars, and the columns of single turns of every family that ran;
    signals: id and the wanted columns, by name, with `words` always. A family runs only when it owns a wanted column.
    """
    if unknown := sorted(wanted - columns().keys()):
        near = get_close_matches(unknown[0], columns(), n=3)
        raise UsageFault(f"no signal is called {', '.join(unknown)}" + (f"; did you mean {', '.join(near)}?" if near else ""))
    wanted = wanted | {"words"}
    talk = Talk(rows, wanted)
    ids = rows["id"].combine_chunks()
    marks = {"id": ids.take(pa.array(talk.row)), "turn": pa.array(talk.turn), "role": pa.array(ROLES).take(pa.array(talk.role))}
    words, chars = talk.once(sizes)[:2]
    marks |= {"words": pa.array(words), "chars": pa.array(chars)}
    values: dict[str, pa.Array] = {}
    for family in families():
        if wanted & family.ROW.keys():
            values |= _typed(family.ROW, family.measure(talk))
            if hasattr(family, "TURN"):
                marks |= _typed(family.TURN, talk.once(family.by_turn))
    return pa.table(marks), pa.table({"id": ids} | {name: values[name] for name in sorted(wanted)})


def _typed(declared: dict[str, tuple[pa.DataType, str]], measured: Columns) -> dict[str, pa.Array]:
    return {name: _array(measured[name], kind) for name, (kind, _) in declared.items() if name in measured}


def _array(values: pl.Series | np.ndarray, kind: pa.DataType) -> pa.Array:
    if isinstance(values, np.ndarray):
        return pa.array(values, from_pandas=True).cast(kind)  # NaN, a kernel's word for unknown, becomes NULL
    if values.dtype.is_float():
        values = values.fill_nan(None)
    return values.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).cast(kind)


__all__ = ["Talk", "columns", "families", "measure", "types"]
