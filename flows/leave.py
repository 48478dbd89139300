"""All shards -> a release: judged, exported, accounted for, its laws checked, and only then switched in by one rename."""

import math
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import sql
from exports import training
from exports.card import card
from flows import (
    account,
    contaminated,
    exporting,
    judge,
    laws,
    lists,
    manifest,
    plan,
    published,
    releases,
    reporting,
    shapes,
    store,
    units,
)
from flows.places import Places
from flows.stages import Shard
from schemas import parquet, recipe
from schemas.faults import DataFault
from schemas.ledger import BIAS, COMPARISONS, EDITS, FUNNEL, LEDGER, OMITTED, PAIRS, QUARANTINED, REFUSED, SUPERSEDED
from sql import duck

_AT_ONCE = 3  # files written at the same time
_SIDE = {"edits": EDITS, "turns": None, "signals": None}  # schemas; None: that of the shards


@dataclass(frozen=True)
class Made:
    """What the stages made: the reading of every file, every shard, and the evidence of each classifier."""

    reads: list[store.Done]
    shards: list[Shard]
    models: dict[str, Any]


@dataclass(frozen=True)
class Decided:
    """What a recipe decides: ledger, verified twins, answers compared, published rows replaced, what each export takes."""

    ledger: pa.Table
    pairs: pa.Table
    compared: pa.Table
    superseded: pa.Table
    taken: list[exporting.Taken]
    lists: dict[str, Any]  # what a manifest says of keep and block lists


def release(planned: plan.Plan, places: Places, out: Path, made: Made) -> Path:
    """Make the release's folder and switch it in. Raises DataFault when a limit or a law is broken; then `current` stays."""
    folder = out / planned.recipe.name / planned.fingerprint
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        page = _filled(planned, places, made, draft)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    releases.settle(draft, folder)
    reporting.write(reporting.whole_at(places, folder), page)
    releases.switch(folder)
    return folder


def _filled(planned: plan.Plan, places: Places, made: Made, draft: Path) -> str:
    """Everything that a release holds, checked. Returns the page with every text, which lies outside of it."""
    shards = made.shards
    left = refused(shards)
    records = sum(done.facts["records"] for done in made.reads)
    _limit(planned.recipe, records, left)
    frame = units.rows((shard.rows, shard.signals) for shard in shards)
    known = published.find(planned.recipe, planned.data, planned.extra, places.work)
    found = decided(planned.recipe, frame, shards, left, known, lists.find(planned.recipe, planned.data))
    frame = frame.select("source")  # the rest is let go while texts are written
    tables = {"ledger": (found.ledger, LEDGER), "pairs": (found.pairs, PAIRS), "comparisons": (found.compared, COMPARISONS)}
    tables["bias"] = pa.concat_tables([BIAS.empty_table(), *(each.bias for each in found.taken if each.bias)]), BIAS
    if known and not known.wins:
        tables["superseded"] = found.superseded, SUPERSEDED
    cuts = pa.concat_tables([EDITS.empty_table(), *(each.cuts for each in found.taken if each.cuts)])
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        exported = {each.name: pool.submit(each.write, draft / each.name) for each in found.taken}
        rest = [pool.submit(side_table, name, shards, draft, cuts) for name in _SIDE]
        rest.append(pool.submit(contaminated.written, planned.recipe, [shard.covered for shard in shards], draft))
        rest.append(pool.submit(_omitted, found.taken, draft))
        rest += [pool.submit(parquet.write, table, draft / f"{name}.parquet", kind) for name, (table, kind) in tables.items()]
        counts = {name: done.result() for name, done in exported.items()}
        for done in rest:
            done.result()
    funnel(draft)
    used = pa.chunked_array([records_of(shard.read) for shard in shards], pa.string())
    laws.records(records, used, left["id"])
    ids = [*used.chunks, *left["id"].chunks]
    facts = {**manifest.facts(planned, shards, frame, ids), "records": records, "counts": counts, "classifiers": made.models}
    facts |= {"published": known.facts()} if known else {}
    facts |= {"lists": found.lists} if found.lists else {}
    (draft / "recipe.yaml").write_text(recipe.to_yaml(planned.recipe), "utf-8")
    _training(draft, found.taken, counts)
    releases.note_texts(places, planned.fingerprint, [(shard.read, shard.rows) for shard in shards])
    page = _seal(places, draft, {**facts, "secrets": manifest.secrets(draft)})
    laws.verify(draft)
    _quarantine(places, planned.fingerprint, shards)
    return page


def told(folder: Path) -> tuple[list[dict[str, Any]], str]:
    """The funnel as rows and a summary as Markdown, for Prefect's page."""
    facts = releases.manifest(folder)
    funnel = pq.read_table(folder / "funnel.parquet").to_pylist()
    counts = [
        f"| {name} | {split} | {count:,} |"
        for name, splits in sorted(facts["counts"].items())
        for split, count in sorted(splits.items())
    ]
    lines = [f"**{facts['name']}** `{facts['fingerprint']}`: {facts['records']:,} records, {facts['rows']:,} rows", ""]
    return funnel, "\n".join([*lines, "| export | split | rows |", "|---|---|---|", *counts])


