"""What is done to one shard, step by step: read, edit, measure, sign, cover. Plain functions over paths, without Prefect.

Each is a step of the store: named by what went in, the choices that matter to it, and its code; done once.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

import sources
from filters import classifier, edits, signals
from filters.overlap import benchmarks, prefixes, signatures
from flows import code, contaminated, indexing, keys, plan, store
from schemas import parquet
from schemas.ledger import EDITS, REFUSED
from schemas.recipe import Beginnings, Benchmark, Cap, Near, Published, Recipe
from schemas.rows import ROW

BATCH = 16 << 20  # bytes of records in one shard of rows

_MALLOC = {-8: 2, -3: 4 << 20, -1: 32 << 20}  # glibc's M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD


def _frugal() -> None:
    """Give memory back at once: about a quarter less of it, for some CPU time; threads free what others made."""
    pa.set_memory_pool(pa.system_memory_pool())
    if hasattr(clib := ctypes.CDLL(None), "mallopt"):
        for option, value in _MALLOC.items():
            clib.mallopt(option, value)


_frugal()


@dataclass(frozen=True)
class Job:
    """What every shard of a run needs to know: choices, the signals they name, trained models, benchmark files."""

    work: Path
    recipe: Recipe
    wanted: tuple[str, ...]
    models: dict[str, tuple[Path, str]]  # classifier -> model file, its sha256
    benchmarks: dict[str, tuple[tuple[Path, ...], str]]  # rule -> files, the fingerprint of their names and bytes


@dataclass(frozen=True)
class Shard:
    """Where one shard's rows and their side tables lie."""

    read: Path
    refused: Path
    rows: Path
    edits: Path
    turns: Path
    signals: Path
    signed: dict[str, Path]  # overlap rule over the rows themselves -> signatures
    covered: dict[str, Path]  # benchmark rule -> folder with the hits, and with what was looked for


def job(planned: plan.Plan, work: Path, trained: dict[str, store.Done]) -> Job:
    """The job of a plan, with the classifiers it trained."""
    recipe = planned.recipe
    models = {name: (done.folder / "model.bin", done.files["model.bin"]) for name, done in trained.items()}
    for name, given in recipe.classifiers.items():
        if given.model and given.sha256:
            path = plan.located(given.model, planned.data)[0]
            classifier.load(path, given.sha256)
            models[name] = (path, given.sha256)
    against: dict[str, tuple[tuple[Path, ...], str]] = {}
    for title, rule in recipe.overlap.items():
        if isinstance(rule, Benchmark):
            paths = tuple(plan.benchmark_files(rule, planned.data))
            named = zip(benchmarks.called(list(paths)), paths, strict=True)
            against[title] = (paths, store.digest([[name, planned.extra[str(path)]] for name, path in named]))
    return Job(work, recipe, tuple(sorted(plan.wanted(recipe))), models, against)


def read(work: Path, files: list[sources.File], hashes: list[str], batch: int = BATCH) -> store.Done:
    """Dumps -> rows-00000.parquet ..., with refused-00000.parquet ... beside them."""
    asked = [[*_asked(file), sha] for file, sha in zip(files, hashes, strict=True)]
    key = store.digest("read", asked, batch, code.fingerprint("sources"))

    def make(folder: Path) -> dict[str, Any]:
        parts = records = 0
        for rows, refused, count in _packed(files, batch):
            parquet.write(rows, folder / f"rows-{parts:05}.parquet", ROW, fast=True, group=parquet.TEXTS)
            parquet.write(refused, folder / f"refused-{parts:05}.parquet", REFUSED, fast=True, group=parquet.TEXTS)
            parts, records = parts + 1, records + count
        return {"parts": parts, "records": records}

    return store.step(work, "read", key, make)


def _asked(file: sources.File) -> list[Any]:
    """What matters of a file beside its bytes."""
    piece = [file.start, file.end, file.first]
    return [file.source, file.name, file.license, file.format, file.salvage, file.repair, piece]


def refine(job: Job, done: store.Done, part: int) -> Shard:
    """One shard of rows -> edited rows and every side table that the recipe asks for."""
    name = f"rows-{part:05}.parquet"
    edited = _edit(job, done.folder / name, done.files[name])
    measured = _measure(job, edited)
    near = {title: rule for title, rule in job.recipe.overlap.items() if not isinstance(rule, Benchmark | Published)}
    return Shard(
        read=done.folder / name,
        refused=done.folder / f"refused-{part:05}.parquet",
        rows=edited.folder / "rows.parquet",
        edits=edited.folder / "edits.parquet",
        turns=measured.folder / "turns.parquet",
        signals=measured.folder / "signals.parquet",
        signed={title: _sign(job, edited, rule) for title, rule in near.items()},
        covered={title: _cover(job, edited, title) for title in job.benchmarks},
    )


def train(work: Path, piles: plan.Piles, recipe: Recipe) -> store.Done:
    """Labelled piles -> model.bin and its evidence, with the edits of the recipe applied first."""
    made_by = code.fingerprint("filters.classifier", "sources")
    key = store.digest("train", len(piles.good), piles.hashes, _edits_key(recipe), recipe.seed, made_by)

    def make(folder: Path) -> dict[str, Any]:
        liked, unliked = (edits.apply(_pile(paths), recipe.edits)[0] for paths in (piles.good, piles.bad))
        return classifier.train(liked, unliked, recipe.seed, folder / "model.bin").as_json()

    return store.step(work, "train", key, make)


