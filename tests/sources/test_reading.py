"""The law: every record of a file is in `records` of at least one row, or on exactly one refusal line."""

import gzip
import json
import random
import re
from pathlib import Path
from unittest.mock import patch

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.faults import UsageFault
from schemas.ledger import REFUSED
from schemas.rows import ROW
from sources import File, inspect, opening, read
from sources.detect import Spread

DUMPS = Path(__file__).resolve().parent.parent / "dumps"
LINES = [json.dumps(r) for p in sorted(DUMPS.glob("*.jsonl")) for r in map(json.loads, p.read_text().splitlines())]


def conserve(file: File, batch_bytes: int = 16 << 20) -> tuple[int, list, list]:
    """Check the law and return records, rows and refusals of a file."""
    total, rows, lines = 0, [], []
    for batch in read(file, batch_bytes):
        assert batch.rows.schema == ROW and batch.refused.schema == REFUSED
        batch.rows.validate(full=True)
        total += batch.records
        rows += batch.rows.to_pylist()
        lines += batch.refused.to_pylist()
    ids = [row["id"] for row in rows]
    assert ids == sorted(ids, key=str.encode) and len(set(ids)) == len(ids)
    refused = [line["id"] for line in lines]
    assert refused == sorted(refused) and len(set(refused)) == len(refused)
    named = {record for row in rows for record in row["records"]}
    assert not named & set(refused)
    assert named | set(refused) == {f"{file.source}/{file.name}#{n:09d}" for n in range(total)}
    assert all(line["raw"] is not None for line in lines)
    return total, rows, lines


ODD = st.sampled_from(LINES) | st.sampled_from(
    ["{", "null", "[]", '{"a": 1, "a": 2}', '{"messages": [{}]}', "\udcff", '{"instruction": 3}']
)


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(ODD, max_size=12),
    array=st.booleans(),
    pinned=st.sampled_from([None, "openai", "oasst_flat", "preference", "alpaca"]),
)
def test_conservation_over_any_mix(tmp_path_factory, lines, array, pinned):
    path = tmp_path_factory.mktemp("c") / "f.json"
    text = "[" + ",\n".join(lines) + "]" if array else "\n".join(lines)
    path.write_bytes(text.encode(errors="surrogateescape"))
    for batch_bytes in (1, 1 << 20):
        conserve(File("s", path, "a/f.json", format=pinned), batch_bytes)


@pytest.mark.parametrize("path", sorted(DUMPS.iterdir()), ids=lambda path: path.stem)
def test_rows_do_not_depend_on_batches_or_compression(path, tmp_path):
    wanted = conserve(File("s", path, "f"))
    assert conserve(File("s", path, "f"), 1) == wanted
    for pack in (gzip.compress, zstandard.compress):
        packed = tmp_path / "f.json"
        packed.write_bytes(pack(path.read_bytes()))
        assert conserve(File("s", packed, "f")) == wanted


def test_a_refusal_says_where_and_keeps_the_bytes(tmp_path):
    path = tmp_path / "f.jsonl"
    good = b'{"instruction": "a", "input": "", "output": "b"}\n'
    path.write_bytes(good + b'{"instruction": "a", \n' + good)
    total, rows, [line] = conserve(File("s", path, "sub/f.jsonl", "mit"))
    assert (total, [row["id"] for row in rows]) == (3, ["s/sub/f.jsonl#000000000", "s/sub/f.jsonl#000000002"])
    assert (line["reason"], line["record"], line["offset"], line["fate"]) == ("json_syntax", 1, len(good), "quarantined")
    assert line["raw"] == b'{"instruction": "a",' and rows[1]["origin"] == {"file": "sub/f.jsonl", "record": 2, "offset": 71}
    assert rows[0]["license"] == "mit"


