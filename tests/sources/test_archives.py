"""Members of archives are read where they lie; none leads out, none costs another, and no archive eats the machine."""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import resource
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe_parts import Source
from sources import archives, members, streams
from sources.archives import Refused, left_out, parts
from sources.file import File
from sources.places import files, skipped
from sources.streams import Corrupt, chunks, whole

JSON = b'[{"instruction": "a", "output": "b"}]'
PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.ZstdCompressor().compress, "": bytes}


def zipped(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as box:
        for name, data in entries.items():
            box.writestr(name, data)
    return path


def taped(path: Path, entries: dict[str, bytes], pack: Any = bytes, **facts: Any) -> Path:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as box:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for fact, value in facts.items():
                setattr(info, fact, value)
            box.addfile(info, io.BytesIO(data))
    path.write_bytes(pack(out.getvalue()))
    return path


def given_file(path: Path, **asked: Any) -> File:
    return File("s", path, path.name, "mit", **asked)


def read(path: Path, **asked: Any) -> dict[str, bytes | str]:
    """Each part's name and its bytes, or the reason why it has none."""
    found = list(parts(given_file(path, **asked)))
    names = [part.name for part in found]
    assert names == sorted(set(names), key=lambda name: f"{name}#".encode())
    assert all(part.detail for part in found if isinstance(part, Refused))
    return {part.name: part.reason if isinstance(part, Refused) else text(part) for part in found}


def text(file: File) -> bytes | str:
    if fault := whole(file.where):
        return fault.reason
    return b"".join(chunks(file.where))


def test_a_file_that_is_no_archive_is_its_own_part(tmp_path):
    (tmp_path / "x.zip").write_bytes(JSON)
    file = given_file(tmp_path / "x.zip")
    assert list(parts(file)) == [file] and left_out(file) == []


@pytest.mark.parametrize("pack", PACK)
@pytest.mark.parametrize("name", ["a.tar", "a.zip", "a"])
def test_members_of_a_tar(tmp_path, pack, name):
    entries = {
        "b/y.jsonl": JSON * 3,
        "./a.json": JSON,
        "b-1.json": JSON,
        "é.json": JSON,
        "n" * 300 + ".json": JSON,
        "empty.json": b"",
    }
    path = taped(tmp_path / name, entries, PACK[pack])
    assert read(path) == {f"{name}/{member.removeprefix('./')}": data for member, data in entries.items()}
    for file in parts(given_file(path)):
        assert isinstance(file, File) and file.license == "mit" and file.path == path and file.size == file.member.size
        assert pickle.loads(pickle.dumps(file)) == file and file.where is file.member


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_of_a_zip(tmp_path, method):
    entries = {"b/y.jsonl": JSON * 3, "a.json": JSON, "b-1.json": JSON, "é.json": JSON, "empty.json": b""}
    assert read(zipped(tmp_path / "a.bin", entries, method)) == {f"a.bin/{name}": data for name, data in entries.items()}


def test_members_of_many_archives_are_read_in_any_order_and_by_others(tmp_path):
    found = []
    for n in range(5):
        found += parts(given_file(zipped(tmp_path / f"{n}.zip", {f"{k}.json": b"[%d%d]" % (n, k) for k in range(3)})))
        found += parts(
            given_file(taped(tmp_path / f"{n}.tgz", {f"{k}.json": b"[%d%d]" % (n, k) for k in range(3)}, gzip.compress))
        )
    for file in found[::-1] + found:
        assert text(file) == b"[%s%s]" % (file.path.name[:1].encode(), file.name[-6:-5].encode())
    seen = pickle.dumps([file.where for file in found[:6]])
    code = "import pickle, sys\nfrom sources.streams import chunks\n"
    code += "for where in pickle.load(sys.stdin.buffer): print(b''.join(chunks(where)))"
    run = subprocess.run(
        [sys.executable, "-c", code], input=seen, capture_output=True, check=True, cwd=Path(streams.__file__).parents[1]
    )
    assert run.stdout.split() == [repr(text(file)).encode() for file in found[:6]]


@given(st.integers(0, 60), st.integers(0, 70))
def test_a_piece_of_a_member(tmp_path_factory, start, end):
    path = tmp_path_factory.getbasetemp() / "piece.tar"
    if not path.exists():
        taped(path, {"x.json": b"[]", "a.json": bytes(range(64)), "z.json": b"[]"})
    file = next(iter(parts(given_file(path))))
    assert b"".join(chunks(file.where, start, end)) == bytes(range(64))[start:end]


UNSAFE = ["../x.json", "a/../../x.json", "/abs.json", "\\abs.json", "C:\\x.json", "c:x.json", "..\\x.json", ".."]


@pytest.mark.parametrize("name", UNSAFE)
@pytest.mark.parametrize("make", [zipped, taped])
def test_a_path_that_leads_out_is_refused(tmp_path, name, make):
    (tmp_path / "in").mkdir()
    found = read(make(tmp_path / "in" / "a", {name: JSON, "good.json": JSON}))
    assert found.pop("a/good.json") == JSON and set(found.values()) == {"unsafe_name"}
    assert not any(".." in known.split("/") for known in found)
    assert sorted(os.listdir(tmp_path)) == ["in"] and os.listdir(tmp_path / "in") == ["a"]


def test_a_name_with_a_nul_is_refused(tmp_path):
    path = zipped(tmp_path / "a", {"x.json~.png": JSON})
    path.write_bytes(path.read_bytes().replace(b"x.json~.png", b"x.json\0.png"))
    assert read(path) == {"a/x.json%00.png": "unsafe_name"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    assert read(taped(tmp_path / "a", {"x.json": b""}, type=kind, linkname="/etc/passwd")) == {"a/x.json": "not_regular"}


@pytest.mark.parametrize("mode", [0o120777, 0o060644, 0o010644])
def test_links_and_devices_in_a_zip_are_refused(tmp_path, mode):
    with zipfile.ZipFile(tmp_path / "a", "w") as box:
        info = zipfile.ZipInfo("x.json")
        info.external_attr = mode << 16
        box.writestr(info, "/etc/passwd")
    assert read(tmp_path / "a") == {"a/x.json": "not_regular"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("write", [zipped, taped])
def test_names_that_a_disk_could_take_for_one(tmp_path, write):
    first = "caf\u00e9.json"
    path = write(tmp_path / "a", {first: b"[1]", "CAFE\u0301.JSON": b"[2]", "./" + first: b"[3]", "b.json": b"[4]"})
    found = read(path)
    assert found.pop(f"a/{first}") == b"[1]" and found.pop("a/b.json") == b"[4]"
    assert found == {"a/CAFE\u0301.JSON": "repeated_name", f"a/{first} (2)": "repeated_name"}


def test_encrypted_and_strangely_packed_members_are_refused(tmp_path):
    path = zipped(tmp_path / "a", {"x.json": JSON, "y.json": JSON})
    raw = bytearray(path.read_bytes())
    place = raw.index(b"PK\x01\x02")
    raw[place + 8] |= 1
    path.write_bytes(raw)
    assert read(path) == {"a/x.json": "encrypted", "a/y.json": JSON}
    assert read(zipped(tmp_path / "b", {"x.json": JSON}, zipfile.ZIP_LZMA)) == {"b/x.json": "unknown_container"}


@pytest.mark.parametrize("write", [zipped, taped])
def test_what_is_no_data_is_named_and_left_out(tmp_path, write):
    others = ["README.md", "chat.html", "p/pic.json.png", ".hidden.json", "__MACOSX/x.json", "prose.txt"]
    path = write(tmp_path / "a.x", {**dict.fromkeys(others, b"no, data"), "talk": JSON, "t.csv": b"prompt,answer\na,b\n"})
    assert read(path) == {"a.x/t.csv": b"prompt,answer\na,b\n", "a.x/talk": JSON}
    assert (
        sorted(left_out(given_file(path)))
        == sorted(skipped(Source(path="."), tmp_path))
        == sorted(f"a.x/{name}" for name in others)
    )
    assert [file.name for file in files("s", Source(path="."), tmp_path)] == ["a.x"]


def test_one_nesting_and_no_more(tmp_path):
    inner = {"in.zip": zipped(tmp_path / "z", {"x.json": JSON}), "in.tar": taped(tmp_path / "t", {"x.json": JSON})}
    entries = {name: path.read_bytes() for name, path in inner.items()}
    entries |= {"in.tgz": gzip.compress(entries["in.tar"]), "lies.json": entries["in.zip"], "x.jsonl.gz": gzip.compress(JSON)}
    for write in (zipped, taped):
        found = read(write(tmp_path / "a", entries))
        assert found.pop("a/x.jsonl.gz") == JSON and set(found.values()) == {"nested_archive"} and len(found) == 4


def test_a_bomb_among_good_members(tmp_path):
    path = zipped(
        tmp_path / "a",
        {"bomb.json": b"0" * (11 << 20), "good.json": JSON, "in.json.gz": gzip.compress(b"0" * (64 << 20), 9) * 20},
    )
    assert read(path) == {"a/bomb.json": "bomb", "a/good.json": JSON, "a/in.json.gz": "bomb"}


def test_bombs_are_refused_as_a_whole(tmp_path, monkeypatch):
    tar = taped(tmp_path / "tar", {"x.json": b"0" * (30 << 20)}, gzip.compress)
    assert read(tar) == read(tar, salvage=True) == {"tar": "bomb"}
    many = zipped(tmp_path / "many", {f"{n}.json": b"0" * (10 << 20) for n in range(3)})
    assert read(many) == {"many": "bomb"}
    monkeypatch.setattr(members, "LARGEST", 1000)
    assert read(taped(tmp_path / "large", {"x.json": os.urandom(2000)}, gzip.compress)) == {"large": "bomb"}


def lie(path: Path, packed: int | None = None, size: int | None = None) -> Path:
    """Change what the list of a zip says of its first member."""
    raw = bytearray(path.read_bytes())
    place = raw.index(b"PK\x01\x02")
    for offset, value in ((20, packed), (24, size)):
        if value is not None:
            raw[place + offset : place + offset + 4] = struct.pack("<I", value)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("packed", "size"), [(None, 10), (None, 10_000), (10, None), (10_000_000, None), (5, 5), (2**32 - 2, 2**32 - 2)]
)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_sizes_that_lie(tmp_path, packed, size, method):
    found = read(lie(zipped(tmp_path / "a", {"x.json": JSON * 20}, method), packed, size))
    assert set(found.values()) <= {"corrupt_stream", "bomb", JSON * 20} and len(found) == 1  # a lie may change nothing


def test_members_that_share_bytes(tmp_path):
    path = zipped(tmp_path / "a", {"x.json": b"0" * 5000, "y.json": b"0" * 5000, "z.json": JSON})
    raw = bytearray(path.read_bytes())
    second = raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 1)
    raw[second + 42 : second + 46] = struct.pack("<I", 0)
    path.write_bytes(raw)
    found = read(path)
    assert found["a/z.json"] == JSON and found["a/y.json"] == "bomb"


def test_a_million_members(tmp_path):
    name = b"n.json"
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0) + name
    listed = entry * 1_000_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, len(listed), 0, 0)
    (tmp_path / "million").write_bytes(b"PK\x03\x04" + listed + end)
    assert read(tmp_path / "million") == {"million": "corrupt_stream"}
    listed = entry * 110_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, len(listed), 4, 0)
    (tmp_path / "many").write_bytes(b"PK\x03\x04" + listed + end)
    assert read(tmp_path / "many") == {"many": "too_many"}


