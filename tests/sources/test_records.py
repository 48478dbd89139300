"""One bad record costs its neighbours nothing, whatever the container, and nothing is read that strict JSON forbids."""

import gzip
import json
from pathlib import Path

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sources import cutter, spans, streams
from sources import records as door
from sources.records import Record, container, head, records
from sources.strict import decode

FAULTS = {
    b'{"a": 1, "a": 2}': "duplicate_key",
    b'{"a": 1, "\\u0061": 2}': "duplicate_key",
    b'{"a": {"b": [{"c": 1, "d": 2, "c": 3}]}}': "duplicate_key",
    b'{"a": NaN}': "non_finite",
    b'{"a": -Infinity}': "non_finite",
    b'{"a": 1e400}': "non_finite",
    b"{'a': 1}": "json_syntax",
    b'{"a": 1,}': "json_syntax",
    b'{"a": 1} // note': "json_syntax",
    b'{"a": "tab\there"}': "json_syntax",
    b'{"a": "nul\0here"}': "json_syntax",
    b'{"a": "\xff"}': "encoding",
    b'{"a": "\xed\xa0\x80"}': "encoding",
    b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b"}": "too_deep",
    b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}": "too_deep",
}


def all_of(path: Path, data: bytes, mode: int | None = None) -> list[Record]:
    path.write_bytes(data)
    found = list(records(path, container(head(path)) if mode is None else mode))
    assert [record.number for record in found] == list(range(len(found)))
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    for record in found:
        assert plain[record.offset :].startswith(record.raw)
    return found


@pytest.mark.parametrize(("bad", "reason"), FAULTS.items(), ids=[*range(len(FAULTS))])
@pytest.mark.parametrize("frame", ["lines", "array"])
def test_a_bad_record_is_named_and_its_neighbours_stay(tmp_path, bad, reason, frame):
    parts = [b'{"a": "first"}', bad, b'{"a": "last"}']
    data = b"[" + b", ".join(parts) + b"]" if frame == "array" else b"\n".join(parts)
    found = all_of(tmp_path / "f", data)
    assert [(r.value, r.fault) for r in found] == [({"a": "first"}, None), (None, reason), ({"a": "last"}, None)]
    assert found[1].raw == bad


@pytest.mark.parametrize(
    "bad",
    [
        b'{"a": "open}',
        b'{"a": 1',
        b'{"a": [1, 2}',
        b'{"a": 1}}',
        b'{"a": [1]]}',
        b'{"a": "said "hi" to us"}',
        b'{"a" 1}',
        b'{"a": "x\\"}',
        b'{"a": {"a": 1, {"b": 2}}',
    ],
)
def test_an_array_is_taken_up_again_behind_a_broken_element(tmp_path, bad):
    good = [b'{"a": "one", "n": 1}', b'{"a": "two, {three", "n": 2}', b'{"a": "}], [{", "n": 3}']
    found = all_of(tmp_path / "f", b"[" + b",".join([good[0], bad, *good[1:]]) + b"]")
    assert [r.raw for r in found if not r.fault] == good
    assert [r.raw for r in found if r.fault] == [bad]


def test_a_broken_first_element_does_not_hide_the_rest(tmp_path):
    found = all_of(tmp_path / "f", b'[{"a": "open}, {"a": 2}, {"a": 3}]')
    assert [r.value for r in found] == [None, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize("cut", range(1, 44))
def test_a_cut_array_keeps_every_whole_record(tmp_path, cut):
    data = b'[{"a": 1}, {"a": [2, 3]}, {"a": {"b": "c"}}]'
    found = all_of(tmp_path / "f", data[:cut], spans.ARRAY)
    whole = [v for v, end in (({"a": 1}, 9), ({"a": [2, 3]}, 24), ({"a": {"b": "c"}}, 43)) if end <= cut]
    assert [r.value for r in found if not r.fault] == whole
    assert [r.fault for r in found if r.fault] == ["truncated"]


def test_lines_that_are_mostly_broken_cost_no_good_one(tmp_path):
    good = [b'{"a": [{"b": "one"}]}', b'{"a": [{"b": "two"}]}']
    lines = [good[0], b'{"a": [{"b": "cu', b'{"a": NaN}', good[1], b'{"a": 1, "a": 2}', b'{"a": [{"b": "t', good[0]]
    found = all_of(tmp_path / "f", b"\n".join(lines))
    assert [record.raw for record in found] == lines
    assert [record.raw for record in found if not record.fault] == [good[0], good[1], good[0]]


@pytest.mark.parametrize(
    ("data", "values", "name"),
    [
        (b"", [], "lines"),
        (b" \r\n\n", [], "lines"),
        (b"[]", [], "array"),
        (b"[ 1 ,\n 2]", [1, 2], "array"),
        (b'{"a":1}', [{"a": 1}], "lines"),
        (b'\xef\xbb\xbf{"a":1}\r\n\r\n{"a":2}', [{"a": 1}, {"a": 2}], "lines"),
        (b'\xef\xbb\xbf[{"a":1}]', [{"a": 1}], "array"),
        (b'[{"a":1},\n{"a":2}\n]\n', [{"a": 1}, {"a": 2}], "array"),
        (b'[{"a":1}]\n[{"a":2}]\n', [{"a": 1}, {"a": 2}], "array"),
        (b'["a",1]\n["b",2]\n', [["a", 1], ["b", 2]], "lines"),
        (
            b'[{"role":"user","content":"a"}]\n[{"role":"user","content":"b"}]\n',
            [[{"role": "user", "content": "a"}], [{"role": "user", "content": "b"}]],
            "lines",
        ),
        (b'{\n "a": 1\n}\n{\n "a": [\n2]}', [{"a": 1}, {"a": [2]}], "values"),
        ('{"a":"x\u2028y"}\n{"a":1}'.encode(), [{"a": "x\u2028y"}, {"a": 1}], "lines"),
        (b'{"a":"\\ud800 \\ud83d\\ude00"}', [{"a": "\ufffd \U0001f600"}], "lines"),
        (b'{"a":"x\\u0000\\b\\u001fy\\t\\n\\r\\u000b"}', [{"a": "xy\t\n\r"}], "lines"),
        (b'{"a":9223372036854775807}', [{"a": 2**63 - 1}], "lines"),
        (
            b'{"a":9223372036854775808,"b":-1' + b"0" * 5000 + b"}",
            [{"a": "9223372036854775808", "b": "-1" + "0" * 5000}],
            "lines",
        ),
    ],
)
def test_containers_are_told_by_content(tmp_path, data, values, name):
    found = all_of(tmp_path / "f", data)
    assert door.CONTAINERS[container(data)] == name
    assert [r.value for r in found] == values


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"name,text\n1,hello\n", "unknown_container"),
        (b"\x80\x04\x95.", "unknown_container"),
        (b"PK\x03\x04", "unknown_container"),
        ('[{"a": 1}]'.encode("utf-16"), "encoding"),
        ('[{"a": 1}]'.encode("utf-16-le"), "encoding"),
    ],
)
def test_what_is_no_json_is_one_record(tmp_path, data, reason):
    assert [(r.fault, r.raw) for r in all_of(tmp_path / "f", data)] == [(reason, data)]


