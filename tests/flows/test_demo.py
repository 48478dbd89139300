"""The golden run: the bundled samples through the demo recipe, every ledger line as written down beforehand."""

import json
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from flows import laws, plan, releases, stages, store
from flows.places import ROOT, Places
from schemas import recipe as recipes

RECIPE = recipes.load(ROOT / "recipes" / "demo.yaml")
SAMPLES = ROOT / "data" / "samples"


@pytest.fixture
def golden(demo: tuple[Path, Path]) -> Path:
    return demo[1]


def test_every_ledger_line_is_as_expected(golden: Path) -> None:
    expected = {line["id"]: line for line in map(json.loads, (SAMPLES / "expected.jsonl").open(encoding="utf-8"))}
    ledger = {line["id"]: line for line in pq.read_table(golden / "ledger.parquet").to_pylist()}
    assert expected.keys() == ledger.keys()
    said = {row: {name: ledger[row][name] for name in line} for row, line in expected.items()}
    assert said == expected


def test_its_laws_hold_again_from_its_files_alone(golden: Path) -> None:
    assert laws.verify(golden)["records"] == releases.manifest(golden)["records"]


def test_nothing_in_it_names_a_time_a_host_or_a_path(golden: Path) -> None:
    for file in ("manifest.json", "recipe.yaml", "README.md"):
        text = (golden / file).read_text("utf-8")
        assert str(ROOT) not in text and str(golden) not in text and "/tmp/" not in text, file


def test_the_classifier_shows_its_evidence_and_opens_in_plain_fasttext(demo: tuple[Path, Path]) -> None:
    import fasttext

    facts = releases.manifest(demo[1])["classifiers"]["quality"]
    assert facts["auc"] > facts["auc_of_length"] > 0
    [piles] = plan.piles(plan.make(RECIPE, SAMPLES))
    with store.as_it_is():
        file = stages.train(Places(demo[0]).work, piles, RECIPE).folder / "model.bin"
    assert set(fasttext.load_model(str(file)).get_labels()) == {"__label__good", "__label__bad"}


@pytest.mark.parametrize("export", ["sft", "preference"])
def test_every_loader_reads_the_same_rows(golden: Path, export: str, tmp_path: Path) -> None:
    from datasets import load_dataset

    files = {split: str(golden / export / f"{split}-00000-of-00001.parquet") for split in ("train", "test")}
    ours = {split: pq.read_table(file).to_pylist() for split, file in files.items()}
    assert {split: len(rows) for split, rows in ours.items()} == releases.manifest(golden)["counts"][export]
    loaded = load_dataset("parquet", data_files=files, cache_dir=str(tmp_path))
    for split, rows in ours.items():
        assert loaded[split].to_list() == rows
        assert pl.read_parquet(files[split]).to_dicts() == rows
        assert duckdb.sql(f"SELECT count(*) FROM '{files[split]}'").fetchall() == [(len(rows),)]


def test_prompts_held_out_are_the_same_in_both_exports(golden: Path) -> None:
    def first(turns: list[dict]) -> str:
        return next((turn["content"] for turn in turns if turn["role"] == "user"), turns[0]["content"])

    sides = {}
    for export, column in (("sft", "messages"), ("preference", "prompt")):
        for split in ("train", "test"):
            for row in pq.read_table(golden / export / f"{split}-00000-of-00001.parquet").to_pylist():
                assert sides.setdefault(first(row[column]), split) == split


def test_a_rejected_answer_never_teaches(golden: Path) -> None:
    def ids(export: str) -> list[str]:
        files = [golden / export / f"{split}-00000-of-00001.parquet" for split in ("train", "test")]
        return [row for file in files for row in pq.read_table(file)["id"].to_pylist()]

    pairs = ids("preference")
    assert pairs and not set(ids("sft")) & {pair.split("|")[1] for pair in pairs}
