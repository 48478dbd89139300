"""What `winnow audit` says and writes: one dump's page and numbers, or a table over many folders."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from exports.report.audit import checks, unread
from flows import auditing, bringing, plan, reporting, runs
from flows.places import Places
from schemas import recipe as recipes
from schemas.addresses import public
from schemas.faults import MissingFault, UsageFault

_SOME = 0.01  # share of rows from which a second language is told
_NAMES = 3  # sources that a name has room for
_FAR = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")  # whatever fsspec may know
_HUB = re.compile(r"hf://datasets/[^/@]+/[^/@]+/?")
_HEAD = """\
# Audits of {folders:,} datasets

Made by `winnow audit --gallery FOLDER`: {rows:,} rows in all, no text. A share is of a dataset's rows; blank is none.
Copies are equal but for case, punctuation and white space; near ones share 80 % of their word groups; `same prompt` is asked with
another answer. `benchmarks` counts rows that hold an item (a row may hold several). `private` are rows with a secret, an e-mail
address, an IBAN, a national id or a card number. `longer wins`: of the pairs, how often the longer answer is the better one. The
last column: what `winnow run {recipe}` would keep; a dataset of questions alone gives no rows.
"""


class Said(NamedTuple):
    """What to print, what to say before it in alarm, and whether anything at all could be read."""

    text: str
    alarm: str | None
    read: bool


def one(dumps: list[str], recipe: str, places: Places, out: Path, workers: int, *, rows: int, as_json: bool, shown: bool) -> Said:
    """Audit dumps together; writes NAME.audit.html and NAME.audit.json into `out`."""
    planned, name = _plan(dumps, recipe, places, shown=shown)
    found = auditing.audit(planned, places, name, workers, rows=rows)
    page, numbers = out / f"{name}.audit.html", out / f"{name}.audit.json"
    reporting.write(page, found.page)
    reporting.write(numbers, json.dumps(found.numbers, ensure_ascii=False, indent=1) + "\n")
    told, alarm = found.numbers, unread(found.numbers)
    text = "\n".join([*_said(told), f"{page} (with texts of rows: for your eyes), {numbers}"])
    return Said(json.dumps(told, ensure_ascii=False) if as_json else text, alarm, bool(told["rows"]) or not alarm)


def gallery(dumps: list[str], recipe: str, places: Places, out: Path, workers: int) -> str:
    """Audit each folder below a folder, numbers alone; writes gallery.md and gallery.json into `out`."""
    folders = [folder for dump in dumps for folder in sorted(Path(dump).iterdir()) if folder.is_dir()]
    if not folders:
        raise UsageFault(f"no folder below {', '.join(dumps)}: --gallery audits each folder that lies in PATH")
    found, empty = [], []
    for folder in folders:
        try:
            planned, _ = _plan([str(folder)], recipe, places, shown=False)
        except MissingFault:  # nothing in it that is read
            empty.append(folder.name)
            continue
        told = auditing.audit(planned, places, folder.name, workers, rows=None).numbers
        found.append(_plain(told)) if told["records"] else empty.append(folder.name)
    reporting.write(out / "gallery.json", json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    reporting.write(out / "gallery.md", _table(found, recipe))
    more = f"; {len(empty):,} hold no record: {', '.join(empty)}" if empty else ""
    return f"{len(found):,} folders{more} -> {out / 'gallery.md'}, {out / 'gallery.json'}"


def _plan(dumps: list[str], recipe: str, places: Places, *, shown: bool) -> tuple[plan.Plan, str]:
    """The plan over these dumps, brought where they are far away, without limits or expectations; and what to call them."""
    far = [dump for dump in dumps if _FAR.match(dump)]
    plain = {"expect": {}, "license": "other"}
    if not far:
        planned, _ = runs.plan_for(recipe, [Path(dump) for dump in dumps], None, None, ["limits=off"])
        planned = replace(planned, recipe=planned.recipe.model_copy(update=plain))
        return planned, _called(planned.recipe)
    if len(far) < len(dumps):
        raise UsageFault(f"{far[0]} is far away, and {next(each for each in dumps if each not in far)} is not: audit them apart")
    sources = {}
    for url in far:
        slug = _slug(url)
        sources[slug] = recipes.Source.model_validate({"path": slug, "from": url})
    asked = recipes.override(runs.load(recipe, []), ["limits=off"])
    asked = asked.model_copy(update={**plain, "sources": dict(sorted(sources.items()))})
    bringing.brought(asked, places.raw, shown=shown)
    return plan.make(asked, places.raw), _called(asked)


def _slug(url: str) -> str:
    """A source's name and folder for an address: OWNER-NAME of the Hub; of any other its end, and a digest to tell it apart."""
    tail = url.partition("@")[0].rstrip("/").split("/")[-2:]
    parts = ["".join(c if c.isalnum() and c.isascii() else "-" for c in part).strip("-") for part in tail]
    parts += [] if _HUB.fullmatch(url) else [hashlib.sha256(public(url).encode()).hexdigest()[:8]]
    return "-".join(part for part in parts if part)


