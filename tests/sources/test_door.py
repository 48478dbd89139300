"""Broken files as people have them: each fault costs the records that it touches, and no other."""

import gc
import json
import subprocess
import sys
from ast import literal_eval
from collections import deque
from itertools import chain, product
from time import process_time

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources import cutter, spans, streams, strict
from sources.records import CONTAINERS, Record, container, count, head, records
from sources.strict import Refused

TALKS = [
    {"id": n, "turns": [{"from": who, "text": f"{who} {n}: {'so ' * (n % 5)}ends"} for who in ("human", "bot")], "n": {"x": [n]}}
    for n in range(6)
]
GOOD = [orjson.dumps(talk) for talk in TALKS]
PRETTY = [json.dumps(talk, indent=2).encode() for talk in TALKS]


def read(folder, data: bytes, mode: int | None = None) -> list[Record]:
    path = folder / "f"
    path.write_bytes(data)
    found = list(records(path, container(head(path)) if mode is None else mode))
    assert [record.number for record in found] == list(range(len(found)))
    for record, behind in zip(found, [*found[1:], None], strict=True):
        assert data[record.offset :].startswith(record.raw)
        assert not behind or behind.offset >= record.offset + len(record.raw)
    return found


def good(found: list[Record]) -> list[bytes]:
    return [record.raw for record in found if not record.fault]


def bad(found: list[Record]) -> list[tuple[str, bytes]]:
    return [(record.fault, record.raw) for record in found if record.fault]


SPLIT = [
    b'{"id": 9, "turns": [{"from": "human", "text": "first line\nsecond line"}], "n": {}}',
    b'{"id": 9, "turns": [{"from": "human", "text": "one\n\n- two\nthree, "}], "n": {}}',
    b'{"id": 9, "turns": [\n"a", "b"], "n":\n3}',
    b'{"id": 9,\n"turns": [], "n": {}}',
    b'{"id": 9, "turns": "it goes on\n and never ends',
    b'{"id": 9, "turns": "said "no\nor yes", "n": 1}',
]


@pytest.mark.parametrize("broken", SPLIT)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n \n"])
@pytest.mark.parametrize("at", [0, 3, 6])
def test_a_record_over_several_lines_is_one_broken_record(tmp_path, broken, end, at):
    found = read(tmp_path, end.join([*GOOD[:at], broken, *GOOD[at:]]) + end, spans.LINES)
    assert good(found) == GOOD and [raw for _, raw in bad(found)] == [broken]
    assert count(tmp_path / "f") == 7


def test_rows_of_lines_are_counted_as_they_are_read_in_any_windows_and_pieces(tmp_path, monkeypatch):
    lines = [
        *GOOD[:2],
        SPLIT[0],
        b"",
        b"garbage",
        GOOD[2] + GOOD[3],
        GOOD[4] + b", " + GOOD[5] + b",",
        *SPLIT[1:],
        GOOD[0],
        SPLIT[4],
    ]
    data = b"\n".join(lines)
    whole = read(tmp_path, data, spans.LINES)
    assert good(whole) == [*GOOD, GOOD[0]]
    begins = [0, *(n + 1 for n in range(len(data)) if data[n : n + 2] in (b"\n{", b"\n["))]
    for window, batch in product((1, 7, 100), (2, 3, 500)):
        monkeypatch.setattr(streams, "WINDOW", window)
        monkeypatch.setattr(cutter, "BATCH", batch)
        assert list(records(tmp_path / "f", spans.LINES)) == whole
        pieces = []
        for start, end in zip(begins, [*begins[1:], None], strict=True):
            piece = list(records(tmp_path / "f", spans.LINES, start, end, len(pieces)))
            assert count(tmp_path / "f", start, end) == len(piece)
            pieces += piece
        assert pieces == whole


