"""Judging: which units pass the rules; for the others, which rule failed first, which failed at all, and on what values."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sql import duck
from sql.rules import Rule

_SHOWN = 80  # characters of a text value in a detail


def judge(units: pa.Table, rules: list[Rule]) -> pa.Table:
    """`units` with `reason` (the first rule that fails, NULL where all pass), `broken` (all that fail) and `detail`, in words.

    A rule that is NULL for a unit fails as `<rule> (unknown)`.
    """
    answers = _answers(units, rules)
    failed, unknown = (np.zeros((len(rules), len(units)), bool) for _ in range(2))
    for at, answer in enumerate(answers):
        failed[at] = ~answer.fill_null(False).to_numpy(zero_copy_only=False)
        unknown[at] = answer.is_null().to_numpy(zero_copy_only=False)
    labels = pa.array([rule.name + end for end in ("", " (unknown)") for rule in rules], pa.string())
    unit, rule = np.nonzero(failed.T)
    offsets = np.concatenate([[0], np.cumsum(failed.sum(axis=0))])
    broken = pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), labels.take(pa.array(rule + unknown[rule, unit] * len(rules), pa.int64()))
    )
    stands = ~failed.any(axis=0)
    reason = broken.values.take(pa.array(np.where(stands, 0, offsets[:-1]), pa.int64(), mask=stands))
    first = np.where(failed.any(axis=0), failed.argmax(axis=0), -1) if rules else np.full(len(units), -1)
    return (
        units.append_column("reason", reason)
        .append_column("broken", broken)
        .append_column("detail", _details(units, rules, first))
    )


def _answers(units: pa.Table, rules: list[Rule]) -> list[pa.Array]:
    """One boolean array per rule; TRY makes a failing cast or an overflow unknown for that unit alone."""
    if not rules:
        return []
    needed = sorted({column.split(".")[0] for rule in rules for column in rule.columns}) or units.column_names[:1]
    asked = [duckdb.SQLExpression(f"TRY(\n{rule.sql}\n)").alias(f"r{at}") for at, rule in enumerate(rules)]
    found = duck.connect().from_arrow(units.select(needed).combine_chunks()).project(*asked).to_arrow_table()
    return [column.combine_chunks() for column in found.columns]


def _details(units: pa.Table, rules: list[Rule], first: np.ndarray) -> pa.Array:
    """`<rule> (<why>): <column> <value>, ...` for every unit that fell, by the rule it fell to (-1: none)."""
    order, parts = [np.flatnonzero(first == -1)], [pa.nulls(int((first == -1).sum()), pa.string())]
    for at, rule in enumerate(rules):
        rows = np.flatnonzero(first == at)
        if len(rows):
            order.append(rows)
            parts.append(_sentence(units.take(pa.array(rows)), rule))
    back = np.argsort(np.concatenate(order), kind="stable")
    return pa.concat_arrays(parts).take(pa.array(back))


def _sentence(units: pa.Table, rule: Rule) -> pa.Array:
    pieces: list[pa.Array | str] = [str(rule)]
    for at, column in enumerate(rule.columns):
        pieces += [(": " if at == 0 else ", ") + column + " ", _shown(_column(units, column))]
    return pc.binary_join_element_wise(
        *[piece if isinstance(piece, pa.Array) else pa.array([piece] * len(units)) for piece in pieces], ""
    )


def _column(units: pa.Table, column: str) -> pa.Array:
    top, _, part = column.partition(".")
    found = units[top].combine_chunks()
    return pc.struct_field(found, part) if part else found


def _shown(values: pa.Array) -> pa.Array:
    if pa.types.is_floating(values.type):
        values = pc.round(values.cast(pa.float64()), 4)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        text = pc.binary_join_element_wise("'", pc.utf8_slice_codeunits(values.cast(pa.string()), 0, _SHOWN), "'", "")
    elif pa.types.is_nested(values.type):
        text = pa.array([None if each is None else str(each)[:_SHOWN] for each in values.to_pylist()], pa.string())
    else:
        text = values.cast(pa.string())
    return text.fill_null("unknown")
