"""Parquet, Arrow and Feather come as JSON lines whose values mean the same; a file that kills its reader kills no more."""

import datetime as dt
import gzip
import io
import json
import os
import pickle
import random
import uuid
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import columns, columns_child, streams
from sources.archives import parts
from sources.file import File
from sources.streams import Corrupt, chunks, whole

NAUGHTY = ["", 'a"b\\', "\n\t\r\0\x1f\x7f", "\u2028é😀</script>", "  ", "1", "null", "\ufeff"]


def stream(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table, 2)


def file(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)


def feather(table: pa.Table, path: Path) -> None:
    pyarrow.feather.write_feather(table, path, compression="lz4")


def parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, row_group_size=3, compression="zstd", write_page_checksum=True)


WRITE = [parquet, stream, file, feather]


def read(path: Path) -> list[Any]:
    text = b"".join(chunks(path))
    assert not text or text.endswith(b"\n")
    return [json.loads(line) for line in text.splitlines()]


def reason(path: Path) -> str | None:
    fault = whole(path)
    return fault and fault.reason


TALKS = [
    {
        "id": str(n),
        "turns": [{"role": role, "content": text} for role, text in zip(("user", "assistant"), NAUGHTY[n % 7 :], strict=False)]
        if n % 5
        else None,
        "score": {"helpful": n / 3, "raters": [n, None]} if n % 3 else None,
        "kept": None if n % 4 == 0 else n % 4 == 1,
        "big": 2**63 - 1 - n,
    }
    for n in range(11)
]


@pytest.mark.parametrize("write", WRITE)
def test_rows_are_what_was_written(tmp_path, write):
    path = tmp_path / "any name.txt"
    write(pa.Table.from_pylist(TALKS), path)
    assert read(path) == TALKS and whole(path) is None


UTC = dt.UTC
KINDS = [
    (pa.array([[("a", 1.5), ("b", None)], None, []], pa.map_(pa.string(), pa.float64())), [{"a": 1.5, "b": None}, None, {}]),
    (pa.array([[("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int8())), [[["a", 1], ["a", 2]]]),
    (pa.array([[[(1, "x")]], [], None], pa.list_(pa.map_(pa.int8(), pa.string()))), [[{"1": "x"}], [], None]),
    (pa.array([dt.datetime(2024, 1, 2, 3, 4, 5, 6), None], pa.timestamp("us")), ["2024-01-02T03:04:05.000006", None]),
    (pa.array([dt.datetime(2024, 1, 2, 3, tzinfo=UTC)], pa.timestamp("ms", "Europe/Paris")), ["2024-01-02T03:00:00.000Z"]),
    (
        pa.array([[{"at": dt.datetime(1970, 1, 1)}], None], pa.list_(pa.struct([("at", pa.timestamp("ms"))]))),
        [[{"at": "1970-01-01T00:00:00.000"}], None],
    ),
    (pa.array([dt.date(2024, 2, 29)]), ["2024-02-29"]),
    (pa.array([dt.time(1, 2, 3)]), ["01:02:03.000000"]),
    (pa.array([Decimal("4.50"), None], pa.decimal128(5, 2)), [4.5, None]),
    (pa.array([Decimal(7)], pa.decimal128(18, 0)), [7]),
    (pa.array([Decimal("12345678901234567890.125")], pa.decimal128(30, 3)), ["12345678901234567890.125"]),
    (
        pa.array([b"text\n", "é".encode(), b"\0\1", b"\xff", None]),
        ["text\n", "é", "data:;base64,AAE=", "data:;base64,/w==", None],
    ),
    (pa.array([b"ab", b"\xff\xfe"], pa.binary(2)), ["ab", "data:;base64,//4="]),
    (pa.array(["x", None, "y", "x"]).dictionary_encode(), ["x", None, "y", "x"]),
    (pa.array([["x"], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))), [["x"], None]),
    (pa.array(NAUGHTY, pa.large_string()), NAUGHTY),
    (pa.array(["", None, "longer than a view holds within"], pa.string_view()), ["", None, "longer than a view holds within"]),
    (pa.array([[1], None, [2, 3]], pa.large_list(pa.uint8())), [[1], None, [2, 3]]),
    (pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int16(), 2)), [[1, 2], None, [3, 4]]),
    (pa.array([float("nan"), float("inf"), -0.0, 0.1, 1e300]), [None, None, -0.0, 0.1, 1e300]),
    (pa.array([0.1, None], pa.float32()), [0.1, None]),
    (pa.array([2**64 - 1], pa.uint64()), [2**64 - 1]),
    (pa.nulls(2), [None, None]),
    (pa.array([uuid.UUID(int=5).bytes, None], pa.uuid()), ["00000000-0000-0000-0000-000000000005", None]),
]
ARROW_ONLY = [
    (pa.array([[1], None, [2, 3]], pa.list_view(pa.int8())), [[1], None, [2, 3]]),
    (pa.array([1.5, None], pa.float16()), [1.5, None]),
    (pa.array([5], pa.duration("ms")), [5]),
    (pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["p", "q"])), ["p", "p", "q"]),
]


