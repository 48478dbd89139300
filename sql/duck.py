"""A DuckDB that can only compute: no files, no network, no Python variables, no extensions, and no way to allow them again.

What it may see is handed in as Arrow; a release's files are opened by pyarrow, so no path is ever part of a statement.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from schemas.faults import DataFault, MissingFault, UsageFault
from schemas.ledger import OMITTED

TABLES = (
    "ledger",
    "edits",
    "turns",
    "signals",
    "pairs",
    "comparisons",
    "omitted",
    "contamination",
    "benchmarks",
    "funnel",
    "bias",
)
EXPORTS = ("sft", "preference", "ties")
_TURNS = "[{'role': '', 'content': ''}]"
_NOTHING = {  # an export that a release has not: what questions may ask of it
    "sft": f"SELECT '' AS id, {_TURNS} AS messages, '' AS source, '' AS license, 0 AS words, '' AS split WHERE false",
    "preference": f"SELECT '' AS id, {_TURNS} AS prompt, {_TURNS} AS chosen, {_TURNS} AS rejected, "
    "0.0 AS score_margin, '' AS margin_by, [''] AS flags, '' AS source, '' AS license, '' AS split WHERE false",
    "ties": f"SELECT '' AS id, {_TURNS} AS prompt, {_TURNS} AS first, {_TURNS} AS second, "
    "[''] AS flags, '' AS source, '' AS license, '' AS split WHERE false",
}
_IDS = "SELECT '' AS id, '' AS split WHERE false"
_READS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def connect(
    memory: str = "2GB", threads: int | None = None, seconds: float = 120, *, file: Path | None = None, write: bool = False
) -> duckdb.DuckDBPyConnection:
    """A locked connection with limits on memory, spilled bytes and the seconds that one query may take.

    Its tables are its own, or those of a database `file`, which it may only read unless it is to `write`.
    """
    config: dict[str, Any] = {
        "memory_limit": memory,
        "temp_directory": str(Path(tempfile.gettempdir()) / f"winnow-duckdb-{os.getpid()}"),
        "max_temp_directory_size": "20GB",
        "max_execution_time": int(seconds * 1000),
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "ieee_floating_point_ops": False,  # x / 0 is unknown, neither infinite nor an error
        "error_on_division_by_zero": False,
    }
    config |= {"threads": threads} if threads else {}
    con = duckdb.connect(file or ":memory:", read_only=file is not None and not write, config=config)
    con.execute("SET TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true")
    return con


def release(path: Path, **limits: Any) -> duckdb.DuckDBPyConnection:
    """A locked connection with a view of each of TABLES of a release, and one for each export.

    An export's view has a column `split` (train or test); that of one in JSON lines has their ids alone. sft, preference and
    ties are there, without rows, where a release has no such export. `exported` (export, id, split) holds the ids of all.
    """
    if not (path / "ledger.parquet").is_file():
        raise MissingFault(f"{path}: not a release (no ledger.parquet in it)")
    con = connect(**limits)
    for name in (*TABLES, "superseded"):  # the last only where new rows win over an index
        file = path / f"{name}.parquet"
        if file.is_file():
            con.register(name, _open([file]))
        elif name == "omitted":  # of a release that an earlier version made
            con.register(name, OMITTED.empty_table())
    folders = {file.parent.name for file in path.glob("*/*-of-*.parquet")}
    names = [*EXPORTS, *sorted(name for name in folders - {*EXPORTS} if re.fullmatch("[a-z][a-z0-9_]*", name))]
    for name in names:
        splits = [split for split in ("train", "test") if _register(con, f"{name}_{split}", path / name, split)]
        parts = [f"SELECT *, '{split}' AS split FROM {name}_{split}" for split in splits]
        con.execute(f"CREATE TEMP VIEW {name} AS {' UNION ALL '.join(parts) or _NOTHING.get(name, _IDS)}")
    every = " UNION ALL ".join(f"SELECT '{name}' AS export, id, split FROM {name}" for name in names)
    con.execute(f"CREATE TEMP VIEW exported AS {every}")
    return con


def beside(was: Path, now: Path, **limits: Any) -> duckdb.DuckDBPyConnection:
    """A locked connection with the views of two releases, each table's under its name after `was_` and `now_`."""
    con = connect(**limits)
    for side, path in (("was", was), ("now", now)):
        for name in (name for name in TABLES if (path / f"{name}.parquet").is_file()):
            con.register(f"{side}_{name}", _open([path / f"{name}.parquet"]))
        for name in EXPORTS:
            files = sorted(path.glob(f"{name}/*.parquet"))
            if files:
                held = _open(files)
                whole = name == "preference" and "prompt" not in held.schema.names  # an implicit prompt stands in both sides
                con.register(f"{side}_{name}_held" if whole else f"{side}_{name}", held)
                if whole:
                    con.execute(f"CREATE VIEW {side}_{name} AS SELECT *, chosen[1:0] AS prompt FROM {side}_{name}_held")
            else:
                con.execute(f"CREATE VIEW {side}_{name} AS {_NOTHING[name]}")
    return con


def over(tables: dict[str, pa.Table], **limits: Any) -> duckdb.DuckDBPyConnection:
    """A locked connection with these tables as views."""
    con = connect(**limits)
    for name, table in tables.items():
        con.register(name, table)
    return con


def query(con: duckdb.DuckDBPyConnection, sql: str, params: dict[str, Any] | None = None) -> pa.Table:
    """The answer to one SELECT; `params` are its `$name`s. Raises UsageFault when the question is wrong or takes too long."""
    try:
        statements = con.extract_statements(sql)
        if len(statements) != 1 or statements[0].type not in _READS:
            raise UsageFault(
                "one SELECT is asked for" + (f", and there are {len(statements)} statements" if len(statements) != 1 else "")
            )
        return con.sql(sql, params=params).to_arrow_table()
    except duckdb.Error as error:
        raise UsageFault(message(error)) from None


def message(error: duckdb.Error) -> str:
    """What DuckDB said, without the picture of the line."""
    return " ".join(str(error).split("\n\nLINE ")[0].split())


def _register(con: duckdb.DuckDBPyConnection, name: str, folder: Path, split: str) -> bool:
    files = sorted(folder.glob(f"{split}-*.parquet"))
    if files:
        con.register(name, _open(files))
    return bool(files)


def _open(files: list[Path]) -> Any:
    import pyarrow.dataset as ds

    try:
        return ds.dataset([str(file) for file in files], format="parquet")
    except (pa.ArrowException, OSError) as error:
        raise DataFault(f"{files[0]}: not a Parquet file that can be read: {error}") from None