def _packed(files: list[sources.File], size: int) -> Iterator[tuple[pa.Table, pa.Table, int]]:
    """Batches of neighbouring files put together, up to `size` bytes of Arrow; one, and empty, where there is nothing."""
    held: list[sources.Batch] = []
    weight = given = 0
    for file in files:
        for batch in sources.read(file, size // 4):  # while records are decoded they take four times their bytes
            held.append(batch)
            weight += batch.rows.nbytes
            if weight >= size:
                yield _joined(held)
                held, weight, given = [], 0, given + 1
    if held or not given:
        yield _joined(held)


def _joined(held: list[sources.Batch]) -> tuple[pa.Table, pa.Table, int]:
    rows = pa.concat_tables([ROW.empty_table(), *(batch.rows for batch in held)])
    refused = pa.concat_tables([REFUSED.empty_table(), *(batch.refused for batch in held)])
    return rows, refused, sum(batch.records for batch in held)


def _pile(paths: list[Path]) -> pa.Table:
    files = [sources.File("pile", path.resolve(), path.name) for path in paths]
    return pa.concat_tables([ROW.empty_table(), *(batch.rows for file in files for batch in sources.read(file))])


def _edits_key(recipe: Recipe) -> str:
    return store.digest(list(recipe.edits.items()), code.fingerprint("filters.edits"))


def _edit(job: Job, rows: Path, sha: str) -> store.Done:
    def make(folder: Path) -> dict[str, Any]:
        edited, changes = edits.apply(parquet.read(rows), job.recipe.edits)
        parquet.write(changes, folder / "edits.parquet", EDITS, fast=True)
        return {"rows": parquet.write(edited, folder / "rows.parquet", ROW, fast=True, group=parquet.TEXTS)}

    return store.step(job.work, "edit", store.digest("edit", sha, _edits_key(job.recipe)), make)


def _measure(job: Job, edited: store.Done) -> store.Done:
    models = {name: sha for name, (_, sha) in job.models.items()}
    made_by = code.fingerprint("filters.signals", "filters.classifier", "filters.pii")
    key = store.digest("measure", edited.files["rows.parquet"], job.wanted, sorted(models.items()), made_by)

    def make(folder: Path) -> dict[str, Any]:
        rows = parquet.read(edited.folder / "rows.parquet")
        turns, measured = signals.measure(rows, set(job.wanted))
        measured = measured.append_column("format", rows["format"])  # so that questions over a release may name it too
        for name, (model, _) in sorted(job.models.items()):
            measured = measured.append_column(name, pa.array(classifier.predict(model, rows), pa.float64(), from_pandas=True))
        parquet.write(turns, folder / "turns.parquet", turns.schema, fast=True)
        return {"rows": parquet.write(measured, folder / "signals.parquet", measured.schema, fast=True)}

    return store.step(job.work, "measure", key, make)


def _sign(job: Job, edited: store.Done, rule: Near | Cap | Beginnings) -> Path:
    if isinstance(rule, Beginnings):
        return _sign_turns(job, edited)
    key, size, chars, short = indexing.setting(rule)
    made_by = code.fingerprint("filters.overlap", "flows.keys")
    named = store.digest("sign", edited.files["rows.parquet"], key, size, chars, short, made_by)

    def make(folder: Path) -> dict[str, Any]:
        rows = parquet.read(edited.folder / "rows.parquet", ["id", "messages"])
        texts = keys.compared(rows, key)
        return {"rows": signatures.sign(rows["id"], texts, size, folder / "signed.arrow", chars=chars, short=short)}

    return store.step(job.work, "sign", named, make).folder / "signed.arrow"


def _sign_turns(job: Job, edited: store.Done) -> Path:
    named = store.digest("turns", edited.files["rows.parquet"], code.fingerprint("filters.overlap", "flows.keys"))

    def make(folder: Path) -> dict[str, Any]:
        turns = keys.turns(parquet.read(edited.folder / "rows.parquet", ["id", "messages"]))
        return {"turns": prefixes.sign(turns["id"], turns["role"], turns["text"], folder / "signed.arrow")}

    return store.step(job.work, "turns", named, make).folder / "signed.arrow"


def _cover(job: Job, edited: store.Done, title: str) -> Path:
    rule = job.recipe.overlap[title]
    assert isinstance(rule, Benchmark)
    _, sha = job.benchmarks[title]
    made_by = code.fingerprint("filters.overlap", "flows.keys", "flows.contaminated")
    floors = contaminated.floors(rule)

    def named(floor: contaminated.Floors) -> str:
        return store.digest("cover", edited.files["rows.parquet"], sha, contaminated.choices(rule, floor), made_by)

    def make(folder: Path) -> dict[str, Any]:
        rows = parquet.read(edited.folder / "rows.parquet", contaminated.COLUMNS)
        return contaminated.cover(rows, rule, floors[0], job.benchmarks[title], folder)

    made = next((done for floor in floors[1:] if (done := store.done(job.work, "cover", named(floor)))), None)
    return (made or store.step(job.work, "cover", named(floors[0]), make)).folder
