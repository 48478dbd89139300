"""A row is a record; a broken one costs no other; the bytes of the file stay where they are said to be."""

import csv
import io
import random
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sources
from sources import csvs, streams
from sources.tabular import is_table, why_not

HEAD = b"prompt,answer,model\n"
GOOD = [b"say a,a,m1", b'"say ""b"", please","b,\nand b",m1', b"say c,c,m2", b'"say d","d","m2"', b"say e,,"]
VALUES = [
    {"prompt": "say a", "answer": "a", "model": "m1"},
    {"prompt": 'say "b", please', "answer": "b,\nand b", "model": "m1"},
    {"prompt": "say c", "answer": "c", "model": "m2"},
    {"prompt": "say d", "answer": "d", "model": "m2"},
    {"prompt": "say e", "answer": "", "model": ""},
]


def items(path):
    """The rows of a table without their flags."""
    return [item[:5] for item in csvs.items(path)]


def read(path: Path, data: bytes) -> list[csvs.Item]:
    """All rows; each lies in the file where it says."""
    path.write_bytes(data)
    found = list(items(path))
    assert all(data[offset : offset + len(raw)] == raw for offset, raw, *_ in found)
    assert [item[0] for item in found] == sorted({item[0] for item in found})
    return found


def faults(found: list[csvs.Item]) -> list[tuple[str, bytes]]:
    return [(reason, raw) for _, raw, _, reason, _ in found if reason]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.csv"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\n\n \n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [True, False])
def test_a_row_is_a_dict(path, end, bom, last):
    data = bom + end.join([HEAD.strip(), *GOOD]) + (end if last else b"")
    assert is_table(data)
    assert [item[2] for item in read(path, data)] == VALUES


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(path, mark):
    out = io.StringIO()
    writer = csv.DictWriter(out, VALUES[0], delimiter=mark)
    writer.writeheader()
    writer.writerows(VALUES)
    assert is_table(out.getvalue().encode())
    assert [item[2] for item in read(path, out.getvalue().encode())] == VALUES


CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="".join(map(chr, [*range(9), 11, 12, *range(14, 32)]))), max_size=8
)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.integers(1, 40))
def test_what_was_written_is_read(tmp_path_factory, rows, quoting, window):
    out = io.StringIO()
    writer = csv.writer(out, quoting=quoting)
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "WINDOW", window)
        found = read(tmp_path_factory.getbasetemp() / "written.csv", out.getvalue().encode())
    assert [tuple(item[2].values()) for item in found] == rows and not faults(found)


@given(
    st.lists(st.sampled_from([b"a", b",", b'"', b"\n", b"\r", b"\t", b"\xff", b"\0", b" ", b'","', b"b,c\n"]), max_size=60),
    st.integers(1, 30),
)
def test_no_byte_is_lost_whatever_they_are(tmp_path_factory, tokens, window):
    data = b"x,y\n" + b"".join(tokens)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "WINDOW", window)
        found = read(tmp_path_factory.getbasetemp() / "any.csv", data)
    assert found == read(tmp_path_factory.getbasetemp() / "any.csv", data)
    place = 4
    for offset, raw, value, reason, _ in found:
        assert not data[place:offset].strip(b" \r\n") and (value is None) == (reason is not None)
        assert value is None or list(value) == ["x", "y"]
        place = offset + len(raw)
    assert not data[place:].strip(b" \r\n")


BROKEN = [
    (b"too,few", "csv_columns"),
    (b"one,two,three,four", "csv_columns"),
    (b'"two\nlines",but four,cells,here', "csv_columns"),
    (b'"said "no" to me",b,m', "csv_quote"),
    (b'"never closed,b,m', "csv_quote"),
    (b'a,"never closed,m', "csv_quote"),
    (b"\xff\xfe,b,m", "encoding"),
    (b'"two\nlines \xe9",b,m', "encoding"),
    (b"nul \0,b,m", "control"),
]


@pytest.mark.parametrize(("row", "reason"), BROKEN)
@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("window", [1, 7, 1 << 20])
def test_a_broken_row_costs_itself(path, monkeypatch, row, reason, place, window):
    monkeypatch.setattr(streams, "WINDOW", window)
    found = read(path, HEAD + b"\n".join([*GOOD[:place], row, *GOOD[place:]]))
    assert faults(found) == [(reason, row)]
    assert [item[2] for item in found if not item[3]] == VALUES


@pytest.mark.parametrize("row", [row for row, _ in BROKEN])
def test_broken_rows_between_good_ones(path, row):
    found = read(path, HEAD + b"".join(good + b"\n" + row + b"\n" for good in GOOD * 3))
    assert len(faults(found)) == 15 and [item[2] for item in found if not item[3]] == VALUES * 3


def test_quotes_in_a_table_of_tabs_are_only_quotes(path):
    found = read(path, b'prompt\tanswer\n"Yes" or "no"?\t"Yes", I said\n"a ""b"""\t"two\nlines"\n')
    values = [list(item[2].values()) for item in found]
    assert values == [['"Yes" or "no"?', '"Yes", I said'], ['a "b"', "two\nlines"]]


def test_control_characters_are_taken_out_as_from_json(path):
    assert read(path, b"a,b\nbell\x07 and tab\t,\x1b[1mbold\n")[0][2] == {"a": "bell and tab\t", "b": "[1mbold"}


def test_columns_without_a_name_of_their_own_are_numbered(path):
    assert list(read(path, b",prompt,prompt, answer ,\n0,a,b,c,d\n")[0][2]) == [
        "column_1",
        "prompt",
        "prompt_2",
        "answer",
        "column_5",
    ]


