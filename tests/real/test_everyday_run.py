"""The everyday recipe over the real dumps, in one run: counts as published, twins found, pairs whole."""

from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows import releases
from schemas import recipe as recipes
from sql import duck

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def release(curated, dumps, tmp_path_factory) -> Path:
    return curated(recipes.load(HERE / "everyday.yaml"), dumps, tmp_path_factory.mktemp("real"), charts=True)


def ask(release: Path, query: str) -> list[tuple]:
    table = duck.query(duck.release(release), query)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def test_every_record_of_every_folder_is_there(release: Path, dumps: Path) -> None:
    known = {name: facts["records"] for name, facts in releases.manifest(release)["sources"].items()}
    assert known["alpaca"] == 52_002
    assert known["hh"] == 2_312
    assert known["oasst"] == 2_022
    assert known["gpteacher"] == 4_535 + 1_923
    assert known["codealpaca"] == 4_535 + 2_017
    assert known["smile"] == len(list((dumps / "qiuhuachuan__smile/data").iterdir()))
    sharegpt = dumps / "Marugannwg__ShareGPT92k_user_linguistic_mining/sampled_enriched_data"
    assert known["sharegpt"] == len(list(sharegpt.iterdir()))


def test_deleted_and_failed_messages_never_reach_the_output(release: Path, dumps: Path) -> None:
    flat = dumps / "TurkuNLP__oasst-fi/original-data/en-validation.jsonl"
    bad = duckdb.sql(f"SELECT message_id, text FROM read_json('{flat}') WHERE deleted OR NOT review_result").fetchall()
    assert len({message for message, _ in bad}) == len(bad) > 80
    texts = {text for _, text in bad if len(text) > 40}
    taught = pa.concat_tables(pq.read_table(file, columns=["messages"]) for file in sorted(release.glob("sft/*.parquet")))
    said = {turn["content"] for turns in taught["messages"].to_pylist() for turn in turns}
    assert not texts & said
    assert len(ask(release, "SELECT id FROM ledger WHERE source = 'oasst' AND reason = 'deleted'")) == 40


def test_trees_are_those_of_the_file(release: Path) -> None:
    assert ask(release, "SELECT count(*) FROM ledger WHERE source = 'oasst' AND stage IS DISTINCT FROM 'read'")[0][0] == 1_185


def test_the_same_code_instructions_under_other_keys_are_all_found(release: Path) -> None:
    found = ask(
        release,
        """SELECT count(DISTINCT regexp_extract(a || b, 'gpteacher/Codegen[^#]*#[0-9]{9}')) FROM
        (SELECT id AS a, other AS b, similarity FROM pairs) WHERE similarity >= 0.8
        AND (a || b) LIKE '%gpteacher/Codegen/%' AND (a || b) LIKE '%codealpaca/new_codealpaca%'""",
    )
    assert found == [(4_535,)]


def test_no_comparison_loses_one_side(release: Path) -> None:
    fates = ask(
        release,
        """SELECT group_id, count(*), count(DISTINCT fate || if(stage = 'export', '', coalesce(reason, ''))),
        bool_or(twin LIKE 'hh/%') FROM ledger WHERE source = 'hh' AND stage IS DISTINCT FROM 'read' GROUP BY group_id""",
    )
    assert len(fates) == 2_307
    assert {(rows, kinds, twin) for _, rows, kinds, twin in fates} <= {(2, 1, None), (2, 1, False), (2, 1, True)}
    own = ask(release, "SELECT l.id FROM ledger l JOIN ledger t ON t.id = l.twin WHERE l.group_id = t.group_id")
    assert own == []


def test_what_is_kept_is_clean_by_a_plain_reader(release: Path) -> None:
    taught = pa.concat_tables(pq.read_table(file, columns=["messages"]) for file in sorted(release.glob("sft/*.parquet")))
    for turns in taught["messages"].to_pylist():
        roles = [turn["role"] for turn in turns if turn["role"] not in ("system", "tool")]
        assert roles[0] == "user" and roles[-1] == "assistant" and turns[-1]["content"].strip()
        assert all(one != two for one, two in pairwise(roles))
