"""What a person sees on a terminal. Text of rows is data: it is printed as it is, with control characters made visible."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

OPEN, CLOSE = "\u27e6", "\u27e7"  # brackets that no text of ours uses, around what two texts share

_BREAK = re.compile(r"[\t\n]")


def console() -> Console:
    """Standard output; wide in a pipe, so that nothing is cut."""
    found = Console(highlight=False, soft_wrap=False)
    return found if found.is_terminal else Console(highlight=False, width=160)


def errors() -> Console:
    """Standard error, for progress."""
    return Console(stderr=True)


def safe(text: object) -> Text:
    """Text of a row, without markup and with controls shown as such, so that no dump can steer a terminal."""
    return Text(_CONTROL.sub(lambda found: ascii(found[0])[1:-1], str(text)))


def line(text: object) -> Text:
    """A text that is to stay on one line, as a file's name: a newline or a tab in it is shown as such too."""
    return Text(_BREAK.sub(lambda found: ascii(found[0])[1:-1], safe(text).plain))


def many(count: int, things: str) -> str:
    """A number of things, which are given in the plural: `1 record`, `2 records`."""
    first, of, rest = things.partition(" of ")
    return f"{count:,} {first.removesuffix('s') if count == 1 else first}{of}{rest}"


def rows(table: pa.Table, title: str | None = None) -> Table:
    """An Arrow table as a table on screen: numbers to the right."""
    drawn = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for field in table.schema:
        numeric = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        drawn.add_column(field.name, justify="right" if numeric else "left", overflow="fold")
    for row in table.to_pylist():
        drawn.add_row(*(cell(value) for value in row.values()))
    return drawn


def differences(lines: list[dict[str, Any]], title: str) -> Table:
    """Lines with `<number>_now`, `_then` and `_difference`, of which the first number is shown, a sign before the difference."""
    drawn = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    number = next(name.removesuffix("_now") for name in ("rows_now", "pairs_now") if name in lines[0])
    by = [name for name in lines[0] if not name.endswith(("_now", "_then", "_difference"))]
    for name in [*by, f"{number} now", f"{number} then", "difference"]:
        drawn.add_column(name, justify="left" if name in by else "right", overflow="fold")
    for line in lines:
        moved = line[f"{number}_difference"]
        style = "yellow" if moved else "dim"
        counts = (cell(line[f"{number}_now"]), cell(line[f"{number}_then"]), Text(f"{moved:+,}" if moved else "", style))
        drawn.add_row(*(cell(line[name]) for name in by), *counts)
    return drawn


def cell(value: Any) -> Text:
    """One value, short."""
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text(str(value).lower())
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, float):
        return Text(f"{value:,.4g}")
    return safe(json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else value)


def conversation(
    row: dict[str, Any], to: Console, most: int | None = None, shared: dict[int, list[tuple[int, int]]] | None = None
) -> None:
    """A whole conversation, a line of dashes and the role before each turn; `most` cuts each turn to so many characters.

    `shared` parts (turn -> places in its text) are green on a terminal, and between two brackets in a pipe.
    """
    for at, message in enumerate(row["messages"]):
        to.print(Text(f"--- {message['role']}", style="bold cyan"))
        for extra in ("reasoning", "tool_calls"):
            if message.get(extra):
                to.print(safe(f"({extra}) {_cut(message[extra], most)}"), style="dim")
        to.print(_marked(message["content"], (shared or {}).get(at, []), most, brackets=not to.is_terminal), soft_wrap=True)


def ended(release: Path, facts: dict[str, Any], *, new: bool, seconds: float, as_json: bool) -> None:
    """The one summary line at the end of a run, with where to look next."""
    counts = {name: sum(splits.values()) for name, splits in facts["counts"].items()}
    if as_json:
        said = {
            "release": str(release),
            "new": new,
            "seconds": round(seconds, 2),
            **{key: facts[key] for key in ("fingerprint", "records", "counts")},
        }
        sys.stdout.write(json.dumps(said, sort_keys=True) + "\n")
        return
    made = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    begin = "done" if new else "nothing new, this release stands"
    console().print(safe(f"{begin}: {facts['records']:,} records -> {made} in {seconds:.1f} s -> {release}"), soft_wrap=True)


def _marked(text: str, spans: list[tuple[int, int]], most: int | None, *, brackets: bool) -> Text:
    """A turn's text, cut to `most` characters, with its shared parts marked."""
    shown, done, whole = Text(), 0, len(text) if most is None else most
    for start, end in spans:
        if start < whole:
            shown.append_text(safe(text[done:start])).append(OPEN if brackets else "")
            shown.append_text(Text(safe(text[start : min(end, whole)]).plain, style="" if brackets else "green"))
            shown.append(CLOSE if brackets else "")
            done = min(end, whole)
    return shown.append_text(safe(_cut(text, most)[done:]))


def _cut(text: str, most: int | None) -> str:
    return text if most is None or len(text) <= most else f"{text[:most]} [... {len(text) - most:,} more characters]"
