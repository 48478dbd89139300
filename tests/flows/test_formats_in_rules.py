"""The format that was recognised is a column of every row: rules name it, whatever a file is called, and questions do."""

import pyarrow.parquet as pq
import pytest

import sql
from flows import plan
from flows.places import ROOT
from schemas import recipe as recipes
from sql import duck

DUMPS = ROOT / "tests" / "dumps"


@pytest.fixture
def everyday(curated, tmp_path):
    """The everyday recipe over dumps given by hand: everyday({file name: bytes}) -> release."""

    def made(files, *changes):
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        base = recipes.load(ROOT / "recipes" / "everyday.yaml")
        asked, folder = plan.given(recipes.override(base, ["limits=off", *changes]), [tmp_path / name for name in files])
        return curated(asked, folder, tmp_path / "home")

    return made


def test_answers_of_hh_are_never_copied_whatever_the_file_is_called(everyday):
    hh = (DUMPS / "hh.jsonl").read_bytes()
    alpaca = b'{"instruction": "Name a bird that swims.", "output": "The grebe swims and dives well."}\n'
    release = everyday({"test.jsonl": hh + alpaca}, "overlap.prompts=null", "overlap.benchmarks=null")
    ledger = duck.query(duck.release(release), "SELECT * FROM ledger JOIN signals USING (id)").to_pylist()
    assert {row["format"] for row in ledger} == {"hh", "alpaca"}, "a record of another format has its own"
    assert {row["format"] for row in ledger if "preference" in row["exports"]} == {"hh"}
    assert {row["format"] for row in ledger if "sft" in row["exports"]} == {"alpaca"}
    told = duck.query(duck.release(release), sql.question("formats")).to_pylist()
    assert [(each["source"], each["format"]) for each in told] == [("test", "hh"), ("test", "alpaca")]


@pytest.mark.parametrize("name", ["oasst_tree.jsonl", "oasst_flat.jsonl", "sharegpt.json", "openai.jsonl", "arena_55k.csv"])
def test_every_row_says_the_format_that_read_it(name, tmp_path):
    import sources

    rows = [row for batch in sources.read(sources.File("a", DUMPS / name, name)) for row in batch.rows.to_pylist()]
    assert rows and {row["format"] for row in rows} == {name.split(".")[0]}


def test_a_release_holds_it_beside_the_signals(demo):
    ids, formats = (pq.read_table(demo[1] / "signals.parquet")[name].to_pylist() for name in ("id", "format"))
    assert dict(zip((id.split("/")[0] for id in ids), formats, strict=True))["hh"] == "hh"
    assert None not in formats
