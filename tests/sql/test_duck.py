"""The locked DuckDB: nothing in, nothing out, whatever the path or the question."""

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.faults import DataFault, MissingFault, UsageFault
from sql import duck

NAMES = ["plain", "it's", "a;b", "a -- b", "a\nb", 'a"b', "[x]*?", "{y},z", "'; COPY (SELECT 1) TO 'canary.csv'; --"]


def make(folder, value):
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"id": [value]}), folder / "ledger.parquet")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_may_have_any_name(tmp_path, name, monkeypatch):
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    folder = make(tmp_path / name, "right")
    make(tmp_path / "xzz", "wrong")  # what `[x]*?` would match as a glob
    (folder / "sft").mkdir()
    pq.write_table(pa.table({"id": ["1"]}), folder / "sft" / "train-00000-of-00001.parquet")
    con = duck.release(folder)
    assert duck.query(con, "SELECT id FROM ledger").to_pylist() == [{"id": "right"}]
    assert duck.query(con, "SELECT * FROM sft").to_pylist() == [{"id": "1", "split": "train"}]
    assert duck.query(con, "SELECT * FROM preference").to_pylist() == []
    assert list((tmp_path / "cwd").iterdir()) == []


ESCAPES = [
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM 'https://localhost/x.parquet'",
    "SELECT * FROM frame",
    "COPY (SELECT 1) TO '{canary}'",
    "EXPORT DATABASE '{canary}'",
    "ATTACH '{canary}'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET python_enable_replacements = true",
    "RESET lock_configuration",
    "DROP VIEW ledger",
    "CREATE TABLE x AS SELECT 1",
    "SELECT 1; SELECT 2",
    "",
]


@pytest.mark.parametrize("escape", ESCAPES)
def test_no_way_out(tmp_path, escape):
    frame = pa.table({"token": ["secret"]})
    assert len(frame)
    secret, canary = tmp_path / "secret.csv", tmp_path / "canary"
    secret.write_text("a\n1\n")
    con = duck.release(make(tmp_path / "release", "x"))
    text = escape.format(secret=secret, canary=canary)
    with pytest.raises(UsageFault):
        duck.query(con, text)
    if text and not text.startswith(("SELECT 1;", "DROP", "CREATE")):
        with pytest.raises(Exception, match=r"disabled|locked|does not exist|configuration"):
            con.execute(text)  # the connection itself refuses, not only our reading of the statement
    assert not canary.exists()
    assert duck.query(con, "SELECT count(*) AS n FROM ledger").to_pylist() == [{"n": 1}]


def test_settings():
    con = duck.connect(memory="1GB", threads=1)
    told = {row["name"]: row["value"] for row in duck.query(con, "SELECT name, value FROM duckdb_settings()").to_pylist()}
    off = ("enable_external_access", "python_enable_replacements", "autoload_known_extensions", "autoinstall_known_extensions")
    assert [told[name] for name in off] == ["false"] * 4
    assert (told["lock_configuration"], told["threads"], told["TimeZone"]) == ("true", "1", "UTC")


def test_a_long_question_ends():
    start = time.monotonic()
    with pytest.raises(UsageFault, match="maximum execution time"):
        duck.query(duck.connect(seconds=0.3), "SELECT count(*) FROM range(1000000000000) AS t (i) WHERE sqrt(i) < 0")
    assert time.monotonic() - start < 10


def test_a_wrong_question_is_told_in_one_line(tmp_path):
    con = duck.release(make(tmp_path / "release", "x"))
    with pytest.raises(UsageFault, match='Did you mean "ledger"') as told:
        duck.query(con, "SELECT * FROM ledgre")
    assert "\n" not in str(told.value)


def test_parameters():
    assert duck.query(duck.connect(), "SELECT $id AS id", {"id": "'; DROP"}).to_pylist() == [{"id": "'; DROP"}]


def test_missing_and_broken(tmp_path):
    with pytest.raises(MissingFault, match="not a release"):
        duck.release(tmp_path)
    Path(tmp_path / "ledger.parquet").write_bytes(b"not parquet")
    with pytest.raises(DataFault, match="not a Parquet file"):
        duck.release(tmp_path)