def test_a_broken_gzip_marks_where_it_broke(tmp_path):
    lines = [b'{"n": %d, "x": "%d"}' % (n, n * n * 7919) for n in range(5000)]
    packed = gzip.compress(b"\n".join(lines))
    (tmp_path / "f").write_bytes(packed[: len(packed) // 2])
    found = list(records(tmp_path / "f", spans.LINES))
    assert found[-1].fault == "corrupt_stream" and lines[len(found) - 1].startswith(found[-1].raw)
    assert [r.raw for r in found[:-1]] == lines[: len(found) - 1] and len(found) > 1000


def test_a_line_that_never_ends_costs_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(cutter, "LONGEST", 1 << 20)
    monkeypatch.setattr(streams, "WINDOW", 1 << 18)
    long = b'{"a": "' + b"x" * (3 << 20) + b'"}'
    found = all_of(tmp_path / "f", b'{"a": 1}\n' + long + b'\n{"a": 2}\n')
    assert [(r.value, r.fault) for r in found] == [({"a": 1}, None), (None, "too_long"), ({"a": 2}, None)]
    found = all_of(tmp_path / "f", b'[{"a": 1},\n' + long + b',\n{"a": 2}]\n')
    assert [(r.value, r.fault) for r in found] == [({"a": 1}, None), (None, "too_long"), ({"a": 2}, None)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.dictionaries(st.text(), JSON, min_size=1), min_size=2),
    indent=st.sampled_from([None, 1]),
    window=st.integers(1, 60),
)
def test_any_array_is_read_as_json_reads_it_in_any_windows(tmp_path_factory, values, indent, window):
    path = tmp_path_factory.mktemp("r") / "f"
    text = json.dumps(values, indent=indent, ensure_ascii=indent is None)
    path.write_bytes(text.encode(errors="surrogatepass"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "WINDOW", window)
        patch.setattr(cutter, "BATCH", 3)
        found = list(records(path, spans.ARRAY))
    assert not [r for r in found if r.fault]
    assert [orjson.loads(orjson.dumps(r.value)) for r in found] == [decode(json.dumps(v).encode(), 1) for v in values]


TALK = st.fixed_dictionaries({"instruction": st.text(max_size=9), "input": st.text('ab"{}[],: \\', max_size=9), "output": JSON})


@settings(max_examples=300, deadline=None)
@given(values=st.lists(TALK, min_size=2, max_size=6), data=st.data())
def test_one_damaged_element_costs_no_other(tmp_path_factory, values, data):
    parts = [orjson.dumps(value) for value in values]
    hit = data.draw(st.integers(1, len(parts) - 1))  # with one good record before it, its fellows are known by their keys
    place = data.draw(st.integers(0, len(parts[hit]) - 1))
    more = data.draw(st.sampled_from([b"", b'"', b"{", b"}", b"[", b"]", b",", b"x", b"\\", b"\\n", b"\\xff"]))
    damaged = parts[hit][:place] + more + parts[hit][place + data.draw(st.integers(0, 1)) :]
    path = tmp_path_factory.mktemp("d") / "f"
    path.write_bytes(b"[" + b",".join([*parts[:hit], damaged, *parts[hit + 1 :]]) + b"]")
    kept = [record.raw for record in records(path, spans.ARRAY) if not record.fault]
    assume(not (more == b"[" and place == 0))  # a list around the rest is a list
    left = iter(kept)
    assert all(other in left for other in parts[:hit] + parts[hit + 1 :])
