"""What files hold, before any recipe: container, format and how sure, records, rows, turns, languages, problems."""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import sources
from filters import signals
from flows import screen
from schemas.recipe import Source
from sources.inspecting import KINDS

_ROWS = 2000  # of a family, whose language is told
_SHOWN = 3  # record numbers named for each problem
_BLOCKS = 6  # families told at length; more of them make a table
_NEAR = 0.05  # formats whose looks differ by no more are as likely
_WIDE = 10_000  # columns in a pipe, where nothing is to be cut or wrapped
FATES = ("quarantined", "dropped")
_COUNTS = {"records": "records", "rows": "conversations", "groups": "groups", "turns": "turns"}


@dataclass
class Family:
    """Files of one folder, or parts of one archive, that are alike."""

    name: str
    findings: list[sources.Finding] = field(default_factory=list)

    def total(self, count: str) -> int:
        """The sum of one count over the files."""
        return sum(getattr(finding, count) for finding in self.findings)

    def problems(self) -> dict[tuple[str, str], list[str]]:
        """(fate, reason) -> the records, by name."""
        found: dict[tuple[str, str], list[str]] = {}
        for finding in self.findings:
            for fate in FATES:
                for reason, numbers in getattr(finding, fate).items():
                    found.setdefault((fate, reason), []).extend(f"{finding.name}#{number}" for number in numbers)
        return dict(sorted(found.items(), reverse=True))

    def facts(self) -> dict[str, Any]:
        """Everything there is to say, for machines and for the two views of people."""
        one = self.findings[0]
        spoken, differ = _languages(self.findings)
        flags = sum((finding.flags for finding in self.findings), Counter())
        asked = [hashes for finding in self.findings for hashes in finding.prompts]
        repeated = sum(map(len, asked)) - len(np.unique(np.concatenate(asked))) if asked else 0
        return {
            "path": self.name,
            "files": [finding.name for finding in self.findings],
            "container": one.container,
            "compression": one.compression,
            "format": one.format,
            "confidence": round(min(finding.confidence for finding in self.findings), 4),
            "others": one.others,
            **{count: self.total(count) for count in _COUNTS},
            "languages": spoken,
            "flags": dict(sorted(flags.items())),
            "repeated_prompts": int(repeated),
            "other_language_than_declared": differ,
        }


def show(paths: list[Path], as_json: bool) -> None:
    """Inspect files and folders and print what they are; files of one folder that are alike share a line."""
    to = screen.console()
    to.width = to.width if to.is_terminal else _WIDE
    found = _families(paths)
    if as_json:
        for family in found:
            problems = {fate: {reason: names for (f, reason), names in family.problems().items() if f == fate} for fate in FATES}
            sys.stdout.write(json.dumps(family.facts() | problems, ensure_ascii=False) + "\n")
        return
    if len(found) > _BLOCKS:
        to.print(_overview(found))
        counts = [screen.many(sum(family.total(count) for family in found), name) for count, name in _COUNTS.items()]
        _say(to, ", ".join([screen.many(sum(len(family.findings) for family in found), "files"), *counts]))
    else:
        _at_length(to, found)
    for path in paths:
        if other := sources.skipped(Source(path=str(path.resolve())), path):
            some = ", ".join(other[:5]) + (" ..." if len(other) > 5 else "")
            _say(to, f"{path}: {screen.many(len(other), 'files')} {'is' if len(other) == 1 else 'are'} no data: {some}")


def _say(to: Console, text: str, style: str | None = None) -> None:
    """One line, which a pipe gets whole."""
    to.print(screen.line(text), style=style, soft_wrap=not to.is_terminal)


def _at_length(to: Console, families: list[Family]) -> None:
    """Every family; those of one folder or archive stand below one heading."""
    groups: dict[str, list[Family]] = {}
    for family in families:
        groups.setdefault(family.name, []).append(family)
    for name, group in groups.items():
        size = sum(len(family.findings) for family in group)
        _say(to, name + (f" ({screen.many(size, 'files')})" if size > 1 else ""), "bold")
        for family in group:
            if len(group) > 1:
                names = [finding.name.removeprefix(f"{Path(name).name}/") for finding in family.findings]
                _say(to, f"  {', '.join(names[:_SHOWN])}" + (f" ... ({len(names):,})" if len(names) > _SHOWN else ""), "bold")
            _print(to, family, "    " if len(group) > 1 else "  ")


def _families(paths: list[Path]) -> list[Family]:
    found: dict[tuple[str, ...], Family] = {}
    files = [(path, file) for path in paths for file in _files(path)]
    folders = {path: len({_top(file) for other, file in files if other == path}) for path in paths}
    for path, file in track(files, "reading", console=screen.errors(), disable=not sys.stderr.isatty(), transient=True):
        name = str(path) if folders[path] == 1 else str(path / _top(file)) if len(paths) > 1 else _top(file)
        for one in sources.parts(file):
            key = (str(path), name, one.container, one.compression, str(one.format))
            found.setdefault(key, Family(name)).findings.append(one)
    return list(found.values())