BROKEN = {
    "cut in a text": GOOD[1][:40],
    "cut in a list": GOOD[1][: GOOD[1].index(b"}") + 1],
    "cut behind a key": GOOD[1][: GOOD[1].index(b":") + 1],
    "trailing comma": GOOD[1][:-1] + b",}",
    "inner trailing comma": GOOD[1].replace(b"}]", b"},]"),
    "unescaped quotes": GOOD[1].replace(b"human 1", b'he said "so" and "no"'),
    "one unescaped quote": GOOD[1].replace(b"human 1", b'a 3" pipe'),
    "single quotes": GOOD[1].replace(b'"', b"'"),
    "no comma": GOOD[1].replace(b"},{", b"} {"),
    "wrong bracket": GOOD[1].replace(b"}]", b"}}"),
    "no bracket": GOOD[1].replace(b"}]", b"}"),
    "brackets too many": GOOD[1] + b"}]}",
    "a comment": GOOD[1].replace(b"[", b"[ /* see below */ "),
    "Python": GOOD[1].replace(b"[1]", b"[None]"),
    "words": b"<<<<<<< HEAD, said the merge",
    "deep": b'{"id": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep and open": b'{"id": ' + b"[" * 50_000,
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("at", [0, 1, 5, 6])
@pytest.mark.parametrize("frame", ["lines", "array", "pretty", "values"])
def test_a_broken_record_costs_itself(tmp_path, name, at, frame):
    texts = PRETTY if frame in ("pretty", "values") else GOOD
    parts = [*texts[:at], BROKEN[name], *texts[at:]]
    data = {"lines": b"\n".join(parts), "values": b"\n".join(parts), "array": b"[" + b",".join(parts) + b"]"}.get(
        frame, b"[\n  " + b",\n  ".join(parts) + b"\n]\n"
    )
    found = read(tmp_path, data)
    assert CONTAINERS[container(data)] == {"pretty": "array"}.get(frame, frame) or at == 0
    kept = good(found)
    assert [raw for raw in kept if raw in texts] == texts
    assert len(kept) - len(texts) <= (name == "brackets too many")  # the part before the surplus ones is whole
    assert 0 < len(bad(found)) <= 2


def test_several_broken_records_in_a_row_cost_themselves(tmp_path):
    for frame in (b",", b",\n"):
        parts = [GOOD[0], *list(BROKEN.values())[:10], *GOOD[1:3], *list(BROKEN.values())[3:8], *GOOD[3:]]
        assert good(read(tmp_path, b"[" + frame.join(parts) + b"]")) == GOOD


JOINED = {
    "no commas": (b"[" + b"\n".join(GOOD) + b"]", 0),
    "one comma missing": (b"[" + b",".join(GOOD[:3]) + b" " + b",".join(GOOD[3:]) + b"]", 0),
    "two commas": (b"[" + b",,".join(GOOD) + b",]", 0),
    "no end": (b"[" + b",".join(GOOD), 1),
    "no end but a comma": (b"[" + b",".join(GOOD) + b",\n", 1),
    "no beginning": (b",\n".join(GOOD) + b"\n]", 1),
    "two arrays": (b"[" + b",".join(GOOD[:3]) + b"]\n[" + b",".join(GOOD[3:]) + b"]", 0),
    "two arrays, the first broken at its end": (
        b"[" + b",".join([*GOOD[:3], GOOD[1][:40]]) + b"]\n[" + b",".join(GOOD[3:]) + b"]",
        1,
    ),
    "closed too early": (b"[" + b",".join(GOOD[:3]) + b"]," + b",".join(GOOD[3:]) + b"]", 0),
    "words after the end": (b"[" + b",".join(GOOD) + b"]\nthe end", 1),
    "an array with no mark of its beginning": (GOOD[0][5:] + b",\n" + b",\n".join(GOOD) + b"]", 2),
    "lines with commas": (b",\n".join(GOOD) + b",\n", 0),
    "objects in one line": (b"".join(GOOD), 0),
    "two objects in one line": (b"\n".join([GOOD[0] + GOOD[1], *GOOD[2:]]), 0),
    "returns between": (b"\r".join(GOOD), 0),
    "spaces between": (b"  ".join(GOOD), 0),
    "marks of files that were joined": (b"\xef\xbb\xbf" + b"\n\xef\xbb\xbf".join(GOOD), 0),
    "marks and no new line": (b"\n".join(GOOD[:3]) + b"\xef\xbb\xbf" + b"\n".join(GOOD[3:]), 0),
    "marks between arrays": (b"\xef\xbb\xbf[" + b",".join(GOOD[:3]) + b"]\xef\xbb\xbf[" + b",".join(GOOD[3:]) + b"]", 0),
    "pretty, no commas": (b"\n".join(PRETTY), 0),
}


@pytest.mark.parametrize(("data", "faults"), JOINED.values(), ids=JOINED)
def test_what_stands_between_records_costs_none(tmp_path, data, faults):
    found = read(tmp_path, data)
    assert [record.value for record in found if not record.fault] == TALKS
    assert len(bad(found)) == faults


def test_a_part_of_a_broken_record_is_no_record(tmp_path):
    early = b'{"id": 7}, "turns": [{"from": "human", "text": "x"}, {"from": "bot", "text": "y"}], "n": {"x": [7]}}'
    glued = b'{"id": 7} {"from": "human", "text": "x"}'
    for frame, broken in product((b",", b"\n"), (early, glued)):
        parts = [*GOOD[:3], broken, *GOOD[3:]]
        found = read(tmp_path, b"[" + frame.join(parts) + b"]" if frame == b"," else frame.join(parts))
        assert [raw for raw in good(found) if raw != b'{"id": 7}'] == GOOD


def test_an_array_of_lists_is_taken_up_again(tmp_path):
    lists = [orjson.dumps(talk["turns"]) for talk in TALKS]
    found = read(tmp_path, b"[" + b",".join([*lists[:2], lists[2][:30], *lists[3:]]) + b"]")
    assert good(found) == [*lists[:2], *lists[3:]] and len(bad(found)) == 1


@settings(max_examples=200, deadline=None)
@given(data=st.data(), window=st.integers(1, 300))
def test_windows_do_not_change_what_is_read(tmp_path_factory, data, window):
    parts = [*GOOD, *data.draw(st.lists(st.sampled_from([*BROKEN.values(), *GOOD, *PRETTY, b"", b"7"]), max_size=6))]
    parts = [part for part in data.draw(st.permutations(parts)) if len(part) < 1000]
    mode = data.draw(st.sampled_from([spans.LINES, spans.ARRAY, spans.VALUES]))
    text = data.draw(st.sampled_from([b",", b"\n", b",\n", b" "])).join(parts)
    folder = tmp_path_factory.mktemp("w")
    wanted = read(folder, b"[" + text + b"]" if mode == spans.ARRAY else text, mode)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "WINDOW", window)
        patch.setattr(cutter, "BATCH", data.draw(st.integers(1, 4)))
        assert list(records(folder / "f", mode)) == wanted


def test_a_record_that_is_too_long_costs_itself_wherever_windows_end(tmp_path, monkeypatch):
    monkeypatch.setattr(cutter, "LONGEST", 1 << 16)
    lines = [GOOD[0], b'{"a": "' + b"x" * 70_000 + b'"}', GOOD[1], b'{"a": "' + b"y\n" * 70_000, b"5", GOOD[2]]
    (tmp_path / "f").write_bytes(b"\n".join(lines))
    wanted = None
    for window in (1 << 10, 1 << 14, 100_000, 1 << 22):
        monkeypatch.setattr(streams, "WINDOW", window)
        found = list(records(tmp_path / "f", spans.LINES))
        assert good(found) == GOOD[:3] and [fault for fault, _ in bad(found)] == ["too_long"] * 2
        assert count(tmp_path / "f") == 5
        places = [record[:2] for record in found]
        wanted = wanted or places
        assert places == wanted


def test_what_was_mended_is_told(tmp_path):
    texts = [
        "plain \\n\\t\\r",
        "nul \\u0000 bell \\u0007 feed \\f",
        "lone \\ud800 pair \\ud83d\\ude00",
        "\\udc00\\u0001",
        "\\\\u0000 \\\\b",
    ]
    found = read(tmp_path, b"\n".join(b'{"a": "%b"}' % text.encode() for text in texts))
    assert [record.flags for record in found] == [
        (), ("controls_removed",), ("surrogates_replaced",), ("controls_removed", "surrogates_replaced"), (),
    ]  # fmt: skip
    assert [record.value["a"] for record in found] == [
        "plain \n\t\r", "nul  bell  feed ", "lone \ufffd pair \U0001f600", "\ufffd", "\\u0000 \\b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ('{"a": "é"}'.encode("latin-1"), "encoding"),
        (b'{"a": "\xc3"}', "encoding"),
        (b'{"a": "x\0y"}', "json_syntax"),
        (b'{"a": "x\x1fy"}', "json_syntax"),
        (b'{"a"\0: 1}', "json_syntax"),
    ],
)
def test_bytes_that_are_no_text_are_kept_and_named(tmp_path, data, reason):
    for at in (0, 3):
        found = read(tmp_path, b"\n".join([*GOOD[:at], data, *GOOD[at:]]))
        assert bad(found) == [(reason, data)] and good(found) == GOOD


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be"])
def test_wide_text_is_named(tmp_path, code):
    data = json.dumps(TALKS).encode(code)
    assert bad(read(tmp_path, data)) == [("encoding", data)]


