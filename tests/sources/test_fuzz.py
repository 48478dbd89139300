"""Mutated records of every format: nothing crashes, no neighbour is lost or changed, every record is in rows or refused.

Good records and mutated ones stand in turn, in lines and in an array. A hundred thousand mutated ones are `long`.
"""

import json
import random
from functools import cache
from itertools import chain
from pathlib import Path

import orjson
import pytest

from sources import File, read
from sources.detect import load
from sources.opening import opened

SAMPLES = sorted((Path(__file__).resolve().parent.parent / "dumps").iterdir())
CAMPAIGN = 100_000  # mutated records in all
TOGETHER = 25  # in one file
ODD = [
    None, True, False, 0, -1, 3, 2**63 - 1, 1.5, 1e308, -0.0, "", "x", "7", "\u0000\u0007", "\ud83d\ude00", "[]", '{"a": [1]}',
    "null", [], {}, [None], [[]], [{}], [1, "x"], ["x", "y"], {"": None}, {"a": {"b": []}}, {"role": "user", "content": []},
    [[["deep"]]], 10**30, "0" * 5000, [{"from": 3, "value": {}}], {"role": None}, "human", "assistant", [True, 0],
    {"0": "x"}, {"text": ["x"]},
]  # fmt: skip
BITS = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\n", b"\r", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf",
        b"NaN", b"1e999", b"\\ud800", b"\\u0000", b"},{", b"}]", b'"}', b'{"', b"/*", b"'", b" ", b"[" * 300,
        b'{"a":' * 300, b"9" * 400]  # fmt: skip


def places(value, way=()):
    """The ways to all values in a value."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inner:
        yield from places(held, (*way, key))


def put(value, way, new):
    """The value with another one at a place."""
    if not way:
        return new
    changed = value.copy()
    changed[way[0]] = put(value[way[0]], way[1:], new)
    return changed


def at(value, way):
    for key in way:
        value = value[key]
    return value


def swapped(value, draw: random.Random):
    """One to three parts replaced, taken out, wrapped, doubled or taken from elsewhere."""
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        ways = list(places(value))
        way = draw.choice(ways)
        held = at(value, way)
        new = draw.choice([draw.choice(ODD), draw.choice(ODD), [held], {"x": held}, at(value, draw.choice(ways)), [held, held]])
        if way and draw.random() < 0.2:
            inner = at(value, way[:-1]).copy()
            inner.pop(way[-1])
            way, new = way[:-1], inner
        value = put(value, way, new)
    for _ in range(draw.choice([0] * 9 + [5, 150, 250])):
        value = [value] if draw.random() < 0.5 else {"x": value}
    return value


def broken(raw: bytes, other: bytes, draw: random.Random) -> bytes:
    """Bits flipped, pieces cut out, doubled or put in, two records spliced."""
    for _ in range(draw.choice([1, 1, 2, 5])):
        a, b = sorted(draw.randrange(len(raw) + 1) for _ in "ab")
        near = min(b, a + draw.randrange(1, 9))
        cut = draw.randrange(len(other) + 1)
        raw = draw.choice([
            raw[:a] + bytes([raw[a] ^ 1 << draw.randrange(8)]) + raw[a + 1 :] if a < len(raw) else raw[:-1],
            raw[:a],
            raw[b:],
            raw[:a] + raw[near:],
            raw[:a] + raw[b:],
            raw[:a] + other[cut:],
            raw[:near] + raw[a:],
            raw[:a] + draw.choice(BITS) + raw[a:],
            raw[:a] + draw.choice(BITS) + raw[near:],
        ])  # fmt: skip
    return raw


def mutated(values: list, draw: random.Random) -> bytes:
    value, other = draw.choice(values), draw.choice(values)
    if draw.random() < 0.5:
        return json.dumps(swapped(value, draw), ensure_ascii=draw.random() < 0.5).encode(errors="surrogatepass")
    return broken(orjson.dumps(value), orjson.dumps(other), draw)


@cache
def sample(path: Path) -> list:
    return [record.value for record in opened(File("s", path, "f")).records() if not record.fault]


def told(row: dict) -> str:
    """A row without what tells its place in the file."""
    return repr({key: held for key, held in row.items() if key not in ("id", "origin", "records", "group_id", "tree_id")})


def outcome(file: File) -> dict[int, list[str]]:
    """Offset -> the rows, or the refusal, that a record gave; every record is told once."""
    rows, refused, total = [], [], 0
    for batch in read(file):
        rows += batch.rows.to_pylist()
        refused += batch.refused.to_pylist()
        total += batch.records
    named, lines = set(chain.from_iterable(row["records"] for row in rows)), [line["id"] for line in refused]
    assert len(set(lines)) == len(lines) and not named & set(lines)
    assert named | set(lines) == {f"s/f#{n:09d}" for n in range(total)}
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["origin"]["offset"], []).append(told(row))
    for line in refused:
        found.setdefault(line["offset"], []).append(line["reason"])
    return found


def framed(parts: list[bytes], array: bool) -> tuple[bytes, list[int]]:
    """A file, and where in it each part begins."""
    data, begins = bytearray(b"[" if array else b""), []
    for part in parts:
        begins.append(len(data))
        data += part + (b"," if array else b"\n")
    return bytes(data[:-1] + b"]" if array else data), begins


def lost(file: File, parts: list[bytes], array: bool, wanted: dict[bytes, list[str]]) -> list[int]:
    """Which good records of a file do not give what they give by themselves."""
    data, begins = framed(parts, array)
    file.path.write_bytes(data)
    found = outcome(file)
    return [n for n, part in enumerate(parts) if part in wanted and found.get(begins[n]) != wanted[part]]


def campaign(path: Path, folder: Path, size: int) -> None:
    """Where two mutated records together hide a good one (what one opens the other closes), each of them alone must not."""
    draw, values = random.Random(path.name), sample(path)
    file = File("s", folder / "f", "f", format=path.stem)
    goods = [orjson.dumps(value) for value in values]
    wanted = {}
    for raw in goods:
        file.path.write_bytes(b"[" + raw + b"]")
        wanted[raw] = outcome(file)[1]
    if hasattr(load(path.stem), "gather"):
        wanted = {}  # a record's rows depend on the others
    hidden = 0
    for start in range(0, size, TOGETHER):
        mixed = [part for _ in range(min(TOGETHER, size - start)) for part in (draw.choice(goods), mutated(values, draw))]
        parts, array = [*mixed, draw.choice(goods)], draw.random() < 0.5
        for n in lost(file, parts, array, wanted):
            hidden += 1
            for near in parts[max(1, n - 5) : n + 2 : 2] if n % 2 == 0 else ():
                alone = [*goods[:3], near, parts[n], *goods[-3:]]
                assert near in wanted or not lost(file, alone, array, wanted), (array, near, parts[n])
        if start % (8 * TOGETHER) == 0:  # whatever format it seems to be, with all repairs
            outcome(File("s", file.path, "f", repair=True))
    assert hidden <= 1 + size / 500


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_mutated_records_cost_themselves(path, tmp_path):
    campaign(path, tmp_path, 10)


@pytest.mark.long
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_hundred_thousand_mutated_records_cost_themselves(path, tmp_path):
    campaign(path, tmp_path, -(-CAMPAIGN // len(SAMPLES)))
