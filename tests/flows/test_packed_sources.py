"""Archives, tables and pieces of one file through a whole run: one ledger by ids, the same bytes for any shard size."""

import json
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

RECIPE = "name: packed\nsources: {all: {path: .}}\nkeep: {answered: ends_with_assistant}\nexports: {sft: {}}\nlimits: off\n"


def chat(word: str) -> dict:
    said = [("user", f"What does {word} rhyme with?"), ("assistant", f"With itself, {word}, and with little else.")]
    return {"messages": [{"role": role, "content": text} for role, text in said]}


def lines(*words: str) -> str:
    return "\n".join(json.dumps(chat(word)) for word in words)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A zip, a tar, a table, a CSV and lines with a broken one, named so that members and files take turns in order."""
    folder = tmp_path / "data"
    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("b/2.jsonl", "b/1.jsonl", "../up.jsonl"):
            archive.writestr(name, lines(f"zip {name}"))
        archive.writestr("notes.txt", "read me")
    with tarfile.open(folder / "a.tar.gz", "w:gz") as archive:
        raw = lines("orange", "silver").encode()
        member = tarfile.TarInfo("in.jsonl")
        member.size = len(raw)
        archive.addfile(member, BytesIO(raw))
    pl.DataFrame([chat("month"), chat("wolf")]).write_parquet(folder / "a.parquet")
    (folder / "a.csv").write_text('prompt,completion\n"What, then?","Nothing,\nreally."\n')
    (folder / "a.zip-old.jsonl").write_text(lines("ninth"))
    (folder / "a.jsonl").write_text(lines(*map(str, range(40))) + '\n{"messages": [\n' + lines(*map(str, range(40, 80))))
    return folder


def told(release: Path) -> list[dict]:
    return pq.read_table(release / "ledger.parquet").to_pylist()


def test_every_packing_ends_in_one_ledger(run, data):
    ledger = told(run(RECIPE, data))
    ids = [line["id"] for line in ledger]
    assert ids == sorted(ids, key=str.encode) and len(ids) == 3 + 2 + 2 + 1 + 1 + 81
    assert {"all/a.zip/b/1.jsonl#000000000", "all/a.tar.gz/in.jsonl#000000001", "all/a.parquet#000000001"} < set(ids)
    lost = {line["id"]: line["reason"] for line in ledger if line["fate"] != "kept"}
    assert lost.pop("all/a.jsonl#000000040") == "json_syntax"
    assert list(lost.values()) == ["unsafe_name"]


def test_the_size_of_shards_changes_nothing(run, data):
    whole, small = run(RECIPE, data, home="whole"), run(RECIPE, data, shard=500, home="small")
    for file in sorted(whole.rglob("*.parquet")):
        assert file.read_bytes() == (small / file.relative_to(whole)).read_bytes(), file
    assert whole.name == small.name
