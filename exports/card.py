"""The dataset card: a release's README.md, made from the release's own files, so that it can be made again at any time.

All text from dumps (source names, reasons, licences) is a stranger's: it is shown as words and can start no table cell,
code, link, heading or HTML.
"""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exports import card_evidence as evidence
from exports import names, shape
from exports.card_merge import BEGIN, END
from exports.card_words import number, section, shown
from schemas.faults import MissingFault
from schemas.ledger import STAGES

# Licences that the Hub knows (hub-docs, datasets-cards): anything else is `other` with its name.
LICENSES = frozenset(
    """
    apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m afl-3.0
    artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0
    cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0
    cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0
    epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc lppl-1.3c
    ms-pl mpl-2.0 odc-by odbl openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr unknown other llama2
    llama3 gemma
    """.split()  # noqa: SIM905  a list of seventy strings is no easier to read
)
_SIZES = [(1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M")]
_SPLITS = ("train", "test")


def card(release: Path) -> str:
    """The README.md of a release folder: YAML header and text. Needs manifest.json; what else is missing is left out."""
    path = release / "manifest.json"
    if not path.is_file():
        raise MissingFault(f"{path}: no manifest, so this is no release; `winnow run` makes one")
    manifest = json.loads(path.read_bytes())
    parts = [
        _head(manifest),
        _splits(manifest),
        _load(manifest),
        _funnel(release),
        _wins(release),
        _sources(manifest),
        _edits(manifest),
        *evidence.sections(release, manifest),
        _again(manifest),
    ]
    made = "\n\n".join(part for part in [BEGIN, *parts, END] if part)
    return f"---\n{_header(release, manifest)}\n---\n\n{made}\n"


def _header(release: Path, manifest: dict[str, Any]) -> str:
    from huggingface_hub import DatasetCardData

    counts = _counts(manifest)
    named = str(manifest.get("license") or "unknown").lower()
    known = named in LICENSES
    data = DatasetCardData(
        language=_languages(release) or None,
        license=named if known else "other",
        license_name=None if known else (re.sub(r"[^a-z0-9.-]+", "-", named).strip("-") or "see-text"),
        pretty_name=_name(manifest),
        size_categories=[_size(sum(rows for splits in counts.values() for rows in splits.values()))],
        task_categories=["text-generation"],
        tags=[
            "conversational",
            "winnow",
            *sorted({"sft": "instruction-tuning", "preference": "preference"}.get(name, name) for name in counts),
        ],
        configs=[_config(name, splits, manifest, first=not at) for at, (name, splits) in enumerate(counts.items())] or None,
    )
    return data.to_yaml()


def _config(name: str, splits: dict[str, int], manifest: dict[str, Any], *, first: bool) -> dict[str, Any]:
    kind = "jsonl" if any(re.fullmatch(rf"{name}/.*[.]jsonl", file) for file in manifest.get("files") or ()) else "parquet"
    files = [{"split": split, "path": f"{name}/{split}-*.{kind}"} for split in splits]
    return {"config_name": name, "data_files": files} | ({"default": True} if first else {})


def _counts(manifest: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Rows by export and split, without empty ones; sft first."""
    found = {
        name: {split: int(splits[split]) for split in _SPLITS if splits.get(split)}
        for name, splits in sorted((manifest.get("counts") or {}).items(), key=lambda item: (item[0] != "sft", item[0]))
    }
    return {name: splits for name, splits in found.items() if splits and re.fullmatch(r"\w+", name)}


def _takes(name: str) -> str:
    """What a row of this shape is."""
    return str(getattr(shape(name), "TAKES", "")) if name in names() else ""


def _name(manifest: dict[str, Any]) -> str:
    return re.sub(r"[^\w.-]+", "-", str(manifest.get("name") or "dataset")).strip("-.") or "dataset"


def _size(rows: int) -> str:
    return next((name for below, name in _SIZES if rows < below), "n>10M")


def _languages(release: Path) -> list[str]:
    """Languages of at least one kept row in a hundred, where the recipe measured them."""
    signals, ledger = release / "signals.parquet", release / "ledger.parquet"
    if not (signals.is_file() and ledger.is_file()) or "language" not in pq.read_schema(signals).names:
        return []
    kept = pq.read_table(ledger, columns=["id"], filters=[("fate", "=", "kept")])["id"]
    measured = pq.read_table(signals, columns=["id", "language"])
    spoken = measured.filter(pc.is_in(measured["id"], value_set=kept.combine_chunks()))["language"].drop_null()
    counts = {item["values"]: item["counts"] for item in spoken.cast(pa.string()).value_counts().to_pylist()}
    return sorted(
        name for name, rows in counts.items() if rows * 100 >= len(kept) and re.fullmatch("[a-z]{2,3}", name) and name != "und"
    )


def _head(manifest: dict[str, Any]) -> str:
    sources = len(manifest.get("sources") or {})
    return (
        f"# {shown(_name(manifest))}\n\nConversations for fine-tuning, winnowed from {sources} sources "
        "by rules that are written down. Of every record that was read, `ledger.parquet` says what became of it and why."
    )


def _splits(manifest: dict[str, Any]) -> str:
    counts = _counts(manifest)
    body = [[f"`{name}`", *(f"{splits.get(split, 0):,}" for split in _SPLITS), _takes(name)] for name, splits in counts.items()]
    return section("What is in it", ["config", *_SPLITS, "a row is"], body) + (
        "\n\nA prompt that is held out for `test` is held out in every config." if counts else ""
    )


def _load(manifest: dict[str, Any]) -> str:
    lines = [
        f'{name} = load_dataset("OWNER/{_name(manifest)}", "{name}", split="{next(iter(splits))}")'
        for name, splits in _counts(manifest).items()
    ]
    return "## How to load it\n\n```python\nfrom datasets import load_dataset\n\n" + "\n".join(lines) + "\n```" if lines else ""


def _funnel(release: Path) -> str:
    """Rows and words by stage and reason, over all sources."""
    path = release / "funnel.parquet"
    if not path.is_file():
        return ""
    table = pq.read_table(path, columns=["stage", "reason", "rows", "words"])
    found = table.group_by(["stage", "reason"], use_threads=False).aggregate([("rows", "sum"), ("words", "sum")]).to_pylist()
    order = {stage: at for at, stage in enumerate(STAGES)}
    found.sort(
        key=lambda line: order.get(line["stage"], -1 if line["stage"] in ("in", "records") else len(order))
    )  # stable within a stage
    body = [
        [shown(line["stage"] or ""), shown(line["reason"] or ""), number(line["rows_sum"]), number(line["words_sum"])]
        for line in found
    ]
    return section("What came in, and what left at each step", ["stage", "reason", "rows", "words"], body)


def _wins(release: Path) -> str:
    """How often the longer answer wins: overall, per source, and by the ratio of lengths; the same of what was balanced."""
    path = release / "bias.parquet"
    lines = pq.read_table(path).to_pylist() if path.is_file() else []
    body = [
        [
            shown(line["signal"]),
            line["stage"],
            shown(line["source"] or "all") + ("" if line["gap_from"] is None else f", {_span(line)}"),
            number(line["pairs"]),
            f"{line['share']:.1%} ({line['low']:.1%} to {line['high']:.1%})",
            "" if line["effect"] is None else f"{line['effect']:.2f}",
        ]
        for line in lines
        if line["share"] is not None and not (line["source"] and line["gap_from"] is not None)
    ]
    told = (
        "\n\nHow often the longer answer is the chosen one (or the side with more of what was balanced), with its 95 % interval; "
        "by the ratio of the lengths in words, of others by the difference in standard deviations. Cohen's d is that of chosen "
        "against rejected, of length in ln(words)."
    )
    return section("What wins pairs", ["more of", "balancing", "pairs of", "pairs", "wins", "d"], body) + (told if body else "")


def _span(line: dict[str, Any]) -> str:
    return f"from {line['gap_from']:g}" + ("" if line["gap_to"] is None else f" to {line['gap_to']:g}")


def _sources(manifest: dict[str, Any]) -> str:
    sources = sorted((manifest.get("sources") or {}).items())
    counts = [count for count in ("files", "records", "rows") if any(count in spec for _, spec in sources)]
    body = [
        [shown(name), shown(spec.get("license") or "unknown"), *(number(spec.get(count)) for count in counts)]
        for name, spec in sources
    ]
    told = "\n\nEach row names its own source and licence. A source's licence still holds for its rows." if body else ""
    return section("Where it comes from", ["source", "licence", *counts], body) + told


def _edits(manifest: dict[str, Any]) -> str:
    body = [[shown(name), number(rows)] for name, rows in (manifest.get("edits") or {}).items()]
    told = "\n\n`edits.parquet` counts every change by row, turn and edit." if body else ""
    return section("What was repaired", ["edit", "rows"], body) + told


def _again(manifest: dict[str, Any]) -> str:
    facts = [
        f"- {what}: `{_word(manifest[key])}`"
        for key, what in (("fingerprint", "release"), ("recipe_sha256", "recipe (sha256)"), ("seed", "seed"))
        if key in manifest
    ]
    facts += [f"- {shown(name)} {shown(version)}" for name, version in sorted((manifest.get("versions") or {}).items())]
    return "\n".join(
        ["## How to make it again", "", "With the same dumps, `winnow run recipe.yaml` gives the same bytes.", "", *facts]
    )


def _word(value: Any) -> str:
    return re.sub(r"[^\w.-]+", "", str(value))[:80]
