"""What `winnow audit` does: rows of any dump measured, compared and judged by a recipe, in memory; one page and its numbers.

Three judgements over the same shards: one that only compares rows, one that only pairs answers (who survives comparing is no
fair sample of them), whatever rules say of either, and the recipe's own, which says what a cleaned release would be. Steps are
those of `winnow run`, so a run after an audit is quick.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from exports.report import audit as pages
from exports.report.drawn import draw
from flows import (
    contaminated,
    examined,
    leave,
    lists,
    manifest,
    plan,
    published,
    releases,
    reporting,
    stages,
    store,
    sweeping,
    units,
)
from flows.places import Places
from schemas import parquet
from schemas import recipe as recipes
from schemas.ledger import BIAS, COMPARISONS, LEDGER, PAIRS
from sources import licence

_COMPARED: dict[str, Any] = {
    "copies": {"key": "conversation", "similarity": 1.0, "prefer": ["words DESC"]},
    "near": {"key": "conversation", "similarity": 0.8, "prefer": ["words DESC"]},
    "prompts": {"key": "prompt", "at_most": 1, "prefer": ["words DESC"]},
}
_PUBLIC: dict[str, Any] = {"benchmarks": {"against": "public"}}
_EXPORTS = {"preference": {"refusals": "keep", "contradictions": "keep", "at_most_similar": 1.0, "both_bad": "tie"}}


@dataclass(frozen=True)
class Audit:
    """The numbers of an audit, and its page where one was asked for."""

    numbers: dict[str, Any]
    page: str


@dataclass(frozen=True)
class _Rows:
    """What was read and measured, and the judgements."""

    made: leave.Made
    frame: pl.DataFrame
    refused: pa.Table
    measured: leave.Decided
    paired: leave.Decided
    cleaned: leave.Decided


def audit(planned: plan.Plan, places: Places, name: str, workers: int, *, rows: int | None = reporting.ROWS) -> Audit:
    """Audit the files of a plan under its recipe; `rows` of each reason on the page, None for numbers without a page."""
    measuring = _recipe(planned.recipe)
    job, made, swept = _shards(planned, measuring, places, workers)
    found = _judged(planned, measuring, places, made)
    with _drafts(places.work, planned.fingerprint) as (compared, cleaned):
        _compared(compared, measuring, found, job)
        told = _numbers(planned, found, compared, swept)
        told = {"name": name, **told}
        if rows is None:
            return Audit(told, "")
        _cleaned(cleaned, planned, found, places)
        drawn, alike = (reporting.masked_words(draw(folder, rows, 0)) for folder in (cleaned, compared))
        ids = replace(drawn, clusters=alike.clusters, misses=[], fallen=[])
        texts = reporting.texts(places, cleaned, ids, "all")
        parts = pages.charts(cleaned, compared, drawn, alike, reporting.limits(cleaned))
        return Audit(told, pages.page(told, ids, texts, parts, cleaned))


def _recipe(asked: recipes.Recipe) -> recipes.Recipe:
    """The sources and edits of a recipe with nothing but comparing: no rule, no budget, every pair as it came."""
    overlap = {f"{examined.PREFIX}{name}": rule for name, rule in (_COMPARED | _PUBLIC).items()}
    plain = recipes.Recipe.model_validate(
        {"name": "audit", "sources": {"a": {"path": "a"}}, "overlap": overlap, "exports": _EXPORTS, "limits": "off"}
    )
    return plain.model_copy(update={"sources": asked.sources, "edits": asked.edits, "seed": asked.seed, "test": asked.test})


def _shards(
    planned: plan.Plan, measuring: recipes.Recipe, places: Places, workers: int
) -> tuple[stages.Job, leave.Made, list[Path]]:
    """Every file read, edited, measured, signed, looked through for benchmarks and for what is private."""
    both = planned.recipe.model_copy(update={"overlap": {**planned.recipe.overlap, **measuring.overlap}})
    extra = {str(path): store.sha256(path) for path in plan.benchmark_files(_against(measuring), planned.data)}
    whole = replace(planned, recipe=both, extra={**planned.extra, **extra})
    models = {each.name: stages.train(places.work, each, both) for each in plan.piles(planned)}
    job = stages.job(whole, places.work, models)
    job = replace(job, wanted=tuple(sorted({*job.wanted, *plan.wanted(measuring), *examined.WANTED})))
    with ThreadPoolExecutor(workers) as pool:
        reads = list(pool.map(lambda part: stages.read(places.work, *part), planned.shards(min(plan.SHARD, stages.BATCH))))
        parts = [(done, part) for done in reads for part in range(done.facts["parts"])]
        shards = list(pool.map(lambda part: stages.refine(job, *part), parts))
        hashes = [done.files[f"rows-{part:05}.parquet"] for done, part in parts]
        swept = list(pool.map(lambda shard, sha: sweeping.sweep(places.work, shard.read, sha), shards, hashes))
    return job, leave.Made(reads, shards, {name: done.facts for name, done in models.items()}), swept


def _against(measuring: recipes.Recipe) -> recipes.Benchmark:
    return next(rule for rule in measuring.overlap.values() if isinstance(rule, recipes.Benchmark))


def _judged(planned: plan.Plan, measuring: recipes.Recipe, places: Places, made: leave.Made) -> _Rows:
    frame, left = units.rows((shard.rows, shard.signals) for shard in made.shards), leave.refused(made.shards)
    plain = {name: rule for name, rule in measuring.overlap.items() if not isinstance(rule, recipes.Benchmark)}
    measured = leave.decided(measuring.model_copy(update={"overlap": plain}), frame, made.shards, left)
    paired = leave.decided(measuring.model_copy(update={"overlap": {}}), frame, made.shards, left)
    beside = published.find(planned.recipe, planned.data, planned.extra, places.work)
    marks = lists.find(planned.recipe, planned.data)
    return _Rows(made, frame, left, measured, paired, leave.decided(planned.recipe, frame, made.shards, left, beside, marks))


@contextmanager
def _drafts(work: Path, fingerprint: str) -> Iterator[tuple[Path, Path]]:
    """Two folders like releases for as long as a page is made: what comparing found, and what the recipe decides."""
    draft = work / "audits" / fingerprint
    shutil.rmtree(draft, ignore_errors=True)
    folders = draft / "compared", draft / "cleaned"
    for folder in folders:
        folder.mkdir(parents=True)
    try:
        yield folders
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _compared(draft: Path, measuring: recipes.Recipe, found: _Rows, job: stages.Job) -> None:
    looked = {name.removeprefix(examined.PREFIX): rule for name, rule in measuring.overlap.items() if name in job.benchmarks}
    covered = [
        {name.removeprefix(examined.PREFIX): folder for name, folder in shard.covered.items() if name in measuring.overlap}
        for shard in found.made.shards
    ]
    contaminated.written(measuring.model_copy(update={"overlap": looked}), covered, draft)
    _tables(draft, found.measured, apart=("prompts",))  # which have one question, and are not alike
    bias = pa.concat_tables([BIAS.empty_table(), *(each.bias for each in found.paired.taken if each.bias)])
    parquet.write(bias, draft / "bias.parquet", BIAS)
    plain = {name.removeprefix(examined.PREFIX): rule for name, rule in measuring.overlap.items()}
    (draft / "recipe.yaml").write_text(recipes.to_yaml(measuring.model_copy(update={"overlap": plain})), "utf-8")


def _cleaned(draft: Path, planned: plan.Plan, found: _Rows, places: Places) -> None:
    _tables(draft, found.cleaned)
    none = pa.Table.from_pylist([], schema=parquet.read(found.made.shards[0].edits).schema)
    for name in ("edits", "turns", "signals"):
        leave.side_table(name, found.made.shards, draft, none)
    leave.funnel(draft)
    ids = [*(leave.records_of(shard.read) for shard in found.made.shards), *found.refused["id"].chunks]
    counts = {each.name: {"all": len(each.ids)} for each in found.cleaned.taken}
    facts = manifest.facts(planned, found.made.shards, found.frame, ids)
    facts |= {"records": _records(found), "counts": counts, "classifiers": found.made.models, "files": {}}
    store.write_json(draft / "manifest.json", facts)
    (draft / "recipe.yaml").write_text(recipes.to_yaml(planned.recipe), "utf-8")
    releases.note_texts(places, planned.fingerprint, [(shard.read, shard.rows) for shard in found.made.shards])


def _tables(draft: Path, decided: leave.Decided, apart: tuple[str, ...] = ()) -> None:
    """Ledger and pairs; the names of rules as they are told, and no twins of those `apart`."""
    ledger = pl.DataFrame(decided.ledger).with_columns(pl.col("reason").str.strip_prefix(examined.PREFIX))
    twin = pl.when(pl.col("reason").is_in(apart).not_().fill_null(value=True)).then("twin")
    ledger = ledger.with_columns(twin=twin)
    parquet.write(ledger.to_arrow().cast(LEDGER), draft / "ledger.parquet", LEDGER)
    parquet.write(decided.pairs, draft / "pairs.parquet", PAIRS)
    parquet.write(decided.compared, draft / "comparisons.parquet", COMPARISONS)


def _records(found: _Rows) -> int:
    return sum(done.facts["records"] for done in found.made.reads)


def _beside(planned: plan.Plan) -> dict[str, dict[str, str]]:
    """What files beside each source that names no licence say of it; rows and rules stay as the recipe has them."""
    found = {}
    for name, spec in planned.recipe.sources.items():
        path = planned.base / spec.path
        folder = path if path.is_dir() else path.parent
        found[name] = licence.beside(folder) if spec.license == "unknown" and folder.is_dir() else {}
    return found


def _numbers(planned: plan.Plan, found: _Rows, compared: Path, swept: list[Path]) -> dict[str, Any]:
    turns = sum(pq.read_metadata(shard.turns).num_rows for shard in found.made.shards)
    told = examined.numbers(found.frame, found.refused, found.cleaned)
    hits, known = (pl.read_parquet(compared / f"{name}.parquet") for name in ("contamination", "benchmarks"))
    edits = pl.concat([pl.read_parquet(shard.edits, columns=["id", "edit"]) for shard in found.made.shards])
    changed = edits.group_by("edit").agg(pl.col("id").n_unique()).sort("edit")
    return {
        "files": len(planned.files),
        "bytes": sum(file.size for file in planned.files),
        "records": _records(found),
        "formats": examined.files(planned.files, found.frame),
        "turns": turns,
        **told,
        "duplicates": examined.duplicates(found.measured),
        "pairs": examined.pairs(found.paired),
        "cleaned": {"recipe": planned.recipe.name, **told["cleaned"]},
        "contaminated": hits["id"].n_unique(),
        "contamination": examined.contamination(hits, known),
        "private": examined.private(pl.concat([pl.read_parquet(path) for path in swept])),
        "repaired": dict(changed.iter_rows()),
        "licence": examined.licence({name: spec.license for name, spec in planned.recipe.sources.items()}, _beside(planned)),
    }