def test_a_tar_of_too_many_members(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST", 20)
    assert len(read(taped(tmp_path / "a", {f"{n}.json": JSON for n in range(20)}))) == 20
    assert read(taped(tmp_path / "b", {f"{n}.json": JSON for n in range(21)})) == {"b": "too_many"}


def test_a_cut_packed_tar_gives_nothing_unless_salvaged(tmp_path):
    path = taped(tmp_path / "a", {"x.json": JSON, "y.json": os.urandom(100_000)}, gzip.compress)
    path.write_bytes(path.read_bytes()[:60_000])
    assert read(path) == {"a": "corrupt_stream"}
    assert read(path, salvage=True) == {"a": "corrupt_stream", "a/x.json": JSON, "a/y.json": "corrupt_stream"}


def test_a_cut_or_changed_tar_keeps_what_is_whole(tmp_path):
    path = taped(tmp_path / "a", {"x.json": JSON, "y.json": JSON, "z.json": b"[" * 2000})
    raw = path.read_bytes()
    path.write_bytes(raw[:3000])
    assert read(path)["a/x.json"] == JSON and "corrupt_stream" in read(path).values()
    path.write_bytes(raw[:1024] + b"?" + raw[1025:])
    assert read(path) == {"a": "corrupt_stream", "a/x.json": JSON}


def test_a_changed_zip(tmp_path):
    path = zipped(tmp_path / "a", {"x.json": JSON * 30, "y.json": JSON}, zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    raw[60] ^= 1
    path.write_bytes(raw)
    assert read(path) == {"a/x.json": "corrupt_stream", "a/y.json": JSON}
    path.write_bytes(raw[:-40])
    assert read(path) == {"a": "corrupt_stream"}


@pytest.mark.parametrize("write", [zipped, taped])
@given(data=st.data())
def test_no_changed_archive_raises(tmp_path_factory, write, data):
    path = tmp_path_factory.getbasetemp() / f"changed.{write.__name__}"
    bad = bytearray(write(path, {"x.json": JSON, "y.jsonl.gz": gzip.compress(JSON), "d/z.csv": b"a,b\n1,2\n"}).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        bad[data.draw(st.integers(0, min(len(bad), 4000) - 1))] = data.draw(
            st.sampled_from([0, 1, 0x20, 0x2E, 0x30, 0x39, 0x7F, 0x80, 0xFF])
        )
    path.write_bytes(bad[: data.draw(st.integers(4, len(bad)))] if data.draw(st.booleans()) else bad)
    for part in parts(given_file(path)):
        if isinstance(part, File):
            try:
                list(chunks(part.where))
            except Corrupt as error:
                assert error.reason and error.detail


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    assert read(tmp_path / "pipe.json") == {"pipe.json": "not_regular"}
    assert read(tmp_path / "gone.json") == {"gone.json": "unreadable"}
    (tmp_path / "memory.json").symlink_to("/proc/self/mem")
    assert read(tmp_path / "memory.json") == {"memory.json": "unreadable"}


def test_nothing_is_written_under_a_name(tmp_path, monkeypatch):
    work, spool = tmp_path / "work", tmp_path / "spool"
    work.mkdir()
    spool.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    found = read(taped(tmp_path / "a", dict.fromkeys([*UNSAFE, "good.json"], JSON), gzip.compress))
    assert found["a/good.json"] == JSON and os.listdir(work) == os.listdir(spool) == []
    assert sorted(os.listdir(tmp_path)) == ["a", "spool", "work"] and not (tmp_path.parent / "x.json").exists()


def test_a_large_member_takes_little_memory(tmp_path):
    line = json.dumps({"instruction": "x" * 900, "n": 0}).encode() + b"\n"
    path = tmp_path / "big.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as box, box.open("x.jsonl", "w") as out:
        for _ in range(200):
            out.write(line * 1000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [part] = parts(given_file(path))
    assert isinstance(part, File) and sum(map(len, chunks(part.where))) == 200_000 * len(line)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