def test_naughty_strings_pass(tmp_path, dumps):
    texts = json.loads((dumps / "minimaxir__big-list-of-naughty-strings" / "blns.json").read_text())
    assert len(texts) == 515
    control = strict._CONTROL
    for dump in (orjson.dumps, lambda value: json.dumps(value).encode()):
        parts = [dump({"a": text, "b": [text]}) for text in texts]
        for data in (b"\n".join(parts), b"[" + b",".join(parts) + b"]"):
            found = read(tmp_path, data)
            assert [r.value for r in found] == [{"a": control.sub("", t), "b": [control.sub("", t)]} for t in texts]
            assert [bool(r.flags) for r in found] == [bool(control.search(t)) for t in texts]


TEXT = st.text() | st.text('ab"{}[],:\\ \n\u2028\ufeff', max_size=9)
NUMBERS = (
    st.integers() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([-0.0])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(value=JSON, ascii=st.booleans(), data=st.data())
def test_the_fast_way_and_the_slow_way_agree(value, ascii, data):
    raw = bytearray(json.dumps([value], ensure_ascii=ascii).encode(errors="replace"))
    for _ in range(data.draw(st.integers(0, 2))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.sampled_from(b'"\\{}[],:0123eE+-.tnu \n\xff'))
    raw = bytes(raw).strip()
    found = np.empty((3, 4), np.int64)
    places, *_ = spans.cut(np.frombuffer(b"[" + raw + b"]", np.uint8), 0, spans.ARRAY, spans.BEFORE, found)
    whole = places == 1 and found[1, 0] - found[0, 0] == len(raw)
    marks = int(found[2, 0]) if whole else spans.DUPLICATE
    try:
        fast = strict.told(raw, marks)
    except Refused as error:
        with pytest.raises(Refused) as again:
            strict.slow(raw, marks)
        assert (again.value.reason, again.value.detail) == (error.reason, error.detail)
        return
    assert whole, "what the parser reads is whole to the kernel"
    assert repr(strict.slow(raw, marks)) == repr(fast)
    if not marks and not fast[1]:  # what is mended is nothing for the fast one
        assert repr(orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))) == repr(fast[0])


