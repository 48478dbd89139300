"""diff: every row that two releases have not alike is told once, with the reason, and nothing else."""

import json
import shutil
import sys
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows import commands, diffing
from flows.places import ROOT
from schemas import recipe as recipes
from sql import duck

SAMPLES = ROOT / "data" / "samples"
RECIPE = recipes.load(ROOT / "recipes" / "demo.yaml")


@pytest.fixture(scope="module")
def other(curated, own):
    """other(changes...) -> the release of the demo with these changes, made once."""

    @cache
    def made(*changes):
        return curated(recipes.override(RECIPE, changes), SAMPLES, own[0])

    return made


def kept(release):
    found = duck.query(duck.release(release), "SELECT id FROM ledger WHERE fate = 'kept'")
    return set(found["id"].to_pylist())


def told(found, change):
    return {row["id"]: row["reason"] for row in found.to_pylist() if row["change"] == change}


CHANGES = {
    "overlap.near_duplicates.similarity=0.95": ("added", "overlap: near_duplicates (the rule is another)"),
    "keep.complete=null": ("added", "keep: complete (the rule is another)"),
    "keep.long=words > 60": ("removed", "keep: long (the rule is another)"),
    "exports.sft.select.words=9000": ("removed", "export: budget (the rule is another)"),
    "sources.sharegpt=null": ("removed", "no longer a source"),
    "exports.sft=null": ("changed", "exports: preference and sft before, preference after"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_added_and_removed_is_exactly_the_difference(change, own, other):
    was, now = own[1], other(change)
    found = diffing.diff(was, now)
    ids = found["id"].to_pylist()
    assert ids == sorted(ids) and len(ids) == len(set(ids))
    assert told(found, "added").keys() == kept(now) - kept(was)
    assert told(found, "removed").keys() == kept(was) - kept(now)
    assert told(found, "changed").keys() <= kept(was) & kept(now)
    kind, reason = CHANGES[change]
    assert reason in told(found, kind).values()
    back = diffing.diff(now, was)
    assert told(back, "removed").keys() == told(found, "added").keys()
    assert told(back, "changed").keys() == told(found, "changed").keys()


def test_a_source_that_comes_is_new_and_may_bring_twins(own, other):
    found = diffing.diff(other("sources.alpaca=null"), own[1])
    assert {row["reason"] for row in found.to_pylist() if row["source"] == "alpaca"} == {"new source"}
    twins = [row for row in found.to_pylist() if row["reason"] == "overlap: near_duplicates (its twin is new)"]
    assert twins and all(row["twin"].startswith("alpaca/") and row["change"] == "removed" for row in twins)
    gone = diffing.diff(own[1], other("sources.alpaca=null"))
    back = {row["id"] for row in gone.to_pylist() if row["reason"] == "overlap: near_duplicates (its twin is not there any more)"}
    assert {row["id"] for row in twins} == back


def test_other_edits_change_texts(own, other):
    found = diffing.diff(own[1], other("edits=[unicode]"))
    changed = told(found, "changed")
    assert "text: the edits are others" in changed.values()
    edits = duck.query(duck.release(own[1]), "SELECT DISTINCT id FROM edits WHERE edit <> 'unicode'")["id"].to_pylist()
    assert {row for row, reason in changed.items() if reason.startswith("text")} <= set(edits)


def test_files_and_records_that_come_are_told_apart(curated, tmp_path):
    for name in ("alpaca", "labels"):
        shutil.copytree(SAMPLES / name, tmp_path / "data" / name)
    recipe = recipes.override(RECIPE, ["overlap={}", "keep={}", "classifiers={}", "exports={sft: {}}", "limits=off"])
    recipe = recipe.model_copy(update={"sources": {"alpaca": recipe.sources["alpaca"]}})
    lines = [{"instruction": f"Count to {n}.", "input": "", "output": f"Here you are, up to {n}."} for n in range(4)]
    (tmp_path / "data/alpaca/more.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:2]))
    was = curated(recipe, tmp_path / "data", tmp_path / "home")
    lines[0]["output"] = "Zero."
    (tmp_path / "data/alpaca/more.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:3]))
    (tmp_path / "data/alpaca/new.jsonl").write_text(json.dumps(lines[3]) + "\n")
    found = diffing.diff(was, curated(recipe, tmp_path / "data", tmp_path / "home"))
    assert {row["id"].partition("/")[2]: (row["change"], row["reason"]) for row in found.to_pylist()} == {
        "more.jsonl#000000000": ("changed", "text: the record is another"),
        "more.jsonl#000000002": ("added", "new record"),
        "new.jsonl#000000000": ("added", "new file"),
    }


def test_a_release_and_itself(own):
    assert len(diffing.diff(own[1], own[1])) == 0
    assert "0 rows added, 0 removed, 0 changed" in diffing.markdown(own[1], own[1], diffing.diff(own[1], own[1]))


def said(capsys, *words):
    sys.argv = ["winnow", *words]
    with pytest.raises(SystemExit) as left:
        commands.main()
    return int(left.value.code or 0), *capsys.readouterr()


def test_the_command(own, other, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setenv("WINNOW_HOME", str(own[0]))
    was, now = str(own[1]), str(other("keep.complete=null"))
    found = diffing.diff(own[1], Path(now))
    code, out, _ = said(capsys, "diff", was, now)
    assert code == 0 and "keep: complete" in out and f"{len(found):,} rows differ" in out
    code, out, _ = said(capsys, "diff", was, now, "--json")
    assert sum(json.loads(line)["rows"] for line in out.splitlines()) == len(found)
    code, out, _ = said(capsys, "diff", was, now, "--rows", "--json", "--out", str(tmp_path / "rows.parquet"))
    assert [json.loads(line) for line in out.splitlines()] == found.to_pylist()
    assert pq.read_table(tmp_path / "rows.parquet").equals(found)
    code, out, _ = said(capsys, "diff", was, now, "--markdown")
    assert out.startswith("### Changes since `") and "| added | keep: complete (the rule is another) |" in out
    code, out, err = said(capsys, "diff", was, "nothing")
    assert code == 66 and "no release 'nothing'" in err
