"""The dataset card: a release's README.md, made from the release's own files, so that it can be made again at any time.

Its sections are those of the Hub's template, in the template's order. All text from dumps (source names, reasons, licences) is a
stranger's: it is shown as words and can start no table cell, code, link, heading or HTML.
"""

import json
from pathlib import Path
from typing import Any

from exports import card_evidence as evidence
from exports import card_origin as origin
from exports import card_use as use
from exports.card_header import counts, header, languages, named
from exports.card_limits import limits
from exports.card_merge import sealed
from exports.card_words import shown
from schemas import recipe as recipes
from schemas.faults import MissingFault

_BY_HAND = """## Dataset Card Authors

[Write who made this and why, whom to ask, and what else readers should know: here, or anywhere outside of the two comments that
begin and end the part above. What people write there stays when a new release is published.]"""


def card(release: Path, repo: str | None = None, changes: str = "") -> str:
    """The README.md of a release folder: YAML header and text. Needs manifest.json; what else is missing is left out.

    `repo` is where it is published, OWNER/NAME stands for that where nobody knows; `changes` are those of its changelog, newest
    first.
    """
    path = release / "manifest.json"
    if not path.is_file():
        raise MissingFault(f"{path}: no manifest, so this is no release; `winnow run` makes one")
    manifest = json.loads(path.read_bytes())
    recipe = release / "recipe.yaml"
    asked = recipes.load(recipe) if recipe.is_file() and "sources" in manifest else None
    spoken = languages(release)
    repo = repo or f"OWNER/{named(manifest)}"
    parts = [
        f"# {shown(named(manifest))}\n\n{_summary(manifest)}",
        _details(manifest, repo, spoken),
        use.uses(manifest, repo),
        use.structure(release, manifest, repo),
        "## Dataset Creation",
        origin.rationale(asked),
        origin.sources(release, manifest, asked),
        "#### Data Collection and Processing",
        evidence.funnel(release),
        *evidence.sections(release, manifest, asked),
        origin.producers(manifest),
        evidence.annotations(release, manifest),
        evidence.personal(manifest, asked),
        limits(release, manifest, asked),
        use.citation(manifest, repo, asked),
        use.GLOSSARY,
        use.again(manifest, repo),
        f"## Changelog\n\n{changes}" if changes else "",
    ]
    made = "\n\n".join(part for part in parts if part)
    return f"---\n{header(release, manifest, asked, spoken)}\n---\n\n{sealed(made)}\n\n{_BY_HAND}\n"


def _summary(manifest: dict[str, Any]) -> str:
    sources = len(manifest.get("sources") or {})
    return (
        f"Conversations for fine-tuning, winnowed from {sources} sources by rules that are written down. "
        "Of every record that was read, `ledger.parquet` says what became of it and why; `report.html` is the picture."
    )


def _details(manifest: dict[str, Any], repo: str, spoken: list[str]) -> str:
    rows = ", ".join(f"{sum(splits.values()):,} {name}" for name, splits in counts(manifest).items())
    read = f" of {manifest['records']:,} records that were read" if isinstance(manifest.get("records"), int) else ""
    facts = [f"- **Rows:** {rows}{read}"] if rows else []
    facts += [
        f"- **Language(s) (NLP):** {', '.join(spoken) or 'not measured'}",
        f"- **License:** {shown(manifest.get('license') or 'unknown')}",
        f"- **Repository:** {repo}",
        f"- **Release:** `{use.word(manifest.get('fingerprint', ''))}`",
    ]
    return "\n".join(["## Dataset Details", "", *facts])
