"""Threads that the kernel takes apart are exactly what the parser and the format make of them."""

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources import File, opening, read, spans, streams
from sources.cutter import Cutter
from sources.detect import load
from sources.plain import Run
from sources.tables import Rows
from sources.translating import reader

DUMPS = Path(__file__).resolve().parent.parent / "dumps"
FORMAT = load("sharegpt")
odd = st.sampled_from(
    ["<think>a</think>b", "\u3000", " \n", "\x00", "\x0b", "\ud800", "é", "茶", "😀", "\\", '"', "/", "a\u2028b", "<think", ""]
)
text = st.one_of(odd, st.text(max_size=12), st.lists(odd, max_size=3).map("".join))
name = st.sampled_from(
    ["human", "gpt", "user", "assistant", "system", "Human", "tool", "function_call", "alien", "observation", "bing", ""]
)
turn = st.one_of(
    st.fixed_dictionaries({"from": name, "value": text}),
    st.fixed_dictionaries({"role": name, "content": text}),
    st.fixed_dictionaries({"value": text, "from": st.sampled_from(["human", "gpt"])}),
    st.fixed_dictionaries({"from": name, "value": st.one_of(text, st.none(), st.integers())}, optional={"weight": st.just(1.0)}),
    st.fixed_dictionaries({"from": name, "content": text}),
)
field = st.one_of(
    text,
    st.integers(-(2**70), 2**70),
    st.booleans(),
    st.none(),
    st.lists(text, max_size=2),
    st.floats(allow_nan=False, allow_infinity=False),
)
record = st.builds(
    lambda turns, more, place: dict([*list(more.items())[:place], ("conversations", turns), *list(more.items())[place:]]),
    st.lists(turn, max_size=5),
    st.dictionaries(
        st.sampled_from(["id", "a", "score", "lang", "system", "turns", "prompt", "é", "conversation"]), field, max_size=3
    ),
    st.integers(0, 3),
)


def written(value, ascii: bool, spaced: bool) -> bytes:
    gaps = (" , ", " : ") if spaced else (",", ":")
    return json.dumps(value, ensure_ascii=ascii, separators=gaps).encode("utf-8", "surrogatepass")


def rows_of(lines: list[bytes], plain) -> list:
    """What comes of each line: its rows, or why there are none; the first lines teach the cutter what records look like."""
    cutter, found = Cutter(spans.LINES, plain=plain), {}
    cutter.fellows.seen = 1000
    cutter.feed(b"\n".join(lines) + b"\n", now=True)
    for each in cutter.whole(ended=True):
        run = each.value if type(each.value) is Run else None
        for row in Rows("s", "f", "l").told(run).to_pylist() if run and len(run.at) else ():
            messages = [{name: held for name, held in message.items() if held is not None} for message in row["messages"]]
            number, offset = row["origin"]["record"], row["origin"]["offset"]
            found[number] = offset, [without({"messages": messages, "extra": row["extra"], "flags": row["flags"]})]
        for other in run.others if run else [each]:
            found[other.number] = other.offset, made_of(other)
    assert sorted(found) == list(range(cutter.number))
    return [found[number] for number in sorted(found)]


def made_of(record) -> object:
    try:
        return (
            [without(row) for row in reader("sharegpt", False)(record.value)]
            if not record.fault
            else (record.fault, record.detail)
        )
    except Exception as why:
        return (type(why).__name__, str(why))


def without(row: dict) -> dict:
    return {key: held for key, held in row.items() if held not in (None, [])}


@settings(deadline=None)  # the first example compiles
@given(st.lists(st.builds(written, record, st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_the_kernel_and_the_format_agree(lines):
    assert rows_of(lines, FORMAT.PLAIN) == rows_of(lines, None)


@settings(deadline=None)
@given(st.builds(written, record, st.booleans(), st.booleans()), st.randoms(use_true_random=False))
def test_they_agree_on_broken_bytes_too(line, chance):
    changed = bytearray(line)
    for _ in range(chance.randrange(1, 4)):
        changed[chance.randrange(len(changed))] = chance.choice(b'{}[]",:\\u0d \x00\xff\xc3\xed\xa0tnfb/<')
    sound = written(
        {"id": "x", "conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "So."}]}, True, False
    )
    lines = [sound, bytes(changed).replace(b"\n", b" "), sound]
    assert rows_of(lines, FORMAT.PLAIN) == rows_of(lines, None)


def test_most_threads_are_plain():
    lines = [
        written(
            {"id": str(n), "conversations": [{"from": "human", "value": "é?"}, {"from": "gpt", "value": "So 茶.\n"}]}, n % 2, 0
        )
        for n in range(9)
    ]
    cutter = Cutter(spans.LINES, plain=FORMAT.PLAIN)
    cutter.fellows.seen = 1000
    cutter.feed(b"\n".join(lines) + b"\n", now=True)
    (run,) = [each.value for each in cutter.whole(ended=True)]
    assert run.numbers.tolist() == list(range(9)) and not run.others


@pytest.mark.parametrize("salt", range(3))
def test_a_large_file_reads_as_its_records_do(tmp_path, monkeypatch, salt):
    chance = random.Random(salt)
    samples = json.loads((DUMPS / "sharegpt.json").read_text())
    plain = [
        {"id": str(n), "conversations": [{"from": "human", "value": f"{n}?"}, {"from": "gpt", "value": "é" * n}]}
        for n in range(40)
    ]
    values = [chance.choice(plain if chance.random() < 0.7 else samples) for _ in range(300)]
    file = tmp_path / "f.jsonl"
    file.write_text("\n".join(json.dumps(value, ensure_ascii=chance.random() < 0.5) for value in values))
    asked = File("s", file, "f.jsonl", size=file.stat().st_size, format="sharegpt")
    small = pa.concat_tables([batch.rows for batch in read(asked, 5000)])
    monkeypatch.setattr(opening, "_SMALL", 0)
    monkeypatch.setattr(streams, "WINDOW", 3000)
    large = pa.concat_tables([batch.rows for batch in read(asked, 5000)])
    assert large.to_pylist() == small.to_pylist()