def test_ten_parts_of_a_record_are_in_the_order_of_their_ids(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(json.dumps([{"instruction": "a", "input": "", "output": [str(n) for n in range(12)]}]))
    _, rows, _ = conserve(File("s", path, "f"))
    assert {row["id"].rpartition(".")[2]: row["rank"] for row in rows} == {str(n): n for n in range(12)}


def test_an_array_of_turns_is_one_record(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(json.dumps([{"role": "client", "content": "a"}, {"role": "counselor", "content": "b"}], indent=1))
    total, [row], _ = conserve(File("s", path, "f"))
    assert total == 1 and len(row["messages"]) == 2


def test_an_object_with_one_list_of_records_holds_records(tmp_path):
    path = tmp_path / "f.json"
    items = [{"instruction": f"say {n}", "input": "", "output": str(n)} for n in range(5)]
    path.write_text(json.dumps({"note": 'x "data": [', "data": items, "more": {"data": [1]}}, indent=2))
    total, rows, _ = conserve(File("s", path, "f"))
    assert total == len(rows) == 5 and inspect(path).container == "object"
    assert json.loads(path.read_bytes()[rows[3]["origin"]["offset"] :].split(b"}")[0] + b"}") == items[3]


def test_a_pinned_format_is_obeyed_and_an_unknown_one_refused(tmp_path):
    path = tmp_path / "f.json"
    path.write_text('[{"instruction": "a", "output": "b"}]')
    assert inspect(path, "openai").quarantined == {"unknown_shape": [0]}
    with pytest.raises(UsageFault, match=r"the formats are alpaca, .*sharegpt"):
        list(read(File("s", path, "f", format="alpacca")))


def test_flat_messages_with_one_id_twice_are_told(tmp_path):
    path = tmp_path / "f.jsonl"
    flat = (DUMPS / "oasst_flat.jsonl").read_text().splitlines()
    path.write_text("\n".join([*reversed(flat), flat[1]]))
    _, rows, lines = conserve(File("s", path, "f"))
    assert len(rows) == 3 and ("repeated_id", 10) in [(line["reason"], line["record"]) for line in lines]


def test_a_ring_of_messages_is_no_endless_walk(tmp_path):
    path = tmp_path / "f.jsonl"
    ring = [{"message_id": a, "parent_id": b, "role": "assistant", "text": "x"} for a, b in ("ab", "bc", "ca", "da")]
    path.write_text("\n".join(map(json.dumps, ring)))
    assert [line["reason"] for line in conserve(File("s", path, "f"))[2]] == ["orphan"] * 4


def test_hostile_texts_come_through_untouched(tmp_path, dumps):
    texts = json.loads((dumps / "minimaxir__big-list-of-naughty-strings" / "blns.json").read_text())
    path = tmp_path / "f.json"
    path.write_text(json.dumps([{"instruction": text, "input": "", "output": "ok"} for text in texts if text]))
    _, rows, _ = conserve(File("s", path, "f"))
    control = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
    assert [row["messages"][0]["content"] for row in rows] == [control.sub("", text) for text in texts if text]


def test_inspect_counts_and_names_records():
    found = inspect(DUMPS / "sharegpt.json")
    assert (found.container, found.compression, found.records, found.rows, found.turns) == ("array", "plain", 10, 8, 21)
    assert (found.dropped, found.quarantined) == ({"empty": [4]}, {"unknown_role": [5]})


def test_a_sample_is_spread_over_the_whole_stream():
    sample, seen = Spread(), random.Random(1).randrange(5000, 9000)
    for n in range(seen):
        sample.add(n)
    gaps = {b - a for a, b in zip(sample.items, sample.items[1:], strict=False)}
    assert 32 <= len(sample.items) <= 64 and len(gaps) == 1 and sample.items[-1] > seen - 2 * gaps.pop()


def test_one_record_cannot_outgrow_memory(tmp_path):
    record = {
        "instruction": "Say it.",
        "completions": [{"response": "x", "annotations": {}} for _ in range(4000)],
        "note": "n" * 60_000,
    }
    (tmp_path / "f.jsonl").write_text(json.dumps(record) + "\n" + json.dumps({**record, "note": ""}))
    total, rows, [line] = conserve(File("s", tmp_path / "f.jsonl", "f"))
    assert (total, len(rows), line["reason"]) == (2, 4000, "too_large")


def test_known_faults_are_told_on_the_rows_and_mended_only_where_asked(tmp_path):
    path = tmp_path / "f.json"
    turns = [("gpt", "tail of an answer"), ("human", "and now?"), ("gpt", "now this")]
    path.write_text(json.dumps([{"id": "a", "conversations": [{"from": who, "value": said} for who, said in turns]}] * 2))
    had, mended = ["assistant", "user", "assistant"], ["user", "assistant"]
    for repair, roles, flag in ((False, had, "starts_with_answer"), (True, mended, "mended_starts_with_answer")):
        _, rows, _ = conserve(File("s", path, "f", repair=repair))
        assert [[message["role"] for message in row["messages"]] for row in rows] == [roles] * 2
        assert [row["flags"] for row in rows] == [[flag]] * 2


def test_what_the_strict_door_mended_is_told_on_the_row(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text('{"instruction": "a\\u0000b", "input": "", "output": "c\\ud800"}\n' + LINES[0])
    _, rows, _ = conserve(File("s", path, "f"))
    assert rows[0]["flags"] == ["controls_removed", "surrogates_replaced"]
    assert rows[0]["messages"] == [{**rows[0]["messages"][0], "content": "ab"}, {**rows[0]["messages"][1], "content": "c\ufffd"}]


@pytest.mark.parametrize("cut", [-4, -2000], ids=["checksum", "end"])
def test_a_broken_stream_is_quarantined_whole_unless_it_is_salvaged(tmp_path, cut):
    path = tmp_path / "f.jsonl.gz"
    random_text = "".join(random.Random(7).choices("abcdefgh ", k=40_000))
    lines = [json.dumps({"instruction": f"{n}", "input": "", "output": random_text[n * 90 : n * 90 + 90]}) for n in range(400)]
    path.write_bytes(gzip.compress("\n".join(lines).encode())[:cut])
    total, rows, refused = conserve(File("s", path, "f"))
    assert rows == [] and {line["reason"] for line in refused} == {"corrupt_stream"} and total > 300
    assert refused[0]["raw"].decode() == lines[0] and "salvage: true" in refused[0]["detail"]
    kept, rows, refused = conserve(File("s", path, "f", salvage=True))
    assert kept == total and len(rows) >= total - 1 and {flag for row in rows for flag in row["flags"]} == {"salvaged"}


def test_a_stranger_in_a_file_is_read_by_the_format_that_knows_it(tmp_path):
    path = tmp_path / "f.jsonl"
    alpaca = json.dumps({"instruction": "a", "input": "", "output": "b"})
    talk = json.dumps({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]})
    path.write_text("\n".join([*[alpaca] * 20, talk, *[alpaca] * 20, '{"odd": 1}']))
    _, rows, [line] = conserve(File("s", path, "f"))
    assert len(rows) == 41 and rows[20]["messages"][0]["content"] == "x" and line["record"] == 41
    assert [line["record"] for line in conserve(File("s", path, "f", format="alpaca"))[2]] == [20, 41]


@pytest.mark.parametrize("container", ["lines", "array"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_a_large_file_is_known_by_places_all_over_it(tmp_path, container, pack):
    path = tmp_path / "f"
    noise = "".join(random.Random(3).choices('abcé {}[],"\n', k=300_000))  # what no packer makes much smaller
    pieces = [noise[at : at + 300] for at in range(0, len(noise), 300)]
    texts = [json.dumps({"id": "x", "instruction": "say, {", "input": "", "output": text}) for text in pieces[:700]]
    late = [
        {"id": "y", "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": text}]}
        for text in pieces[700:]
    ]
    late = [json.dumps(record) for record in late]
    text = "[" + ", ".join(texts + late) + "]" if container == "array" else "\n".join(texts + late)
    path.write_bytes(pack(text.encode()))
    small = conserve(File("s", path, "f"))
    with patch.multiple(opening, _SMALL=1 << 10, _WINDOW=8 << 10), patch("sources.streams.WINDOW", 8 << 10):
        found = opening.opened(File("s", path, "f"))
        assert (found.container, found.guess.format, found.beside) == (container, "alpaca", ("openai",))
        assert conserve(File("s", path, "f")) == small
    assert len(small[1]) == 1000 and not small[2]