def _files(path: Path) -> list[sources.File]:
    sources.check(path)
    return sources.files(path.name, Source(path=str(path.resolve())), path)


def _top(file: sources.File) -> str:
    """The folder directly below the one that was asked for, or the file itself."""
    return file.name.partition("/")[0]


def _languages(findings: list[sources.Finding]) -> tuple[dict[str, int], dict[str, int]]:
    """Languages of a sample of rows; and how many of those that declare one are in another."""
    _, measured = signals.measure(sources.sampled(findings, _ROWS), {"language", "language_as_declared"})
    agree = measured["language_as_declared"].drop_null().to_pylist()
    return dict(Counter(measured["language"].to_pylist()).most_common()), {"rows": agree.count(False), "of": len(agree)}


def _problems(family: Family, facts: dict[str, Any]) -> list[str]:
    said = [f"{len(names):,} {reason} ({fate})" for (fate, reason), names in family.problems().items()]
    said += [f"{count:,} flagged {flag}" for flag, count in facts["flags"].items()]
    if empty := sum(not finding.records for finding in family.findings):
        size = len(family.findings)
        said.append("empty: no record is in it" if size == 1 else f"{empty:,} of {size:,} files are empty")
    if near := _as_likely(family):
        said.append(f"as likely: {near}")
    if facts["repeated_prompts"]:
        said.append(screen.many(facts["repeated_prompts"], "repeated prompts"))
    if facts["other_language_than_declared"]["rows"]:
        said.append("{rows:,} of {of:,} in another language than declared".format(**facts["other_language_than_declared"]))
    return said


def _as_likely(family: Family) -> str:
    """Formats that the records look like as much as they do like the one found."""
    one = family.findings[0]
    near = [f"{other} {sure:.0%}" for other, sure in one.others if sure >= one.confidence - _NEAR] if one.format else []
    return ", ".join(near)


def _details(family: Family, reason: str, records: int) -> str:
    """What was said of a reason's first record, and how many kinds of things were said of all."""
    said = next((finding.details[reason] for finding in family.findings if finding.details.get(reason)), "")
    kinds = len(set().union(*(finding.kinds.get(reason, ()) for finding in family.findings)))
    if not said or records == 1:
        return f" ({said})" if said else ""
    many = f"; {'at least ' if kinds >= KINDS else ''}{kinds:,} kinds" if kinds > 1 else ""
    return f" (e.g. {said}{many})"


def _spoken(facts: dict[str, Any], most: int) -> str:
    total = sum(facts["languages"].values())
    return ", ".join(f"{language} {count / total:.0%}" for language, count in list(facts["languages"].items())[:most])


def _overview(families: list[Family]) -> Table:
    """One line a family."""
    drawn = Table(box=None, pad_edge=False, header_style="bold", row_styles=["", "dim"])
    for name in ("what", "files", "container", "format", "sure", *_COUNTS.values()):
        drawn.add_column(name, justify="left" if name in ("what", "container", "format") else "right", overflow="fold")
    drawn.add_column("languages", min_width=12)
    drawn.add_column("problems", min_width=20)
    for family in families:
        facts = family.facts()
        packed = "" if facts["compression"] == "plain" else f".{facts['compression']}"
        counts = [f"{facts[count]:,}" for count in _COUNTS]
        cells = [facts["path"], f"{len(family.findings):,}", facts["container"] + packed, facts["format"] or "-"]
        sure = f"{facts['confidence']:.0%}" if facts["format"] else ""
        cells += [sure, *counts, _spoken(facts, 3), "; ".join(_problems(family, facts))]
        drawn.add_row(*map(screen.line, cells))
    return drawn


def _print(to: Console, family: Family, indent: str) -> None:
    """One family at length, with the records that each problem is in."""
    facts = family.facts()
    near = ", ".join(f"{other} {sure:.0%}" for other, sure in facts["others"][:2])
    packed = "" if facts["compression"] == "plain" else f" in {facts['compression']}"
    sure = f"format {facts['format']}, {facts['confidence']:.0%} sure" if facts["format"] else "no known format"
    groups = f", {screen.many(facts['groups'], 'groups of answers')}" if facts["groups"] else ""
    total = sum(facts["languages"].values())
    counts = f"{screen.many(facts['records'], 'records')} -> {screen.many(facts['rows'], 'rows')}"
    next_best = f" (next: {near})" if near and not _as_likely(family) else ""
    _say(to, f"{indent}{facts['container']}{packed}; {sure}{next_best}")
    _say(to, f"{indent}{counts}, {screen.many(facts['turns'], 'turns')}{groups}")
    of = f" (of {screen.many(total, 'rows')})" if total else ""
    _say(to, f"{indent}languages: {_spoken(facts, 5) or 'none'}{of}")
    problems = family.problems()
    for (fate, reason), names in problems.items():
        first = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
        _say(to, f"{indent}{fate}: {len(names):,} {reason}: {first}{_details(family, reason, len(names))}", "yellow")
    for line in _problems(family, facts)[len(problems) :]:
        _say(to, f"{indent}{line}", "yellow")
