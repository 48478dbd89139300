"""In what order rows come: that of the ledger, or by a column; and the rows after or before one of them, by its `line` alone."""

import duckdb
import pyarrow as pa

from flows.browsing.opened import Opened
from schemas.faults import UsageFault
from schemas.mistakes import nearest

_PLACE = "line, place_file, place_row"


def columns(of: Opened) -> list[str]:
    """What rows can be sorted by: columns of one number or text each."""
    return sorted(name for name, kind in of.columns.items() if not pa.types.is_nested(kind))


def named(of: Opened, sort: str) -> str:
    """The column of an order, the empty one's is empty. Raises UsageFault where it is none of the release's."""
    name = sort.removeprefix("-")
    if name and name not in columns(of):
        raise UsageFault(f"no column {name!r} to sort by; {nearest(name, columns(of))}")
    return name


def placed(
    of: Opened, rows: duckdb.DuckDBPyRelation, sort: str, at: int | None, *, back: bool = False
) -> tuple[duckdb.DuckDBPyRelation, str]:
    """Rows (line, place_file, place_row) beyond the one with this `line` (None: all), and their order as SQL; NULL comes last.

    `back`: from there to the beginning. Equal rows come as in the ledger. Raises UsageFault as `named`.
    """
    name, line = named(of, sort), duckdb.ColumnExpression("line")
    here = duckdb.ConstantExpression(at)
    beside = line < here if back else line > here
    if not name:
        return (rows if at is None else rows.filter(beside)).project(_PLACE), f"line {'DESC' if back else 'ASC'}"
    quoted = '"' + name.replace('"', '""') + '"'
    down = sort.startswith("-") != back
    order = f"{quoted} {'DESC' if down else 'ASC'} NULLS {'FIRST' if back else 'LAST'}, line {'DESC' if back else 'ASC'}"
    wanted = f"{_PLACE}, {quoted}"  # before the order: what is projected from ordered rows may come in any
    if at is None:
        return rows.project(wanted), order
    found = of.ask(f"SELECT {quoted} AS value FROM rows WHERE line = $line", line=at)
    value, column = (found[0]["value"] if found else None), duckdb.ColumnExpression(name)
    if value is None:
        beyond = column.isnotnull() | beside if back else column.isnull() & beside
    else:
        said = duckdb.ConstantExpression(value)
        beyond = (column < said if down else column > said) | ((column == said) & beside)
        beyond = beyond if back else beyond | column.isnull()
    return rows.filter(beyond).project(wanted), order
