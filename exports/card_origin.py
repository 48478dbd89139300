"""Where a release comes from, for its dataset card: rules and why, sources with licences and counts, all licences together."""

from pathlib import Path
from typing import Any

import polars as pl

from exports import licences
from exports.card_header import on_the_hub
from exports.card_words import number, section, shown
from schemas.addresses import public
from schemas.ledger import KEPT
from schemas.recipe import Recipe


def rationale(asked: Recipe | None) -> str:
    """The rules that a row had to pass, and what for."""
    if not asked:
        return ""
    parts = [("", asked.keep), *((f"{name}: ", rules) for name, rules in _of_exports(asked))]
    body = [
        [shown(f"{start}{name}"), shown(" ".join(rule.sql.split()), 400), shown(rule.why or "")]
        for start, rules in parts
        for name, rule in rules.items()
    ]
    told = "### Curation Rationale\n\nA row is here because it passed every rule below; `recipe.yaml` has all choices."
    return section("Curation Rationale", ["rule", "asks", "a row falls because"], body, 3) if body else told


def _of_exports(asked: Recipe) -> list[tuple[str, dict[str, Any]]]:
    return [(name, each.keep) for name, each in asked.exports.named().items()]


def sources(release: Path, manifest: dict[str, Any], asked: Recipe | None) -> str:
    """Per source: licence, where it is from, files, records, rows and rows kept; and what the licences come to together."""
    given = sorted((manifest.get("sources") or {}).items())
    kept = _kept(release)
    counts = [count for count in ("files", "records", "rows") if any(count in spec for _, spec in given)]
    body = [
        [
            shown(name),
            shown(spec.get("license") or "unknown"),
            _from(asked, name),
            *(number(spec.get(count)) for count in counts),
            *([number(kept.get(name, 0))] if kept is not None else []),
        ]
        for name, spec in given
    ]
    head = ["source", "licence", "from", *counts, *(["kept"] if kept is not None else [])]
    table = section("Source Data", head, body, 3)
    return f"{table}\n\n{_licences(manifest, kept)}" if table else ""


def producers(manifest: dict[str, Any]) -> str:
    """Who wrote the texts."""
    if not manifest.get("sources"):
        return ""
    return (
        "#### Who are the source data producers?\n\nThe people and the models of the sources above, as their own documentation "
        "says. A model's terms of use may ask more than the licence of a dump of its answers."
    )


def _licences(manifest: dict[str, Any], kept: dict[str, int] | None) -> str:
    """The licences with their sources and rows, and why the release has the one that it has."""
    given = {name: str(spec.get("license") or licences.UNKNOWN) for name, spec in sorted(manifest["sources"].items())}
    named = sorted(set(given.values()))
    body = [
        [
            shown(license),
            ", ".join(shown(name) for name, of in given.items() if of == license),
            *([number(sum(kept.get(name, 0) for name, of in given.items() if of == license))] if kept is not None else []),
        ]
        for license in named
    ]
    table = section("Licences", ["licence", "sources", *(["kept"] if kept is not None else [])], body, 4)
    whole = licences.roll_up(given)
    return (
        f"{table}\n\nThe release is under {shown(manifest.get('license') or 'unknown')}. Together its sources allow "
        f"{shown(whole.license)}: {shown(whole.reason, 300)}. Each row names its source and licence, which still holds for it."
    )


def _kept(release: Path) -> dict[str, int] | None:
    path = release / "ledger.parquet"
    if not path.is_file():
        return None
    lines = pl.scan_parquet(path).filter(pl.col("fate") == KEPT).group_by("source").len().collect()
    return dict(lines.iter_rows())


def _from(asked: Recipe | None, name: str) -> str:
    """A dataset on the Hub as a link, any other address as words."""
    spec = asked.sources.get(name) if asked else None
    told = {on_the_hub(url): public(url) for url in (spec.urls if spec else None) or []}
    return ", ".join(f"[{shown(hub)}](https://huggingface.co/datasets/{hub})" if hub else shown(url) for hub, url in told.items())
