"""What a dataset card shows for its claims: the funnel, edits, overlap, benchmarks, classifiers, annotations, personal data."""

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from exports import names, preference, shape
from exports.card_files import columns
from exports.card_header import counts
from exports.card_words import number, section, shown
from exports.measured import FOUND, NOT_COVERED
from schemas.ledger import STAGES
from schemas.recipe import Near, Recipe

OPT_IN = ("phone", "ip")  # `redact` takes them only where a recipe says `also`
_TWINS = """

A row fell only to one that stood, which `ledger.parquet` names beside the similarity. Near-duplicates are nominated by MinHash
and verified by the exact Jaccard similarity of their word groups; `pairs.parquet` holds the pairs. A chain of look-alikes never
collapses to one."""
_ITEMS = """

Looked for by runs of words that an item and a row share. Rows are counted as they were read; `ledger.parquet` says which fell for
it, `contamination.parquet` has every hit; of the words that both have only their number and sha256. No other benchmark
was looked for."""
_ANNOTATIONS = """### Annotations

#### Annotation process

No new labels were made. {told}

#### Who are the annotators?

Those of the sources: who ranked, scored or voted is known where a source says so, and is in its own documentation."""


def sections(release: Path, manifest: dict[str, Any], asked: Recipe | None) -> list[str]:
    """How the data was processed, step by step; empty where a release holds nothing of the kind."""
    return [_edits(release, manifest), _overlap(release, asked), _benchmarks(release), _classifiers(manifest)]


def funnel(release: Path) -> str:
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
    return section("What came in, and what left at each step", ["stage", "reason", "rows", "words"], body, 5)


def annotations(release: Path, manifest: dict[str, Any]) -> str:
    """Where orders and labels of answers come from, as the shapes that leave say it."""
    told = list(dict.fromkeys(filter(None, map(_verdicts, counts(manifest)))))
    if any("margin_by" in (columns(release, name) or pa.schema([])).names for name in counts(manifest)):
        told.append("`margin_by` says what the order of each pair is by.")
    if manifest.get("classifiers"):
        told.append(
            "Classifiers were trained on two piles of examples that the recipe names, and judge rows; their scores do not leave."
        )
    return _ANNOTATIONS.format(told=" ".join(told) or "Rows are as their sources have them, but for the edits above.")


def _verdicts(name: str) -> str:
    """What a shape says of its labels, or what it is made of does."""
    if name == "ties":
        return preference.VERDICTS
    module = shape(name) if name in names() else None
    base = module and (module if module.OF == "rows" else shape(module.OF))
    return str(getattr(module, "VERDICTS", getattr(base, "VERDICTS", "")))


def personal(manifest: dict[str, Any], asked: Recipe | None) -> str:
    """What was done about secrets and personal data, how well that works on planted texts, and what was not done."""
    edits = manifest.get("edits") or {}
    done = "Nothing was replaced: the recipe does not ask for `redact`."
    also = asked.edits.get("redact", {}).get("also", []) if asked else []
    replaced = [kind for kind in FOUND if "redact" in edits and (kind not in OPT_IN or kind in also)]
    if replaced:
        done = f"What was found of the kinds below became placeholders such as `[EMAIL]`, in {edits['redact']:,} rows."
    left = manifest.get("secrets")
    scan = f" A last scan of all that leaves found {left:,} secrets." if isinstance(left, int) else ""
    body = [
        [kind, "yes" if kind in replaced else "no", f"{each.recall:.3f}", f"{each.precision:.3f}", number(each.planted)]
        for kind, each in FOUND.items()
    ]
    table = section("", ["kind", "replaced", "recall", "precision", "planted"], body).partition("\n\n")[2]
    return (
        f"#### Personal and Sensitive Information\n\n{done}{scan} How well each kind is found was measured on texts in which it "
        f"was planted, outside of this data:\n\n{table}\n\nNot looked for: {', '.join(NOT_COVERED)}. Some are surely left. Texts "
        "are those of people and may tell of health, faith, politics or other sensitive things."
    )


def _edits(release: Path, manifest: dict[str, Any]) -> str:
    """Per edit: rows, turns and places that it changed."""
    path = release / "edits.parquet"
    made = pl.scan_parquet(path) if path.is_file() else pl.LazyFrame(schema={"edit": pl.String, "count": pl.Int32})
    told = {edit: each for edit, *each in made.group_by("edit").agg(pl.len(), pl.col("count").sum()).collect().iter_rows()}
    body = [
        [shown(name), number(rows), *map(number, told.get(name, [0, 0] if path.is_file() else ["", ""]))]
        for name, rows in (manifest.get("edits") or {}).items()
    ]
    more = "\n\n`edits.parquet` counts every change by row, turn and edit." if body else ""
    return section("What was repaired", ["edit", "rows", "turns", "places"], body, 5) + more


def _overlap(release: Path, asked: Recipe | None) -> str:
    """Per rule: its threshold, rows that fell, how many of them to an equal, and the least similarity of the others."""
    path = release / "ledger.parquet"
    if not path.is_file():
        return ""
    lines, like = pl.scan_parquet(path).filter(pl.col("stage") == "overlap"), pl.col("similarity")
    counts = lines.group_by("reason").agg(rows=pl.len(), same=(like == 1).sum(), least=like.filter(like < 1).min())
    told = counts.sort("reason").collect()
    rules = asked.overlap if asked else {}
    limit = {name: f"{rule.similarity:g}" for name, rule in rules.items() if isinstance(rule, Near)}
    body = [
        [shown(rule), limit.get(rule, ""), number(rows), number(same), "" if least is None else f"{least:.3f}"]
        for rule, rows, same, least in told.iter_rows()
    ]
    head = ["rule", "from similarity", "rows", "of similarity 1", "least of the others"]
    return section("Overlap", head, body, 5) + (_TWINS if body else "")


def _benchmarks(release: Path) -> str:
    """Per rule and benchmark: items looked for, items too short to be, items found, rows that hold one."""
    if not all((release / f"{name}.parquet").is_file() for name in ("benchmarks", "contamination")):
        return ""
    hits, sought = (pl.scan_parquet(release / f"{name}.parquet") for name in ("contamination", "benchmarks"))
    found = hits.group_by("rule", "benchmark").agg(pl.col("item", "id").n_unique())
    lines = sought.join(found, on=["rule", "benchmark"], how="left").sort("rule", "benchmark")
    told = lines.select("rule", "benchmark", "items", pl.col("too_short").list.len(), pl.col("item", "id").fill_null(0)).collect()
    body = [[shown(rule), shown(name), *map(number, each)] for rule, name, *each in told.iter_rows()]
    head = ["rule", "benchmark", "items", "too short to look for", "items found", "rows"]
    return section("Benchmarks in the data", head, body, 5) + (_ITEMS if body else "")


def _classifiers(manifest: dict[str, Any]) -> str:
    """Per classifier that was trained: rows held out, and the areas under the ROC curve, its own and that of length alone."""
    body = [
        [shown(name), number(sum(facts["held_out"].values())), f"{facts['auc']:.3f}", f"{facts['auc_of_length']:.3f}"]
        for name, facts in sorted((manifest.get("classifiers") or {}).items())
        if "auc" in facts
    ]
    return section("What the classifiers could tell", ["classifier", "held-out rows", "AUC", "AUC of length alone"], body, 5)
