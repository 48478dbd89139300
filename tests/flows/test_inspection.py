"""What `winnow inspect` says of a folder of many dumps, checked against the dumps themselves."""

import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from flows import inspection


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Seven folders of dumps that differ, and a readme."""
    chat = {"messages": [{"role": "user", "content": "Where is Oslo?"}, {"role": "assistant", "content": "In Norway."}]}
    triple = {"instruction": "Where is Oslo?", "input": "", "output": "In Norway."}
    pair = {"prompt": "Where is Oslo?", "chosen": "In Norway.", "rejected": "In Sweden."}
    declared = {"conversations": [{"from": "human", "value": TEXT}, {"from": "gpt", "value": TEXT}], "language": "German"}
    folders = {
        "chats": [chat, chat],
        "triples": [triple, 5],
        "pairs": [pair],
        "said": [declared],
        "four": [],
        "five": [chat],
        "six": [{}],
    }
    for name, values in folders.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "dump.jsonl").write_text("\n".join(map(json.dumps, values)))
    (tmp_path / "README").write_text("words")
    return tmp_path


TEXT = "The harbour of Oslo is quiet in the winter, but the ferries leave every morning before the sun rises over the hills."


def test_a_folder_of_many_dumps_is_one_table(data, capsys):
    inspection.show([data], as_json=False)
    out = capsys.readouterr().out
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    assert lines["chats"][1:8] == ["1", "lines", "openai", "100%", "2", "2", "0"]
    assert lines["pairs"][5:9] == ["1", "2", "1", "4"]
    assert "1 unknown_shape (quarantined)" in out and "1 repeated prompts" in out
    assert "7 files, 8 records, 7 conversations, 1 groups, 14 turns" in out
    assert "1 files are no data: README" in out


def test_machines_get_the_same_as_json(data, capsys):
    inspection.show([data], as_json=True)
    facts = {fact["path"]: fact for fact in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (facts["chats"]["records"], facts["chats"]["repeated_prompts"]) == (2, 1)
    assert facts["pairs"]["repeated_prompts"] == 0  # two answers to one question are one group
    assert facts["triples"]["quarantined"] == {"unknown_shape": ["triples/dump.jsonl#1"]}
    assert facts["said"]["other_language_than_declared"] == {"rows": 1, "of": 1}


def test_few_dumps_are_told_at_length(data, capsys):
    inspection.show([data / "triples"], as_json=False)
    out = capsys.readouterr().out
    assert "format alpaca" in out and "1 unknown_shape: dump.jsonl#1" in out


def test_tables_and_archives_are_told_by_what_they_are(data, capsys):
    chat = {"prompt": "Where is Oslo?", "completion": "In Norway."}
    pl.DataFrame([chat] * 3).write_parquet(data / "a.parquet")
    with zipfile.ZipFile(data / "b.zip", "w") as archive:
        archive.writestr("in/one.csv", "prompt,completion\nWhere is Oslo?,In Norway.\n")
        archive.writestr("../out.jsonl", json.dumps(chat))
    inspection.show([data], as_json=True)
    facts = [fact for fact in map(json.loads, capsys.readouterr().out.splitlines()) if fact["path"] in ("a.parquet", "b.zip")]
    assert [(fact["path"], fact["container"], fact["format"], fact["rows"]) for fact in facts] == [
        ("a.parquet", "parquet", "preference", 3),
        ("b.zip", "archive", None, 0),
        ("b.zip", "csv", "preference", 1),
    ]
    assert facts[2]["files"] == ["b.zip/in/one.csv"]
