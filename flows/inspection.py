"""What files hold, before any recipe: container, format and how sure, records, rows, turns, languages, problems."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.progress import track

import sources
from filters import signals
from flows import screen
from schemas.recipe import Source
from schemas.rows import ROW

_FILES, _ROWS = 40, 2000  # whose language is told
_SHOWN = 3  # record numbers named for each problem


def show(paths: list[Path], as_json: bool) -> None:
    """Inspect files and folders and print what they are; files of one folder that are alike share a line."""
    to = screen.console()
    merged: dict[tuple[str, ...], dict[str, Any]] = {}
    files = [(path, file) for path in paths for file in _files(path)]
    for path, file in track(files, "reading", console=screen.errors(), disable=not sys.stderr.isatty(), transient=True):
        one = vars(sources.inspect(file.path))
        key = (str(path), one["container"], one["compression"], str(one["format"]))
        _merge(merged.setdefault(key, {"path": str(path)}), one, file)
    for told in merged.values():
        told["languages"] = _languages([file.path for file in told["files"]])
        if as_json:
            sys.stdout.write(json.dumps({**told, "files": [file.name for file in told["files"]]}, ensure_ascii=False) + "\n")
        else:
            _print(to, told)
    for path in paths if not as_json else ():
        if path.is_dir() and (other := sources.skipped(Source(path=str(path.resolve())), path)):
            to.print(
                screen.safe(f"{path}: {len(other):,} files are no data: {', '.join(other[:5])}{' ...' if len(other) > 5 else ''}")
            )


def _files(path: Path) -> list[sources.File]:
    sources.check(path)
    return sources.files(path.name, Source(path=str(path.resolve())), path)


def _languages(files: list[Path]) -> dict[str, int]:
    """Languages of a sample of rows, from files and places spread over the whole."""
    drawn = files[:: max(1, len(files) // _FILES)]
    each = max(1, _ROWS // len(drawn))
    tables = [table.take(pa.array(range(0, len(table), max(1, len(table) // each)), pa.int64())) for table in map(_first, drawn)]
    _, measured = signals.measure(pa.concat_tables(tables), {"language"})
    return dict(Counter(measured["language"].to_pylist()).most_common())


def _first(path: Path) -> pa.Table:
    """The first rows of a file."""
    return next((batch.rows for batch in sources.read(sources.File("file", path, path.name))), ROW.empty_table())


def _merge(into: dict[str, Any], one: dict[str, Any], file: sources.File) -> None:
    into.setdefault("files", []).append(file)
    into.update({name: one[name] for name in ("container", "compression", "format")})
    into["confidence"] = min(into.get("confidence", 1.0), one["confidence"])
    into.setdefault("others", one["others"])
    for field in ("records", "rows", "turns"):
        into[field] = into.get(field, 0) + one[field]
    into["details"] = one["details"] | into.get("details", {})
    for field in ("quarantined", "dropped"):
        for reason, numbers in one[field].items():
            into.setdefault(field, {}).setdefault(reason, []).extend(f"{file.name}#{number}" for number in numbers)


def _print(to: Console, told: dict[str, Any]) -> None:
    files = f" ({len(told['files']):,} files)" if len(told["files"]) > 1 else ""
    to.print(screen.safe(f"{told['path']}{files}"), style="bold")
    near = ", ".join(f"{other} {sure:.0%}" for other, sure in told["others"][:2])
    packed = "" if told["compression"] == "plain" else f" in {told['compression']}"
    sure = f"format {told['format']}, {told['confidence']:.0%} sure" if told["format"] else "no known format"
    to.print(screen.safe(f"  {told['container']}{packed}; {sure}" + (f" (next: {near})" if near else "")))
    to.print(screen.safe(f"  {told['records']:,} records -> {told['rows']:,} rows, {told['turns']:,} turns"))
    total = sum(told["languages"].values())
    spoken = ", ".join(f"{language} {count / total:.0%}" for language, count in list(told["languages"].items())[:5])
    to.print(screen.safe(f"  languages: {spoken or 'none'}" + (f" (of {total:,} rows)" if total else "")))
    for field in ("quarantined", "dropped"):
        for reason, records in sorted(told.get(field, {}).items()):
            first = ", ".join(records[:_SHOWN]) + (" ..." if len(records) > _SHOWN else "")
            said = told["details"].get(reason)
            to.print(
                screen.safe(f"  {field}: {len(records):,} {reason}: {first}" + (f" ({said})" if said else "")), style="yellow"
            )
