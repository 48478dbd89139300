"""The YAML on top of a dataset card: what the Hub, its viewer and `datasets` read."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exports.card_files import info
from exports.licences import UNKNOWN, normal
from schemas.recipe import Recipe

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
SPLITS = ("train", "test")
_HUB = re.compile(r"hf://datasets/([\w.-]+/[\w.-]+?)(?:@[^/]*)?(?:/.*)?")


def header(release: Path, manifest: dict[str, Any], asked: Recipe | None, spoken: list[str]) -> str:
    """The header's lines, without the marks around them; `spoken` are its `languages`."""
    from huggingface_hub import DatasetCardData

    held, kept = counts(manifest), configs(manifest)
    license = normal(str(manifest.get("license") or UNKNOWN))
    known = license in LICENSES
    data = DatasetCardData(
        language=spoken or None,
        license=license if known else "other",
        license_name=None if known else (re.sub(r"[^a-z0-9.]+", "-", license).strip("-") or "see-text"),
        pretty_name=named(manifest),
        size_categories=[_size(sum(rows for splits in held.values() for rows in splits.values()))],
        task_categories=["text-generation"],
        source_datasets=_extended(asked) or None,
        tags=[
            "conversational",
            "winnow",
            *sorted({"sft": "instruction-tuning", "preference": "preference"}.get(name, name) for name in held),
        ],
        configs=[_config(name, splits, manifest, first=not at) for at, (name, splits) in enumerate(kept.items())] or None,
        dataset_info=[told for name, splits in kept.items() if (told := info(release, name, splits))] or None,
    )
    return data.to_yaml()


def counts(manifest: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Rows by export and split, without empty ones; sft first."""
    found = {
        name: {split: int(splits[split]) for split in SPLITS if splits.get(split)}
        for name, splits in sorted((manifest.get("counts") or {}).items(), key=lambda item: (item[0] != "sft", item[0]))
    }
    return {name: splits for name, splits in found.items() if splits and re.fullmatch(r"\w+", name)}


def configs(manifest: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Of `counts` what the Hub lists: `datasets` reads all configs of a card by the kind of the first, so lines only alone."""
    held = counts(manifest)
    return {name: splits for name, splits in held.items() if not in_lines(manifest, name)} or held


def in_lines(manifest: dict[str, Any], name: str) -> bool:
    """Whether an export is JSON lines, not Parquet."""
    return any(file.startswith(f"{name}/") and file.endswith(".jsonl") for file in manifest.get("files") or ())


def named(manifest: dict[str, Any]) -> str:
    """The release's name, as the Hub allows one."""
    return re.sub(r"[^\w.-]+", "-", str(manifest.get("name") or "dataset")).strip("-.") or "dataset"


def languages(release: Path) -> list[str]:
    """Languages of at least one kept row in a hundred, where the recipe measured them."""
    signals, ledger = release / "signals.parquet", release / "ledger.parquet"
    if not (signals.is_file() and ledger.is_file()) or "language" not in pq.read_schema(signals).names:
        return []
    kept = pq.read_table(ledger, columns=["id"], filters=[("fate", "=", "kept")])["id"]
    measured = pq.read_table(signals, columns=["id", "language"])
    spoken = measured.filter(pc.is_in(measured["id"], value_set=kept.combine_chunks()))["language"].drop_null()
    found = {item["values"]: item["counts"] for item in spoken.cast(pa.string()).value_counts().to_pylist()}
    return sorted(
        name for name, rows in found.items() if rows * 100 >= len(kept) and re.fullmatch("[a-z]{2,3}", name) and name != "und"
    )


def on_the_hub(address: str) -> str | None:
    """OWNER/NAME of a dataset that `from:` takes from the Hub."""
    found = _HUB.fullmatch(address)
    return found[1] if found else None


def _config(name: str, splits: dict[str, int], manifest: dict[str, Any], *, first: bool) -> dict[str, Any]:
    kind = "jsonl" if in_lines(manifest, name) else "parquet"
    files = [{"split": split, "path": f"{name}/{split}-*.{kind}"} for split in splits]
    return {"config_name": name, "data_files": files} | ({"default": True} if first else {})


def _extended(asked: Recipe | None) -> list[str]:
    """The datasets on the Hub that sources come from; `extended` where one comes from elsewhere."""
    given = [spec.urls or [""] for spec in asked.sources.values()] if asked else []
    found = {on_the_hub(url) or "extended" for urls in given for url in urls}
    return sorted(found, key=lambda name: (name == "extended", name))


def _size(rows: int) -> str:
    return next((name for below, name in _SIZES if rows < below), "n>10M")