def test_where_a_line_opens_a_record_one_begins(tmp_path):
    broken = [b'{"id": 9, "turns":', b'[{"from": "human", "text": "x"}', b"]}"]
    found = read(tmp_path, b"\n".join([*GOOD[:3], *broken, *GOOD[3:]]))
    assert good(found) == GOOD and [raw for _, raw in bad(found)] == [broken[0], broken[1] + b"\n" + broken[2]]


ONE = b'{"k":1,"t":"abc def"},'
HOSTILE = {
    "cut in a list": (b'{"k":[{"x":1},' + ONE, b""),
    "cut in every list": (b'{"k":[{"x":1}, ', b""),
    "open texts": (b'{"k":"open,' + ONE, b""),
    "beginnings": (b',{"k":', b""),
    "beginnings of lists": (b',{"k":[', b""),
    "beginnings of texts": (b',{"k":"', b""),
    "brackets": (b"[", b""),
    "brackets and back": (b"],[", b""),
    "braces": (b"}", b'{"a" 1'),
    "new lines": (b"\n", b'{"a" 1}'),
    "new lines in a text": (b"\n", b'{"a":"x'),
    "lines in a broken record": (b"x\n", b'{"a":['),
    "commas": (b", ", b'{"a" 1}'),
    "tabs": (b",\t\t\t\t\t\t\t\t\t\t", b'{"a" 1}'),
    "backslashes": (b"\\", b'{"'),
    "quotes": (b'"', b""),
    "words": (b"hello ", b'{"a":1},'),
    "digits": (b"9", b'{"a":'),
    "parts of a broken one": (b'{"k":1},', b'{"m":1,"k":[{"k":1}]},{"m":1,"k":['),
    "no commas": (ONE[:-1] + b" ", b""),
    "every second one broken": (ONE + b'{"k":[{"x":2},{"x":3},],"t":0},', b""),
    "too deep": (b'{"k":' + b"[" * 250 + b"]" * 250 + b"},", b""),
    "byte order marks": (b"\xef\xbb\xbf", b""),
    "surrogates": (b'{"a":"\\ud800\\u0000"},', b""),
}


