"""All shards -> a release: judged, exported, accounted for, its laws checked, and only then switched in by one rename."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import sql
from exports.card import card
from filters import pii
from flows import account, code, exporting, judge, laws, plan, releases, store, units
from flows.places import Places
from flows.stages import Shard
from schemas import parquet, recipe
from schemas.faults import DataFault
from schemas.ledger import EDITS, FUNNEL, LEDGER, PAIRS, QUARANTINED, REFUSED
from sql import duck


def release(
    planned: plan.Plan, places: Places, out: Path, reads: list[store.Done], shards: list[Shard], models: dict[str, Any]
) -> Path:
    """Make the release's folder and switch it in. Raises DataFault when a limit or a law is broken; then `current` stays."""
    folder = out / planned.recipe.name / planned.fingerprint
    draft = folder.with_name(folder.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    refused = pa.concat_tables([REFUSED.empty_table(), *(parquet.read(shard.refused) for shard in shards)])
    records = sum(done.facts["records"] for done in reads)
    _limit(planned.recipe, records, refused)
    frame = units.rows((shard.rows, shard.signals) for shard in shards)
    ledger, pairs, counts = _decided(planned.recipe, frame, shards, refused, draft)
    parquet.write(ledger, draft / "ledger.parquet", LEDGER)
    parquet.write(pairs, draft / "pairs.parquet", PAIRS)
    _side_tables(shards, draft)
    _funnel(draft)
    used = pa.chunked_array([_records(shard.read) for shard in shards], pa.string())
    laws.records(records, used, refused["id"])
    facts = {
        **_facts(planned, shards, records, frame, used, refused),
        "counts": counts,
        "classifiers": models,
        "secrets": _secrets(draft),
    }
    (draft / "recipe.yaml").write_text(recipe.to_yaml(planned.recipe), "utf-8")
    _seal(draft, facts)
    laws.verify(draft)
    _quarantine(places, planned.fingerprint, refused)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(draft, folder)
    releases.note_texts(places, planned.fingerprint, [(shard.read, shard.rows) for shard in shards])
    releases.switch(folder)
    return folder


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


def _decided(
    asked: recipe.Recipe, frame: pl.DataFrame, shards: list[Shard], refused: pa.Table, draft: Path
) -> tuple[pa.Table, pa.Table, dict[str, dict[str, int]]]:
    """Judge, export and account: the ledger, the pairs, and rows per export and split."""
    keep, for_sft, for_pairs = plan.compiled(asked, plan.columns(asked))
    verdicts, pairs = judge.judge(asked, units.units(frame), keep, shards)
    standing = frame.join(verdicts.select(unit="id"), on="unit", how="anti", maintain_order="left")
    taken = []
    if asked.exports.sft:
        taken.append(exporting.take_sft(asked, standing, for_sft, shards))
    if asked.exports.preference:
        taken.append(exporting.take_preference(asked, standing, for_pairs, shards))
    counts = {each.name: each.write(draft / each.name) for each in taken}
    ledger = account.ledger(frame, verdicts, taken, refused)
    return ledger, pairs.sort_by([("id", "ascending"), ("other", "ascending"), ("key", "ascending")]), counts


def _limit(asked: recipe.Recipe, records: int, refused: pa.Table) -> None:
    if isinstance(asked.limits, recipe.Limits) and records:
        bad = pc.sum(pc.equal(refused["fate"], QUARANTINED)).as_py() or 0
        if bad / records > asked.limits.quarantined:
            first = refused.filter(pc.equal(refused["fate"], QUARANTINED)).slice(0, 1).to_pylist()[0]
            raise DataFault(
                f"{bad:,} of {records:,} records are quarantined ({bad / records:.1%}), the limit is {asked.limits.quarantined:.1%}; "
                f"first: {first['id']} ({first['reason']}); see `winnow inspect`, or raise `limits: {{quarantined: ...}}`"
            )


def _side_tables(shards: list[Shard], draft: Path) -> None:
    """edits, turns and signals of all rows, shard after shard: shards are in the order of ids."""
    for name, schema in (("edits", EDITS), ("turns", None), ("signals", None)):
        files = [getattr(shard, name) for shard in shards]
        parquet.write((parquet.read(file) for file in files), draft / f"{name}.parquet", schema or pq.read_schema(files[0]))


def _funnel(draft: Path) -> None:
    made = duck.query(duck.release(draft), sql.question("funnel"))
    parquet.write(made.cast(FUNNEL), draft / "funnel.parquet", FUNNEL)


def _records(rows: Path) -> pa.Array:
    return pc.unique(pc.list_flatten(parquet.read(rows, ["records"])["records"]))


def _facts(
    planned: plan.Plan, shards: list[Shard], records: int, frame: pl.DataFrame, used: pa.ChunkedArray, refused: pa.Table
) -> dict[str, Any]:
    asked = planned.recipe
    edits = pl.concat([pl.read_parquet(shard.edits) for shard in shards])
    by_source = _by_source([*used.chunks, *refused["id"].chunks])
    return {
        "name": asked.name,
        "fingerprint": planned.fingerprint,
        "license": asked.license,
        "seed": asked.seed,
        "recipe_sha256": store.digest(recipe.as_json(asked)),
        "inputs": [
            {"source": file.source, "file": file.name, "bytes": file.size, "sha256": sha}
            for file, sha in zip(planned.files, planned.hashes, strict=True)
        ],
        "versions": code.libraries(),
        "records": records,
        "rows": len(frame),
        "sources": {
            name: {
                "license": spec.license,
                "files": sum(file.source == name for file in planned.files),
                "records": by_source.get(name, 0),
                "rows": int((frame["source"] == name).sum()),
            }
            for name, spec in asked.sources.items()
        },
        "edits": {name: int(edits.filter(pl.col("edit") == name)["id"].n_unique()) for name in asked.edits},
    }


def _secrets(draft: Path) -> int:
    """Secrets left in anything that an export holds, tool calls included: `winnow push` refuses a release that has one."""
    found = 0
    for file in sorted(draft.glob("*/*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches():
            texts = pl.Series([json.dumps(row, ensure_ascii=False, default=str) for row in batch.to_pylist()], dtype=pl.String)
            found += int(pii.count(texts, ["secret"]).sum())
    return found


def _by_source(ids: list[pa.Array]) -> dict[str, int]:
    """Records of each source."""
    records = pl.from_arrow(pa.chunked_array(ids, pa.string())).unique()
    return dict(records.str.split_exact("/", 1).struct.field("field_0").value_counts().iter_rows())


def _seal(draft: Path, facts: dict[str, Any]) -> None:
    """The card is made from the manifest, and the manifest hashes the card: it is written twice, last of all."""
    for _ in range(2):
        files = {path.relative_to(draft).as_posix(): store.sha256(path) for path in _files(draft)}
        store.write_json(draft / "manifest.json", {**facts, "files": files})
        if not (draft / "README.md").is_file():
            (draft / "README.md").write_text(card(draft), "utf-8")


def _files(draft: Path) -> Iterator[Path]:
    return (path for path in sorted(draft.rglob("*")) if path.is_file() and path.name != "manifest.json")


def _quarantine(places: Places, fingerprint: str, refused: pa.Table) -> None:
    bad = refused.filter(pc.equal(refused["fate"], QUARANTINED))
    parquet.write(parquet.by_id(bad), places.quarantine / f"{fingerprint}.parquet", REFUSED)
