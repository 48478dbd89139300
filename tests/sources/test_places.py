"""A source's path names files, sorted, without absolute paths; what is no data is told and not lost."""

import os
from pathlib import Path

import pytest

from schemas.faults import MissingFault
from schemas.recipe_parts import Source
from sources import files, skipped

DATA = '[{"instruction": "a", "output": "b"}]'


def tree(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(DATA if "json" in name else "# notes\n")
    return root


def named(path: str, data: Path) -> list[str]:
    found = files("s", Source(path=path, license="mit"), data)
    assert all(file.path.is_absolute() and file.license == "mit" and file.size == len(DATA) for file in found)
    return [file.name for file in found]


def test_globs_folders_and_files(tmp_path):
    tree(tmp_path, "a/x.json", "a/b/y.jsonl", "a/b/z.json", "a/README.md", "a/.git/c.json", "other.json")
    assert named("a", tmp_path) == ["b/y.jsonl", "b/z.json", "x.json"]
    assert named("a/**/*.json", tmp_path) == ["b/z.json", "x.json"]
    assert named("a/b/*", tmp_path) == ["y.jsonl", "z.json"]
    assert named("a/*/z.json", tmp_path) == ["b/z.json"]
    assert named("other.json", tmp_path) == ["other.json"]
    assert named(str(tmp_path / "a" / "x.json"), Path("/nowhere")) == ["x.json"]
    assert skipped(Source(path="a"), tmp_path) == ["README.md"]


def test_files_are_sorted_by_the_bytes_of_their_ids(tmp_path):
    tree(tmp_path, "a/b.json", "a/b/c.json", "a/é.json", "a/Z.json", "a/b-1.json")
    found = named("a", tmp_path)
    assert found == sorted(found, key=lambda name: f"s/{name}#".encode()) and found[0] == "Z.json" and found[-1] == "é.json"


def test_content_makes_data_of_a_file_with_another_name(tmp_path):
    tree(tmp_path, "a/x.json")
    (tmp_path / "a" / "dump.txt").write_text(DATA)
    (tmp_path / "a" / "dump.bin").write_bytes(b"\x00\x01")
    assert named("a", tmp_path) == ["dump.txt", "x.json"]
    assert skipped(Source(path="a"), tmp_path) == ["dump.bin"]


@pytest.mark.parametrize("name", ["we*rd[1].json", "a'b; DROP--.json", "line\nbreak.json"])
def test_a_name_with_odd_characters_is_only_a_name(tmp_path, name):
    tree(tmp_path, name, "weird1.json")
    assert named(name, tmp_path) == [name]


def test_pipes_and_loops_are_no_files(tmp_path):
    tree(tmp_path, "a/x.json")
    os.mkfifo(tmp_path / "a" / "pipe.json")
    (tmp_path / "a" / "loop.json").symlink_to(tmp_path / "a" / "loop.json")
    (tmp_path / "a" / "up").symlink_to(tmp_path / "a")
    assert named("a", tmp_path) == ["x.json"]
    assert named("a/**/*.json", tmp_path) == ["x.json"]


def test_a_name_that_is_not_utf8_is_still_text(tmp_path):
    (tmp_path / "a").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a/\xff.json")).write_text(DATA)
    [file] = files("s", Source(path="a"), tmp_path)
    assert file.name == "\\xff.json" and file.path.is_file()


def test_a_missing_path_names_its_neighbours(tmp_path):
    tree(tmp_path, "sharegpt/x.json", "alpaca/y.json", "notes/README.md")
    with pytest.raises(MissingFault, match=r"nearest names.*sharegpt"):
        files("s", Source(path="sharegtp/*.json"), tmp_path)
    with pytest.raises(MissingFault, match=r"nearest names.*x\.json"):
        files("s", Source(path="sharegpt/z.json"), tmp_path)
    with pytest.raises(MissingFault, match="none of the 1 files"):
        files("s", Source(path="notes"), tmp_path)
    with pytest.raises(MissingFault):
        files("s", Source(path="a/b/c/**/*.json"), tmp_path)