def decided(  # noqa: PLR0917
    asked: recipe.Recipe,
    frame: pl.DataFrame,
    shards: list[Shard],
    refused: pa.Table,
    known: published.Remembered | None = None,
    marks: lists.Lists | None = None,
) -> Decided:
    """Judge and select, with a person's marks, beside what was published earlier; in memory: nothing is written."""
    keep, rules = plan.compiled(asked, plan.columns(asked))
    marks = marks or lists.Lists()
    frame = marks.marked(frame)
    pairs = asked.exports.preference
    apart = units.voting(frame) if pairs and pairs.join != "no" else frame
    said = judge.judge(asked, units.units(apart), keep, shards, units.answers(frame), known)
    standing = frame.join(said.verdicts.select(unit="id"), on="unit", how="anti", maintain_order="left")
    taken = shapes.taken(asked, standing, rules, shards, known)
    ledger = account.ledger(lists.passed_over(frame, said.spared), said.verdicts, taken, refused)
    met = said.pairs.sort_by([("id", "ascending"), ("other", "ascending"), ("key", "ascending")])
    compared, superseded = account.comparisons(taken), published.replaced(said.superseded, ledger)
    return Decided(ledger, met, compared, superseded, taken, marks.facts(frame, said.spared))


def refused(shards: list[Shard]) -> pa.Table:
    """A line for every record that gave no row, without its bytes."""
    told = [name for name in REFUSED.names if name != "raw"]  # bytes stay on disk
    return pa.concat_tables([parquet.read(shard.refused, told) for shard in shards])


def _limit(asked: recipe.Recipe, records: int, refused: pa.Table) -> None:
    if isinstance(asked.limits, recipe.Limits):
        if not records:
            raise DataFault(f"{asked.name}: the sources hold no record at all; `limits: off` makes an empty release of them")
        bad = pc.sum(pc.equal(refused["fate"], QUARANTINED)).as_py() or 0
        if asked.limits.broken(bad, records):
            first = refused.filter(pc.equal(refused["fate"], QUARANTINED)).slice(0, 1).to_pylist()[0]
            raise DataFault(
                f"{bad:,} of {records:,} records are quarantined ({bad / records:.1%}), and the limit is "
                f"{asked.limits.quarantined:.1%}; first: {first['id']} ({first['reason']}: {first['detail']}). "
                f"See `winnow inspect`; to go on all the same: --set limits.quarantined={math.ceil(bad / records * 100) / 100}"
            )


def side_table(name: str, shards: list[Shard], draft: Path, cuts: pa.Table) -> int:
    """One of edits, turns and signals of all rows, shard after shard, in the order of ids; what exports cut is an edit."""
    files = [getattr(shard, name) for shard in shards]
    tables: Iterator[pa.Table] = (parquet.read(file) for file in files)
    if name == "edits" and len(cuts):
        made = pl.DataFrame(pa.concat_tables([*(table.cast(EDITS) for table in tables), cuts])).unique()
        tables = iter([made.sort("id", "turn", "edit", "count").to_arrow().cast(EDITS)])
    return parquet.write(tables, draft / f"{name}.parquet", _SIDE[name] or pq.read_schema(files[0]))


def _omitted(taken: list[exporting.Taken], draft: Path) -> int:
    """A line for every row and every export without it: as many as there are rows, so they are there while they are written."""
    return parquet.write(account.omitted(taken), draft / "omitted.parquet", OMITTED)


def _training(draft: Path, taken: list[exporting.Taken], counts: dict[str, dict[str, int]]) -> None:
    """`train/`: what trainers need to be told, from the columns that the exports have."""
    columns: dict[str, list[str]] = {}
    for each in taken:
        columns[each.name] = each.schema.names
        for field in each.schema:
            if pa.types.is_list(field.type) and pa.types.is_struct(field.type.value_type):
                columns[f"{each.name}.{field.name}"] = [inner.name for inner in field.type.value_type]
    called = {name.split(".")[0] for name, fields in columns.items() if "." in name and "tool_calls" in fields}
    for name, text in training.files(counts, columns, called).items():
        path = draft / "train" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def funnel(draft: Path) -> None:
    """Count a ledger's lines by source, stage and reason."""
    made = duck.query(duck.release(draft), sql.question("funnel"))
    parquet.write(made.cast(FUNNEL), draft / "funnel.parquet", FUNNEL)


def records_of(rows: Path) -> pa.Array:
    """The ids of all records that a shard's rows were made of."""
    return pc.unique(pc.list_flatten(parquet.read(rows, ["records"])["records"]))


def _seal(places: Places, draft: Path, facts: dict[str, Any]) -> str:
    """Card and report are made from the manifest, and the manifest hashes both. Returns the report with every text."""
    _written(draft, facts)
    (draft / "README.md").write_text(card(draft), "utf-8")
    published, whole = reporting.made(places, draft, "kept", "all")
    (draft / "report.html").write_text(published, "utf-8")
    _written(draft, facts)
    return whole


def _written(draft: Path, facts: dict[str, Any]) -> None:
    files = {path.relative_to(draft).as_posix(): store.sha256(path) for path in _files(draft)}
    store.write_json(draft / "manifest.json", {**facts, "files": files})


def _files(draft: Path) -> Iterator[Path]:
    return (path for path in sorted(draft.rglob("*")) if path.is_file() and path.name != "manifest.json")


def _quarantine(places: Places, fingerprint: str, shards: list[Shard]) -> None:
    """Raw bytes of every record that gave no row, outside the release: they are never pushed."""
    tables = (parquet.by_id(parquet.read(shard.refused)) for shard in shards)
    parquet.write(tables, places.quarantine / f"{fingerprint}.parquet", REFUSED, group=parquet.TEXTS)
