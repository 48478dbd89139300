"""`winnow browse` over a made-up release of any size, asked through its own server: milliseconds of each page.

python benchmarks/browse.py FOLDER [--rows 1000000]        (the release is made once, in FOLDER; a million rows take 3 GB)
"""

import argparse
import json
import random
import statistics
import time
import urllib.request
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

import dumps
import pyarrow as pa
import pyarrow.compute

from flows import releases
from flows.browsing import serving
from flows.places import Places
from schemas import parquet
from schemas.ledger import EDITS, LEDGER, PAIRS
from schemas.rows import ROW, fingerprint

NAME, SHARD = "made", 10_000  # rows
RECIPE = "name: made\nsources: {made: {path: made.jsonl, license: mit}}\nkeep: {long: words >= 60}\nexports: {sft: {}}\n"
FELL = [
    ("keep", "long", 20),
    ("keep", "english", 8),
    ("overlap", "near", 10),
    ("export", "budget", 5),
    ("read", "json_syntax", 1),
]
SIGNALS = pa.schema(
    [("id", pa.string()), ("words", pa.int64()), ("answer_words", pa.int64()), ("refusal", pa.bool_()), ("language", pa.string())]
    + [(f"dup_{n}gram", pa.float64()) for n in range(5, 11)]
    + [(name, pa.float64()) for name in ("quality", "language_confidence", "letter_share", "compression_ratio")]
)
QUESTIONS = {
    "first page": {},
    "one comparison": {"where": "words > 400"},
    "two columns": {"where": "quality > 0.95 AND NOT refusal"},
    "by reason": {"reason": "keep: long"},
    "text of a detail": {"where": "contains(detail, '59')"},
    "a pattern": {"where": "regexp_matches(id, '0007{3}')"},
    "a list": {"where": "list_contains(broken, 'english') AND similarity IS NULL"},
    "nothing fits": {"where": "words < 0"},
    "all but one fit": {"where": "id <> 'made/made.jsonl#000000007'"},
    "far down": {"where": "words > 60", "after": "900000"},
    "most words first": {"sort": "-words"},
    "sorted, further down": {"sort": "quality", "where": "words > 60", "after": "90000"},
    "find: common": {"find": "mountain"},
    "find: rare": {"find": "777777.0"},
    "find: absent": {"find": "no such words here"},
    "find: absent, rare": {"find": "xylophonist"},
    "find: rare, sorted": {"find": "777777.0", "sort": "-words"},
    "find within": {"find": "no such words here", "where": "quality > 0.95"},
}


