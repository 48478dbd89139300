"""A hundred secrets and pieces of personal data that were found in the real dumps, drawn by a seed and read by eye."""

import json
from collections import Counter
from itertools import groupby
from pathlib import Path

import pyarrow as pa

import sources
from filters import pii
from schemas import parquet

READ = [json.loads(line) for line in (Path(__file__).parents[1] / "edits" / "found.jsonl").read_text("utf-8").splitlines()]


def test_what_was_judged_is_what_is_found(dumps):
    found = set()
    wanted = sorted({hit["id"] for hit in READ})
    for name, ids in groupby(wanted, key=lambda id: id.partition("/")[2].partition("#")[0]):
        here = pa.array(list(ids))
        for batch in sources.read(sources.File("dumps", dumps / name, name)):
            for row in parquet.take_ids(batch.rows, here).to_pylist():
                for turn, message in enumerate(row["messages"]):
                    found |= {(row["id"], turn, *span) for span in pii.find(message["content"], pii.KINDS)}
    judged = {(hit["id"], hit["turn"], hit["kind"], hit["start"], hit["end"], hit.get("whose", "")) for hit in READ}
    assert judged <= found, judged - found


def test_the_verdicts_are_what_is_published():
    assert len(READ) == 100 and all(hit.keys() <= {"id", "turn", "start", "end", "kind", "whose", "right"} for hit in READ)
    said = Counter((hit["kind"], hit["right"]) for hit in READ)
    table = (Path(__file__).parents[2] / "benchmarks" / "README.md").read_text("utf-8")
    for kind in sorted({hit["kind"] for hit in READ}):
        yes, nobody, no = (said[kind, verdict] for verdict in ("yes", "nobody's", "no"))
        assert f"| {kind} | {yes + nobody + no} | {yes} | {nobody} | {no} |" in table
    assert said.total() - sum(said[kind, "no"] for kind in pii.KINDS) >= 90