@pytest.mark.parametrize("write", [parquet, stream])
def test_every_kind_of_column(tmp_path, write):
    kinds = KINDS + (ARROW_ONLY if write is stream else [])
    longest = max(len(array) for array, _ in kinds)
    for slow in (False, True):  # maps, or text that is none, take the slow way, and with them all that stands beside them
        chosen = [kind for kind in kinds if slow or not columns_child._is_slow(columns_child.plain(kind[0]).type)]
        padded = [
            pa.concat_arrays([array, pa.nulls(longest - len(array), array.type)]) if len(array) < longest else array
            for array, _ in chosen
        ]
        write(pa.table(padded, [str(n) for n in range(len(chosen))]), tmp_path / "f")
        rows = read(tmp_path / "f")
        for n, (array, wanted) in enumerate(chosen):
            assert [row[str(n)] for row in rows] == wanted + [None] * (longest - len(array)), array.type


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, min_size=1, max_size=6), st.integers(0, 3))
def test_plain_forms_are_the_same_values(values, skip):
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return  # the values have no one type
    out = io.BytesIO()
    columns_child._write(columns_child._plainly(pa.record_batch([array], ["v"]).slice(skip)), out)
    assert [json.loads(line)["v"] for line in out.getvalue().splitlines()] == array.to_pylist()[skip:]


def test_text_that_is_not_utf8_costs_its_row(tmp_path):
    offsets = pa.array([0, 2, 4, 6], pa.int32()).buffers()[1]
    text = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"ok\xff\xfeyo")])
    for write in (parquet, stream):
        write(pa.table({"s": text, "n": [1, 2, 3]}), tmp_path / "f")
        first, second, third = b"".join(chunks(tmp_path / "f")).splitlines()
        assert json.loads(first) == {"s": "ok", "n": 1} and json.loads(third) == {"s": "yo", "n": 3} and b"\xff\xfe" in second


@pytest.mark.parametrize("write", WRITE)
def test_no_rows(tmp_path, write):
    write(pa.table({"a": pa.array([], pa.string())}), tmp_path / "f")
    assert read(tmp_path / "f") == [] and whole(tmp_path / "f") is None


