"""Known contamination of real dumps, found to the item: counts as the notes on the dumps have them, and as read by eye."""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import sources
from flows import contaminated, plan
from schemas.recipe import Benchmark, Source
from schemas.rows import ROW

AUTO_J = "GAIR-NLP__auto-j/data/test/testdata_pairwise.jsonl"
OASST = "TurkuNLP__oasst-fi/original-data/en-validation.jsonl"
SHEPHERD = "facebookresearch__Shepherd/data/human_data_for_model.jsonl"
SHAREGPT = "Marugannwg__ShareGPT92k_user_linguistic_mining/sampled_enriched_data/*.json"
DOLLY = "gpt4life__alpagasus/data/filtered/dolly_3k.json"
HH = "anthropics__hh-rlhf/harmless-base/test.jsonl.gz"
GSM8K_TRAIN = "openai__grade-school-math/grade_school_math/data/train.jsonl"


@pytest.fixture
def found(dumps: Path, tmp_path: Path):
    """dump, what to look for -> the hits by words, of any side."""

    def look(dump: str, against: str) -> pl.DataFrame:
        rule = Benchmark(against=[against])
        files = tuple(plan.benchmark_files(rule, dumps))
        read = [batch.rows for file in sources.files("d", Source(path=dump), dumps) for batch in sources.read(file)]
        rows = pa.concat_tables([ROW.empty_table(), *read]).select(contaminated.COLUMNS)
        contaminated.cover(rows, rule, contaminated.floors(rule)[0], (files, against), tmp_path)
        return contaminated.hits(tmp_path, rule)

    return look


def test_mt_bench_in_auto_j(found) -> None:
    """47 of the 80 first questions, each whole."""
    hits = found(AUTO_J, "public:mt_bench").filter(pl.col("share") == 1)
    assert hits["item"].n_unique() >= 47
    assert set(hits["side"]) == {"question"}


def test_alpaca_eval_in_auto_j_and_open_assistant(found) -> None:
    assert found(AUTO_J, "public:alpaca_eval").filter(pl.col("share") == 1)["item"].n_unique() >= 11
    hits = found(OASST, "public:alpaca_eval").filter(pl.col("share") == 1)
    assert hits["item"].n_unique() >= 185  # of 187; two have fewer than three words, and are told as too short


def test_gsm8k_train_in_shepherd(found) -> None:
    """430 of its questions, and some worked answers; one question of the test file, reworded: a snowflake less on a stamp."""
    hits = found(SHEPHERD, GSM8K_TRAIN)
    assert hits.filter((pl.col("how") == "words") & (pl.col("side") == "question"))["id"].n_unique() >= 430
    assert hits.filter(pl.col("side") == "answer").height > 0
    other = found(SHEPHERD, "public:gsm8k")
    assert other.select("benchmark", "item", "side").rows() == [("gsm8k", 632, "question")]


def test_truthful_qa_in_sharegpt(found) -> None:
    """One conversation asks a dozen of its questions, one after the other."""
    hits = found(SHAREGPT, "public:truthfulqa")
    assert hits["id"].n_unique() == 1
    assert hits["item"].n_unique() >= 12


@pytest.mark.parametrize("dump", [DOLLY, HH])
def test_hardly_anything_in_dumps_that_are_clean(found, dump: str) -> None:
    """Dolly has IFEval's passage on a war, and asks for the capital of Australia; harmless-base has nothing."""
    hits = found(dump, "public")
    assert hits["id"].n_unique() <= (2 if dump == DOLLY else 0)