def _called(asked: recipes.Recipe) -> str:
    """A name for files: that of all sources, or of the first where there are many."""
    names = sorted(asked.sources)
    return "-".join(names) if len(names) <= _NAMES else f"{names[0]}-and-{len(names) - 1}-more"


def _said(told: dict[str, Any]) -> list[str]:
    """A line for what it is, one for each trouble, and what would be left."""
    formats = ", ".join(dict.fromkeys(each["format"] for each in told["formats"][:4]))
    lines = [f"{told['name']}: {told['records']:,} records, {told['rows']:,} rows ({formats or 'nothing that is read'})"]
    lines += [f"  {rows:>9,}  {name}" for name, rows in checks(told)]
    if "longer_share" in told["pairs"]:
        pairs = told["pairs"]
        said = f"{pairs['longer_share']:.1%} ({pairs['longer_low']:.1%} to {pairs['longer_high']:.1%})"
        lines.append(f"  the longer answer wins {said} of {pairs['pairs']:,} pairs")
    cleaned = told["cleaned"]
    return [*lines, f"a cleaned release ({cleaned['recipe']}) would keep {cleaned['kept']:,} of {told['rows']:,} rows"]


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """Without ids, which name files: counts alone."""
    private = {name: told["private"][name] for name in ("some", "rows")}
    return told | {"private": private, "contamination": told["contamination"]["rows"]}


def _table(found: list[dict[str, Any]], recipe: str) -> str:
    """The numbers of all folders as Markdown."""
    head = ["folder", "records", "rows", "format", "language", "copies", "near", "same prompt", "benchmarks", "refuses"]
    head += ["cut off", "out of order", "private", "pairs", "longer wins", f"kept by {recipe}"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * 5}{'--:|' * (len(head) - 5)}"]
    for told in found:
        checked, alike, pairs, rows = told["checks"], told["duplicates"], told["pairs"], max(told["rows"], 1)
        wins = f"{pairs['longer_share']:.0%}" if "longer_share" in pairs else ""
        hits = ", ".join(f"{name} {count:,}" for name, count in told["contamination"].items())
        cells = [told["name"], f"{told['records']:,}", f"{told['rows']:,}", _most(told["formats"]), _spoken(told)]
        cells += [_share(alike[name], rows) for name in ("copies", "near", "same prompt")]
        cells += [hits, *(_share(checked[name], rows) for name in ("refuses", "cut off", "out of order"))]
        cells += [_share(told["private"]["some"], rows)]
        cells += [f"{pairs['pairs']:,}" if pairs["pairs"] else "", wins, _share(told["cleaned"]["kept"], rows) or "0"]
        lines.append(f"| {' | '.join(cells)} |")
    return (
        f"{_HEAD.format(folders=len(found), rows=sum(told['rows'] for told in found), recipe=recipe)}\n" + "\n".join(lines) + "\n"
    )


def _most(formats: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(each["format"] for each in formats if each["rows"] or len(formats) == 1))
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


def _spoken(told: dict[str, Any]) -> str:
    shares = {name: rows / max(told["rows"], 1) for name, rows in told["languages"].items()}
    return ", ".join(f"{name} {share:.0%}" for name, share in list(shares.items())[:2] if share >= _SOME)


def _share(count: int, whole: int) -> str:
    """Blank for none; a share where it says more than the number."""
    return f"{count:,} ({count / whole:.1%})" if count else ""