def seconds(data: bytes, mode: int) -> float:
    """Of this process, so that others do not count; the collector's pauses depend on what else it holds."""
    gc.collect()
    gc.disable()
    begin, one = process_time(), cutter.Cutter(mode)
    for at in range(0, len(data), 1 << 15):
        if one.feed(data[at : at + (1 << 15)]):
            deque(one.whole(), 0)
    one.feed(b"", now=True)
    deque(chain(one.whole(ended=True), one.tail()), 0)
    gc.enable()
    return process_time() - begin


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_linear_in_what_is_read(name):
    (more, first), size = HOSTILE[name], 1 << 16
    for mode in CONTAINERS:
        if mode is not None:
            seconds(first + more * 9, mode)
            small, large = (seconds(b"[" + first + more * (n // len(more)) + b"]", mode) for n in (size, 8 * size))
            assert large < 0.1 + 8 * 3 * small, (mode, small, large)


@pytest.mark.parametrize("count", [100_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_an_object_of_many_keys_is_read(tmp_path, count):
    wide = b"{" + b",".join(b'"%d":0' % n for n in range(count)) + b"}"
    found = read(tmp_path, b"\n".join([GOOD[0], wide, wide[:-1] + b',"0":1}', GOOD[1]]))
    assert [(record.fault, len(record.value or ())) for record in found] == [
        (None, 3),
        (None, count),
        ("duplicate_key", 0),
        (None, 3),
    ]


ENDLESS = """
import resource, sys
from sources.records import count, records
class Endless:
    def __init__(self, first, more, size): self.first, self.more, self.size = first, more, size
    def open(self, mode): return self
    def __enter__(self): self.at = 0; return self
    def __exit__(self, *why): pass
    def seek(self, place): self.at = place
    def read(self, size):
        at, begin = self.at, len(self.first)
        size = max(0, min(size, self.size - at))
        piece = self.first[at:] if at < begin else (self.more * (size // len(self.more) + 2))[(at - begin) % len(self.more) :]
        self.at += len(piece[:size])
        return piece[:size]
list(records(Endless(b'{"a": 1}', b" ", 64), 0)), list(records(Endless(b'[{"a": 1}', b",", 64), 1))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
first, more, mode, size = eval(sys.argv[1])
found = [(r.fault, len(r.raw)) for r in records(Endless(first, more, size), mode)]
print([found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before])
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("first", "more"),
    [(b'{"a": "', b"x"), (b'{"a": "', b"x\n"), (b"[", b"["), (b"", b'{"a":'), (b'[{"a": [', b"1, "), (b'{"a": "', b'\\"')],
)
@pytest.mark.parametrize("mode", [spans.LINES, spans.ARRAY, spans.VALUES])
def test_a_gigabyte_without_an_end_is_refused_within_the_memory_of_the_cap(first, more, mode):
    asked = [sys.executable, "-c", ENDLESS, repr((first, more, mode, 1 << 30))]
    said = subprocess.run(asked, capture_output=True, check=True, text=True, timeout=120)
    found, kilobytes = literal_eval(said.stdout)
    assert {fault for fault, _ in found} <= {"too_long", "too_deep", "json_syntax", "truncated"} and len(found) <= 3
    assert kilobytes << 10 < cutter.LONGEST + (256 << 20)