def test_a_row_that_is_too_long(path, monkeypatch):
    monkeypatch.setattr(csvs, "LONGEST", 10_000)
    monkeypatch.setattr(csvs, "KEPT", 100)
    monkeypatch.setattr(streams, "WINDOW", 1000)
    found = read(
        path,
        HEAD + GOOD[0] + b"\nlong," + b"x" * 50_000 + b",m\n" + GOOD[2] + b'\nlong,"' + b"y" * 50_000 + b'\n z",m\n' + GOOD[3],
    )
    assert [(reason, raw[:6]) for reason, raw in faults(found)] == [
        ("too_long", b"long,x"),
        ("too_long", b'long,"'),
        ("csv_columns", b' z",m'),
    ]
    assert all(len(raw) <= 100 for _, raw in faults(found))
    assert [item[2] for item in found if not item[3]] == [VALUES[0], VALUES[2], VALUES[3]]


@pytest.mark.parametrize("line", [b'a","x,\n', b'a,"x\n', b'"a,x\n', b'a,b"\n', b'"a""\n', b',"""\n'])
def test_no_quotes_make_the_time_or_the_memory_grow(path, monkeypatch, line):
    monkeypatch.setattr(csvs, "LONGEST", 1 << 20)
    data = HEAD + GOOD[0] + b"\n" + line * 15_000
    path.write_bytes(data)
    tracemalloc.start()
    start = time.process_time()
    found = Counter(item[3] for item in items(path))
    spent, (_, most) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 12 and most < 40 << 20 and sum(found.values()) >= 3_750


def test_a_broken_stream_costs_the_row_that_it_cuts(path):
    import gzip

    rng = random.Random(1)
    rows = b"".join(b'%d,"%s\nand more",m\n' % (n, rng.randbytes(40).hex().encode()) for n in range(2000))
    packed = gzip.compress(HEAD + rows)
    path.write_bytes(packed[: len(packed) // 2])
    *found, last = items(path)
    assert last[3] == "corrupt_stream" and not [item for item in found if item[3]] and len(found) > 500
    assert (HEAD + rows)[last[0] :].startswith(last[1])


NO_TABLE = [
    b"",
    b"one column\nof text\n",
    b"a,b\n",
    b'{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n',
    b'["a", "b"]\n["c", "d"]\n',
    b'"a, b"\n"c, d"\n',
    b"<p>a,b</p>\n<p>c,d</p>\n",
    b"Dear all, I write to you.\nWe met, as you know.\nSee you, soon.\n",
    b"First we walked, then we ran\nand then, at last, we slept\nuntil, much later, it dawned\n",
    b"import os, sys\nfrom a import b, c\n",
    b"| a | b |\n|---|---|\n| 1 | 2 |\n",
    b"\x00\x01,\x02\n\x03,\x04\n",
    b"name: x\nvalues: [1, 2]\n",
]


@pytest.mark.parametrize("head", NO_TABLE)
def test_what_is_no_table(head):
    assert not is_table(head)


def test_a_table_is_told_by_any_part_of_its_beginning():
    data = HEAD + b"\n".join(GOOD * 20)
    for cut in range(len(HEAD) + 20, len(data), 7):
        assert is_table(data[:cut]), data[:cut]


BROKEN_TOP = [
    b"instruction,output\na,b\nonly one\nc,d\n",
    b"instruction,output\nonly one\na,b\n",
    b"instruction,output\none,two,three\nonly one\n1,2,3\na,b",
    b'prompt;completion\n"say "no" to me";b\nc;d\n',
    b'prompt,completion\n"never closed,b\nc,d\ne,f\n',
    b"question, answer\na, b\nonly one\n",
    b"left,right\na,b\nonly one\nc,d\n",
]


@pytest.mark.parametrize("data", BROKEN_TOP)
def test_a_broken_row_near_the_top_costs_only_itself(data, path):
    assert is_table(data)
    path.write_bytes(data)
    [batch] = sources.read(sources.File("s", path, "f.csv", format="preference"))
    found = read(path, data)
    assert [item[1] for item in found if not item[3]] and batch.records == len(found)
    broken = [number for number, item in enumerate(found) if item[3]]
    assert broken and set(broken) <= set(batch.refused["record"].to_pylist())


WHY_NOT = [
    (b"I wrote this long sentence myself today,and this\nb,c\n", "the names of the columns, and 'I wrote this"),
    (
        b"left,right\n1,2,3\n4,5,6\n7,8\n",
        "2 of its first 3 rows do not fit, row 1 below the names first: 3 cells, but the header has 2",
    ),
    (b"instruction,output\n", "no row is below the names"),
    (b"First we walked, then we ran\nand then, slept\n", "a space follows every comma"),
    ("prénom,réponse\na,b\n".encode("latin-1"), "iconv -f CP1252"),
]


@pytest.mark.parametrize(("head", "said"), WHY_NOT)
def test_why_it_is_no_table(head, said):
    assert said in (why_not(head) or "")


def test_an_empty_table_has_no_rows(path):
    assert read(path, b"") == [] and read(path, b"a,b\n") == [] and read(path, b"\xef\xbb\xbf") == []


def test_real_tables(dumps):
    for name, rows in (
        ("f__awesome-chatgpt-prompts/prompts.csv", 1529),
        ("benedictflorance__truthfulqa_experiments/datasets/TruthfulQA.csv", 817),
    ):
        path = dumps / name
        assert is_table(path.read_bytes()[:4096])
        found = list(items(path))
        assert len(found) == rows and not faults(found)
        with open(path, encoding="utf-8-sig", newline="") as handle:
            wanted = list(csv.DictReader(handle))
        clean = [{key: value.translate(dict.fromkeys(csvs._CONTROL)) for key, value in row.items()} for row in wanted]
        assert [item[2] for item in found] == clean