def test_packed_and_in_archives(tmp_path):
    parquet(pa.Table.from_pylist(TALKS), tmp_path / "f")
    raw = (tmp_path / "f").read_bytes()
    (tmp_path / "f.gz").write_bytes(gzip.compress(raw))
    assert read(tmp_path / "f.gz") == TALKS
    with zipfile.ZipFile(tmp_path / "f.zip", "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("a.parquet", raw)
    [part] = parts(File("s", tmp_path / "f.zip", "f.zip"))
    assert isinstance(part, File) and [json.loads(line) for line in b"".join(chunks(part.where)).splitlines()] == TALKS


@pytest.mark.parametrize("name", ["it's; DROP TABLE x--.parquet", "a*[b]?.parquet", "new\nline.parquet", '"q".parquet'])
def test_a_name_is_only_a_name(tmp_path, name):
    parquet(pa.Table.from_pylist(TALKS), tmp_path / name)
    assert read(tmp_path / name) == TALKS and os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("write", WRITE)
def test_a_cut_file_is_corrupt(tmp_path, write):
    write(pa.Table.from_pylist(TALKS * 50), tmp_path / "f")
    raw = (tmp_path / "f").read_bytes()
    (tmp_path / "f").write_bytes(raw[: len(raw) * 2 // 3])
    assert reason(tmp_path / "f") == "corrupt_stream"
    with pytest.raises(Corrupt):
        list(chunks(tmp_path / "f"))


def test_a_changed_page_is_found_by_its_checksum(tmp_path):
    table = pa.table({"text": [f"{n} apples, {n * n} pears" for n in range(5000)]})
    pq.write_table(table, tmp_path / "f", compression="none", use_dictionary=False, write_page_checksum=True)
    raw = bytearray((tmp_path / "f").read_bytes())
    raw[len(raw) // 3] ^= 1
    (tmp_path / "f").write_bytes(raw)
    assert reason(tmp_path / "f") == "corrupt_stream"


def test_columns_that_cannot_be_read_are_named(tmp_path):
    union = pa.UnionArray.from_dense(pa.array([0], pa.int8()), pa.array([0], pa.int32()), [pa.array([1])])
    for table, said in (
        (pa.table({"u": union}), "dense_union"),
        (pa.table([pa.array([1]), pa.array([2])], ["a", "a"]), "one name"),
    ):
        stream(table, tmp_path / "f")
        with pytest.raises(Corrupt, match=said):
            list(chunks(tmp_path / "f"))


class Canary:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("head", [b"", b"PAR1", b"ARROW1\0\0", b"\xff\xff\xff\xff\x10\0\0\0", b"\x1f\x8b\x08", b"PK\x03\x04"])
def test_nothing_here_opens_a_pickle(tmp_path, head):
    canary, path = tmp_path / "canary", tmp_path / "f.parquet"
    path.write_bytes(head + pickle.dumps(Canary(canary)))
    for part in parts(File("s", path, path.name)):
        assert not isinstance(part, File) or (whole(part.where) is None) == (head in (b"", b"PK\x03\x04"))
    assert not canary.exists()
    pickle.loads(pickle.dumps(Canary(canary)))
    assert canary.exists()


def test_a_child_gets_no_secrets_and_leaves_no_child(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_canary")
    seen = tmp_path / "seen"
    child = tmp_path / "child.py"
    code = ["import os, sys, time", f"open({str(seen)!r}, 'w').write(str(dict(os.environ)) + str(sys.argv))"]
    child.write_text("\n".join([*code, "print('{}', flush=True)", "time.sleep(60)"]))
    monkeypatch.setattr(columns, "_CHILD", str(child))
    monkeypatch.setattr(columns, "SILENCE", 1)
    parquet(pa.table({"a": [1]}), tmp_path / "f")
    with pytest.raises(Corrupt, match="said nothing") as error:
        list(chunks(tmp_path / "f"))
    assert error.value.reason == "crashed" and "canary" not in seen.read_text()
    talks = tmp_path / "talks.py"
    talks.write_text("while True: print('{}', flush=True)")
    pieces = chunks(tmp_path / "f")
    monkeypatch.setattr(streams, "WINDOW", 4)
    monkeypatch.setattr(columns, "_CHILD", str(talks))
    assert next(pieces).startswith(b"{}\n")
    pieces.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_change_of_the_child_is_a_change_of_the_step():
    from flows import code

    assert Path(columns._CHILD) in {file for name in code._imports(Path(columns.__file__)) for file in code._files(name)}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.kill(os.getpid(), 11)", "signal 11"),
        ("x = []\nwhile True: x.append(bytes(1 << 26))", "out of memory|MemoryError|signal 9"),
        ("raise SystemExit(3)", "failed"),
    ],
)
def test_a_child_that_dies_is_told(tmp_path, monkeypatch, code, said):
    child = tmp_path / "child.py"
    child.write_text(
        f"import resource\nresource.setrlimit(resource.RLIMIT_DATA, (1 << 28,) * 2)\nprint('{{}}', flush=True)\n{code}"
    )
    monkeypatch.setattr(columns, "_CHILD", str(child))
    parquet(pa.table({"a": [1]}), tmp_path / "f")
    with pytest.raises(Corrupt, match=said) as error:
        list(chunks(tmp_path / "f"))
    assert error.value.reason == "crashed"


def test_a_table_that_would_fill_the_memory_or_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "BOMB_FLOOR", 1 << 20)
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array(["x" * 10_000]))
    pq.write_table(pa.table({"a": long}), tmp_path / "f")
    assert (tmp_path / "f").stat().st_size < 100_000
    with pytest.raises(Corrupt) as error:
        list(chunks(tmp_path / "f"))
    assert error.value.reason == "bomb"
    huge = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["x" * (8 << 20)]))
    pq.write_table(pa.table({"a": huge}), tmp_path / "f")
    assert reason(tmp_path / "f") in ("crashed", "corrupt_stream")


def mutants(raw: bytes, count: int, seed: int):
    rng = random.Random(seed)
    for _ in range(count):
        bad = bytearray(raw)
        for _ in range(rng.choice([1, 1, 3, 20])):
            place = rng.choice(
                [rng.randrange(len(bad)), max(0, len(bad) - 1 - rng.randrange(400))]
            )  # the footer is the weak part
            match rng.randrange(4):
                case 0:
                    bad[place] ^= 1 << rng.randrange(8)
                case 1:
                    bad[place : place + 4] = rng.choice([b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xff\xff\xff\xff"])
                case 2:
                    del bad[place : place + rng.randrange(1, 50)]
                case _:
                    bad[place:place] = rng.randbytes(rng.randrange(1, 50))
            bad = bad or bytearray(raw)
        yield bytes(bad)


def survives(tmp_path: Path, count: int, seed: int) -> None:
    table = pa.Table.from_pylist(TALKS * 20)
    for write in WRITE:
        write(table, tmp_path / "f")
        raw = (tmp_path / "f").read_bytes()
        for bad in mutants(raw, count, seed):
            (tmp_path / "f").write_bytes(bad)
            try:
                for line in b"".join(chunks(tmp_path / "f")).splitlines():
                    line.decode("utf-8", "replace")
            except Corrupt as error:
                assert error.reason in ("corrupt_stream", "crashed", "bomb") and error.detail


def test_changed_files_kill_nobody(tmp_path):
    survives(tmp_path, 2, 1)


@pytest.mark.long
def test_five_hundred_changed_files_kill_nobody(tmp_path):
    survives(tmp_path, 125, 2)
