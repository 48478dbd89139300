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


@pytest.mark.parametrize(
    "name", ["we*rd[1].json", "a'b; DROP--.json", "line\nbreak.json", '"{x}".json', "$(touch canary).json", "-rf.json"]
)
def test_a_name_with_odd_characters_is_only_a_name(tmp_path, name):
    tree(tmp_path, name, "weird1.json")
    assert named(name, tmp_path) == [name]


def test_pipes_and_loops_are_no_files_and_are_named(tmp_path):
    tree(tmp_path, "a/x.json")
    os.mkfifo(tmp_path / "a" / "pipe.json")
    (tmp_path / "a" / "loop.json").symlink_to(tmp_path / "a" / "loop.json")
    (tmp_path / "a" / "gone.json").symlink_to(tmp_path / "a" / "nowhere.json")
    (tmp_path / "a" / "null.json").symlink_to("/dev/null")
    (tmp_path / "a" / "memory.json").symlink_to("/proc/self/mem")
    (tmp_path / "a" / "up").symlink_to(tmp_path / "a")
    assert named("a", tmp_path) == ["x.json"]
    assert named("a/**/*.json", tmp_path) == ["x.json"]
    told = [
        "gone.json (unreadable: No such file or directory)",
        "loop.json (unreadable: Too many levels of symbolic links)",
        "memory.json (unreadable: Input/output error)",
        "null.json (not regular: a pipe or a device)",
        "pipe.json (not regular: a pipe or a device)",
    ]
    assert skipped(Source(path="a"), tmp_path) == [*told, "up (not regular: a link to a folder)"]
    assert skipped(Source(path="a/*.json"), tmp_path) == told


def test_a_link_to_a_file_is_the_file(tmp_path):
    tree(tmp_path, "b/x.json")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "y.json").symlink_to(tmp_path / "b" / "x.json")
    assert named("a", tmp_path) == ["y.json"]


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "memory.json").symlink_to("/proc/self/mem")
    for path in ("memory.json", "*.json", "."):
        with pytest.raises(MissingFault, match="unreadable: Input/output error"):
            files("s", Source(path=path), tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_closed_files_and_folders_are_named(tmp_path):
    tree(tmp_path, "a/x.json", "a/y.json", "a/b/z.json")
    (tmp_path / "a" / "y.json").chmod(0)
    (tmp_path / "a" / "b").chmod(0)
    assert named("a", tmp_path) == ["x.json"]
    assert skipped(Source(path="a"), tmp_path) == ["b (unreadable: Permission denied)", "y.json (unreadable: Permission denied)"]


def test_what_is_data_in_a_folder(tmp_path):
    data = {
        "t.csv": b"prompt,answer\na,b\n",
        "t.tsv": b"prompt\tanswer\na\tb\n",
        "t.txt": b"prompt;answer\na;b\n",
        "p.parquet": b"PAR1",
        "broken.parquet": b"?",
        "p": b"PAR1....PAR1",
        "f.feather": b"ARROW1\0\0",
        "hub.arrow": b"\xff\xff\xff\xff\x10\0\0\0",
        "a.zip": b"PK\x03\x04",
        "a.tar": b"\0" * 257 + b"ustar\0" + b"\0" * 249,
        "x.bz2": b"BZh91AY&SY",
        "x.xz": b"\xfd7zXZ\0",
        "x.zst": b"\x28\xb5\x2f\xfd",
        "x.gz": b"\x1f\x8b\x08",
        "dump": DATA.encode(),
    }
    other = {
        "prose.csv": b"Dear all,\nsee you.\n",
        "README.md": b"a,b\n1,2\n",
        "code.py": b"import os\n",
        "model.pt": b"\x80\x02}q\x00.",
        "pic.png": b"\x89PNG",
        "page.html": b"<p>",
    }
    for name, text in (data | other).items():
        (tmp_path / name).write_bytes(text)
    assert [file.name for file in files("s", Source(path="."), tmp_path)] == sorted(data)
    assert skipped(Source(path="."), tmp_path) == sorted(other)


def test_a_file_knows_what_its_source_asks(tmp_path):
    tree(tmp_path, "x.json")
    [file] = files("s", Source(path="x.json", salvage=True, repair=True), tmp_path)
    assert file.salvage and file.repair and file.where == file.path
    assert (file.start, file.end, file.first, file.member) == (0, None, 0, None)
    [file] = files("s", Source(path="x.json"), tmp_path)
    assert not file.salvage and not file.repair


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