def main() -> None:
    """Make the release where it is not there, serve it, and time every question."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    places = Places(options.folder.resolve())
    release = places.releases / NAME / f"{options.rows:032d}"
    if not (release / "manifest.json").is_file():
        make(places, release, options.rows)
    began = time.perf_counter(), time.process_time()
    with serving.running(places, release, options.folder / "lists") as url:
        print(
            f"{options.rows:,} rows, open in {time.perf_counter() - began[0]:.1f} s ({time.process_time() - began[1]:.1f} CPU s)"
        )
        ready(url)
        print(f"ready for rare words after {time.perf_counter() - began[0]:.1f} s ({time.process_time() - began[1]:.1f} CPU s)")
        print("| page | first byte, ms | whole, ms | CPU, ms | slowest, ms |\n|---|---|---|---|---|")
        for name, params in QUESTIONS.items():
            took = [timed(f"{url}?{urlencode(params)}") for _ in range(options.rounds)]
            first, whole, cpu = (statistics.median(each) * 1000 for each in zip(*took, strict=True))
            print(f"| {name} | {first:.0f} | {whole:.0f} | {cpu:.0f} | {max(took, key=lambda each: each[1])[1] * 1000:.0f} |")


def ready(url: str) -> None:
    """Wait until the texts are made ready for rare words, as the page says."""
    while b"made ready for rare words" in urllib.request.urlopen(f"{url}?find=xylophonist&where=words<0").read():
        time.sleep(1)


def timed(url: str) -> tuple[float, float, float]:
    """Seconds to the first byte and to the last, and CPU seconds of this process, which holds the server."""
    began, cpu = time.perf_counter(), time.process_time()
    with urllib.request.urlopen(url) as answer:
        answer.read(1)
        first = time.perf_counter() - began
        answer.read()
    return first, time.perf_counter() - began, time.process_time() - cpu


def make(places: Places, release: Path, rows: int) -> None:
    """A release of made-up rows with every table that is browsed, and its texts in shards."""
    rng, records = random.Random(1), dumps.records()
    release.mkdir(parents=True)
    lines, signals, shards = [], [], []
    for at, part in enumerate(batches(records, rows)):
        done = [line(rng, number, messages) for number, messages in enumerate(part, at * SHARD)]
        read = [each for each in done if each["stage"] != "read"]
        shard = places.work / "made" / f"{rows}-{at:05d}.parquet"
        texts = [{"id": each["id"], "source": "made", "messages": messages, "flags": [], "fingerprint": each["fingerprint"]}
                 for each, messages in zip(done, part, strict=True) if each["stage"] != "read"]  # fmt: skip
        parquet.write(table(texts, ROW), shard, ROW, fast=True)
        shards.append((shard, shard))
        lines.append(table(done, LEDGER))
        signals.append(table([measured(rng, each) for each in read], SIGNALS))
    parquet.write(lines, release / "ledger.parquet", LEDGER)
    parquet.write(signals, release / "signals.parquet", SIGNALS)
    near = [pair for each in lines for pair in twins(each)]
    parquet.write(table(near, PAIRS), release / "pairs.parquet", PAIRS)
    parquet.write(EDITS.empty_table(), release / "edits.parquet", EDITS)
    releases.note_texts(places, release.name, shards)
    (release / "recipe.yaml").write_text(RECIPE)
    facts = {"name": NAME, "license": "mit", "records": rows, "rows": rows, "counts": {}, "sources": {"made": {"license": "mit"}}}
    (release / "manifest.json").write_text(json.dumps({**facts, "fingerprint": release.name, "files": {}}))


def batches(records: Iterator[str], rows: int) -> Iterator[list[list[dict[str, str]]]]:
    """Conversations, so many at a time as a shard holds."""
    roles = {"human": "user", "gpt": "assistant"}
    for start in range(0, rows, SHARD):
        talks = (json.loads(text)["conversations"] for text in islice(records, min(SHARD, rows - start)))
        yield [[{"role": roles[turn["from"]], "content": turn["value"]} for turn in talk] for talk in talks]


def line(rng: random.Random, number: int, messages: list[dict[str, str]]) -> dict:
    """A row's line of the ledger: kept by more than half, and something of every stage."""
    rest = [(None, None, 100 - sum(share for _, _, share in FELL))]
    stage, reason, _ = rng.choices(FELL + rest, [share for _, _, share in FELL + rest])[0]
    words = sum(len(turn["content"].split()) for turn in messages)
    twin = f"made/made.jsonl#{rng.randrange(number):09d}" if reason == "near" and number else None
    return {
        "id": f"made/made.jsonl#{number:09d}", "source": "made", "file": "made.jsonl", "record": number, "offset": number * 1800,
        "fingerprint": fingerprint(messages) if stage != "read" else None, "stage": stage, "reason": reason,
        "fate": "kept" if stage is None else "quarantined" if stage == "read" else "dropped",
        "detail": stage and f"{reason}: words >= 60 (a row of few words says little): words {words}",
        "broken": [reason] if stage == "keep" else [], "twin": twin, "similarity": twin and 0.8 + rng.random() / 5,
        "words": words, "exports": [] if stage else ["sft"],
    }  # fmt: skip


def measured(rng: random.Random, line: dict) -> dict:
    """A row's signals."""
    made = {"id": line["id"], "words": line["words"], "answer_words": line["words"] // 2, "refusal": rng.random() < 0.02}
    return made | {"language": "en"} | {name: round(rng.random(), 6) for name in SIGNALS.names[5:]}


def twins(lines: pa.Table) -> list[dict]:
    """The pairs by which rows fell."""
    told = lines.filter(pa.compute.is_valid(lines["twin"])).select(["id", "twin", "similarity"]).to_pylist()
    return [
        {"id": min(each["id"], each["twin"]), "other": max(each["id"], each["twin"]), "similarity": each["similarity"],
         "key": "conversation"} for each in told
    ]  # fmt: skip


def table(rows: list[dict], schema: pa.Schema) -> pa.Table:
    """Rows as a table; what a row lacks is null."""
    return pa.Table.from_pylist(rows, schema=schema)


if __name__ == "__main__":
    main()
