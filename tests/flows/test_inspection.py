"""What `winnow inspect` says of a folder of many dumps, checked against the dumps themselves."""

import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

import sources
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
    assert "1 unknown_shape (quarantined)" in out and "1 repeated prompt" in out
    assert "7 files, 8 records, 7 conversations, 1 group, 14 turns" in out
    assert "1 file is no data: README" in out


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


def test_a_name_is_on_one_line(data, capsys):
    (data / "triples" / "dump.jsonl").rename(data / "triples" / "du\nmp\t\x1b[1m.jsonl")
    inspection.show([data / "triples"], as_json=False)
    out = capsys.readouterr().out
    assert "1 unknown_shape: du\\nmp\\t\\x1b[1m.jsonl#1" in out and "\x1b" not in out and "\t" not in out


def test_a_pipe_gets_every_line_whole(data, capsys):
    long = data / "triples" / ("n" * 200 + ".jsonl")
    long.write_text('{"a": 1}\n' * 3)
    inspection.show([long], as_json=False)
    [line] = [line for line in capsys.readouterr().out.splitlines() if "unknown_shape" in line]
    assert all(f"{long.name}#{n}" in line for n in range(3))
    inspection.show([data], as_json=False)
    assert len(capsys.readouterr().out.splitlines()) == 11  # a heading, eight families, the sum, what is no data


def test_one_is_one(data, capsys):
    inspection.show([data / "pairs"], as_json=False)
    assert "1 record -> 2 rows, 4 turns, 1 group of answers" in capsys.readouterr().out


def test_what_was_said_first_is_an_example(tmp_path, capsys):
    chat = json.dumps({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})
    strange = [chat.replace("assistant", f"{name}") for name in ("oracle", "oracle", "muse")]
    broken = ['{"messages": [}', '{"messages":  [}']
    (tmp_path / "f.jsonl").write_text("\n".join([chat] * 5 + strange + broken))
    inspection.show([tmp_path], as_json=False)
    out = capsys.readouterr().out
    assert "3 unknown_role: f.jsonl#5, f.jsonl#6, f.jsonl#7 (e.g. nobody knows the role 'oracle'; 2 kinds)" in out
    assert "2 json_syntax" in out and "kinds)" not in out.partition("json_syntax")[2].partition("\n")[0]


def test_an_archive_has_one_heading_and_names_what_it_leaves_out(tmp_path, capsys):
    path = tmp_path / "b.zip"
    chat = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("in/one.csv", "prompt,completion\nWhere is Oslo?,In Norway.\n")
        archive.writestr("two.jsonl", json.dumps(chat))
        archive.writestr("__MACOSX/._two.jsonl", "x")
    inspection.show([path], as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        f"{path} (2 files)",
        f"{path}: 1 file is no data: b.zip/__MACOSX/._two.jsonl",
    ]
    assert "  in/one.csv" in lines and "  two.jsonl" in lines


def test_an_empty_file_and_a_near_tie_are_told(tmp_path, capsys, monkeypatch):
    (tmp_path / "f.jsonl").write_text("")
    inspection.show([tmp_path / "f.jsonl"], as_json=False)
    assert "empty: no record is in it" in capsys.readouterr().out
    for other, tie in ((0.96, True), (0.5, False)):
        one = sources.Finding("lines", "plain", "alpaca", 1.0, [("dolly", other)], "f.jsonl", records=1)
        monkeypatch.setattr(sources, "parts", lambda _file, one=one: iter([one]))
        inspection.show([tmp_path / "f.jsonl"], as_json=False)
        out = capsys.readouterr().out
        assert ("as likely: dolly 96%" in out, "(next: dolly 50%)" in out) == (tie, not tie)
