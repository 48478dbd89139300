"""Which rows fit: an SQL expression, a choice of fates and sources, marks, words of their text; a page of them at a time."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from flows import finding
from flows.browsing import ordering
from flows.browsing.opened import Opened
from schemas.faults import UsageFault
from sql import duck, rules

ROWS = 20  # of a page
_SECONDS = 20  # that a search in texts may take before it says how far it came

Row = dict[str, Any]


class Asked(NamedTuple):
    """What is asked for; empty: all. `after` or `before`: the `line` after which, or before which, a page lies in its order."""

    where: str = ""
    find: str = ""
    reason: str = ""
    source: str = ""
    sort: str = ""  # a column; with a minus before it the greatest come first; empty: as in the ledger
    fingerprints: frozenset[str] | None = None
    after: int | None = None
    before: int | None = None


class Page(NamedTuple):
    """Some rows in order, and whether there are others before and after them."""

    lines: list[Row]
    earlier: bool
    later: bool


def fitting(of: Opened, asked: Asked) -> duckdb.DuckDBPyRelation:
    """The rows that fit all but the words to find. Raises UsageFault where the expression is none, in words."""
    rows = of.con.cursor().table("rows")
    if asked.where.strip():
        _checked(of, asked.where)
        rows = rows.filter(duckdb.SQLExpression(f"TRY(\n{asked.where}\n)"))
    for column, value in (("chosen_by", asked.reason), ("source", asked.source)):
        if value:
            rows = rows.filter(_is(column, value))
    if asked.fingerprints is not None:
        rows = rows.filter(
            duckdb.ColumnExpression("fingerprint").isin(*map(duckdb.ConstantExpression, ["", *sorted(asked.fingerprints)]))
        )
    return rows


def count(rows: duckdb.DuckDBPyRelation) -> int:
    """How many fit."""
    return int(_answer(rows.aggregate("count(*) AS n"))["n"][0].as_py())


def page(of: Opened, rows: duckdb.DuckDBPyRelation, asked: Asked) -> Page:
    """The rows after or before the place asked for; without one, the first. Raises UsageFault as `ordering.order`."""
    back = asked.before is not None
    rows, order = ordering.placed(of, rows, asked.sort, asked.before if back else asked.after, back=back)
    found = _answer(rows.order(order).limit(ROWS + 1))["line"].to_pylist()
    more, found = len(found) > ROWS, found[:ROWS]
    lines = _in_order(of, found[::-1] if back else found)
    return Page(lines, more, True) if back else Page(lines, asked.after is not None, more)


def search(of: Opened, rows: duckdb.DuckDBPyRelation, asked: Asked) -> Iterator[tuple[int | None, int, list[Row]]]:
    """The `line` searched up to (None: to the end), how many rows that were, and those of them that hold the words."""
    rows, order = ordering.placed(of, rows, asked.sort, asked.after)
    places = _answer(rows.order(order))
    at, may = places["line"], np.flatnonzero(of.grams.may_hold(places, asked.find))
    found = 0
    some, wanted = places.take(pa.array(may)), finding.pattern(asked.find)
    for searched, hits in of.texts.holding(some, wanted, _SECONDS, scattered=bool(asked.sort)):
        here = may[hits[: ROWS - found]].tolist()
        found += len(here)
        full = found == ROWS
        last = here[-1] if full else int(may[searched - 1]) if searched < len(may) else len(places) - 1
        ended = last == len(places) - 1
        yield None if ended else at[last].as_py(), last + 1, _in_order(of, [at[hit].as_py() for hit in here])
        if full:
            return
    if not len(may):
        yield None, len(places), []


def _in_order(of: Opened, found: list[int]) -> list[Row]:
    lines = {line["line"]: line for line in of.lines("line", found)}
    return [lines[line] for line in found]


def _checked(of: Opened, where: str) -> None:
    try:
        rules.check("filter", where, of.columns)
    except UsageFault as fault:
        said = str(fault).removeprefix("rule filter: ")
        raise UsageFault(_unmeasured(of, where) or said if said.startswith("unknown column ") else said) from None


def _unmeasured(of: Opened, where: str) -> str | None:
    """What to say where an expression names a signal that this release has not."""
    from filters import signals  # compiled code stands behind it, which a page needs nowhere else

    if not (names := sorted(rules.columns_used(where) & signals.types().keys() - of.columns.keys())):
        return None
    return (
        f"{', '.join(names)}: not measured, since this release's recipe names it nowhere; a rule that does has it measured, "
        f"such as `measured: {names[0]} IS NOT NULL OR true` under `keep`, and then `winnow run` again"
    )


def _is(column: str, value: str) -> duckdb.Expression:
    return duckdb.ColumnExpression(column) == duckdb.ConstantExpression(value)


def _answer(rows: duckdb.DuckDBPyRelation) -> pa.Table:
    try:
        return rows.to_arrow_table()
    except duckdb.Error as error:
        raise UsageFault(duck.message(error)) from None
