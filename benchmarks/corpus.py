"""A corpus of any size with known edits, made from dumps: real conversations, recombined ones, and planted copies of both.

    python benchmarks/corpus.py ROWS OUT FILE_OR_FOLDER...        (OUT: .parquet for texts, .jsonl for ShareGPT records)

The same dumps and seed give the same rows, and the corpus of 10,000 rows is the beginning of that of 1,000,000: it is made in
blocks of 10,000, each for itself. Of a block 62 rows in 100 are no copies, but for what the dumps repeat. Of the copies 20 in
100 are exact, 12 differ in case or white space, 30 have words replaced, left out or put in (0 to 40 in 100, most of them few),
23 have a span cut or replaced, 15 have sentences before or after; some sources are popular, a few of them in every block.
Only texts that every tool cuts into the same words: no scripts without spaces, no combining marks.
"""

import argparse
import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import sources
from schemas.recipe import Source

SEED, BLOCK = 20230504, 10_000
REAL, DISTINCT, HOT = (
    3_000,
    6_200,
    60,
)  # of a block: rows as the dumps have them, and rows that are no copies; popular ones of all
STRANGE = re.compile(
    "[\u00ad\u0300-\u036f\u0590-\u1cff\u200b-\u200f\u2060-\u206f\u2c00-\udfff\uf900-\ufeff\U00010000-\U0001efff\U00020000-\U0010ffff]"
)
ROWS = pa.schema([("id", pa.int64()), ("text", pa.large_string())])
PLANTED = pa.schema([("source", pa.int64()), ("copy", pa.int64()), ("kind", pa.string()), ("rate", pa.float64())])

Talk: TypeAlias = list[str]  # the texts of a conversation's turns


class Pool(NamedTuple):
    """What is drawn from: conversations, sentences of answers, and words, each in a fixed order."""

    real: list[Talk]
    sentences: list[str]
    words: list[str]


class Row(NamedTuple):
    """A row, and of what it is a copy (a place in its block), how, and at what rate."""

    talk: Talk
    source: int | None = None
    kind: str | None = None
    rate: float = 0.0


def main() -> None:
    """Write the corpus, and beside it which row is whose copy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    make(options.files, options.rows, options.out)


def make(files: Iterable[Path], rows: int, out: Path, processes: int = 2) -> None:
    """Write `rows` rows to `out`, block by block, and OUT.planted.parquet (PLANTED, rows counted from 0)."""
    pool, planted = gathered(files), []
    numbers = range(-(-rows // BLOCK))
    with ProcessPoolExecutor(processes, get_context("spawn"), _hold, (pool,)) as workers, _writer(out) as write:
        for number, made in enumerate(workers.map(_block, numbers, repeat(rows))):
            write(number * BLOCK, [row.talk for row in made])
            planted += [
                (number * BLOCK + row.source, number * BLOCK + place, row.kind, row.rate)
                for place, row in enumerate(made)
                if row.source is not None
            ]
    columns = [pa.array(list(column), field.type) for column, field in zip(zip(*planted, strict=True), PLANTED, strict=True)]
    pq.write_table(pa.Table.from_arrays(columns, schema=PLANTED), beside(out))


def cut(larger: Path, rows: int, out: Path) -> None:
    """The first rows of a corpus as one of its own: the same that `make` gives."""
    with pq.ParquetFile(larger) as file, pq.ParquetWriter(out, ROWS, compression="zstd") as writer:
        for number in range(-(-rows // BLOCK)):
            writer.write_table(file.read_row_group(number).slice(0, rows - number * BLOCK))
    planted = pq.read_table(beside(larger))
    here = pc.and_(pc.less(planted["source"], rows), pc.less(planted["copy"], rows))
    pq.write_table(planted.filter(here), beside(out))


def beside(out: Path) -> Path:
    """Where it says which row is whose copy."""
    return out.with_name(out.name + ".planted.parquet")


def gathered(files: Iterable[Path]) -> Pool:
    """The distinct conversations of dumps, read as winnow reads them, shuffled by a fixed seed."""
    seen: dict[str, Talk] = {}
    for path in sorted(files):
        for file in sources.files("bench", Source(path=str(path.resolve())), Path("/")):
            for batch in sources.read(file):
                for messages in batch.rows["messages"].to_pylist():
                    talk = [message["content"] for message in messages if message["content"].strip()]
                    seen.setdefault("\n".join(talk), talk)
    texts = sorted(text for text in seen if text and _plain(text))
    rng = random.Random(SEED)
    rng.shuffle(texts)
    said = [part for text in texts for part in re.split(r"(?<=[.!?\n])\s+", seen[text][-1]) if 20 < len(part) < 400]
    words = sorted({word for text in texts for word in seen[text][-1].split()[:20]})
    rng.shuffle(said)
    return Pool([seen[text] for text in texts], said, words)


def block(pool: Pool, number: int) -> list[Row]:
    """BLOCK rows in a fixed order; a copy's source is in the same block, or (`source` None) it is popular everywhere."""
    rng = random.Random(SEED * 1000 + number)
    rows = [Row(talk) for talk in pool.real[number * REAL : (number + 1) * REAL]]
    rows += [Row(_recombined(pool, rng)) for _ in range(DISTINCT - len(rows))]
    while len(rows) < BLOCK:
        rows.append(_copy(pool, rng, rows))
    order = rng.sample(range(BLOCK), BLOCK)  # order[place]: which row comes there
    places = {row: place for place, row in enumerate(order)}
    return [rows[at]._replace(source=None if rows[at].source is None else places[rows[at].source]) for at in order]


def edited(pool: Pool, rng: random.Random, text: str, kind: str, rate: float) -> str:
    """A text with one kind of edit, at a rate of its words."""
    words = text.split(" ")
    some = max(1, int(len(words) * rate))
    if kind == "format":
        return rng.choice((text.upper(), text.lower(), text.lower(), re.sub(r"\n+", "\n\n", text) + " \n"))
    if kind == "words":
        return " ".join(word for old in words for word in _replaced(pool, rng, old, rate)) or text
    if kind == "span":
        start = rng.randrange(max(1, len(words) - some + 1))
        between = _sentences(pool, rng, some) if rng.random() < 0.5 else []
        return " ".join(words[:start] + between + words[start + some :]) or text
    return " ".join([*words, *_sentences(pool, rng, some)] if rng.random() < 0.6 else [*_sentences(pool, rng, some), *words])


def _hold(pool: Pool) -> None:
    global _POOL  # noqa: PLW0603 - a worker's own: sent once, not with every block
    _POOL = pool


def _block(number: int, rows: int) -> list[Row]:
    made = block(_POOL, number)[: rows - number * BLOCK]
    return [row if row.source is None or row.source < len(made) else row._replace(source=None) for row in made]


def _copy(pool: Pool, rng: random.Random, rows: list[Row]) -> Row:
    draw, source = rng.random(), None
    if draw < 0.05:
        talk = pool.real[-1 - min(HOT, len(pool.real) - 1, int(rng.expovariate(0.15)))]  # from the end: the last to be in a block
    else:
        source = int(rng.random() ** 3 * DISTINCT * 0.1) if draw < 0.2 else rng.randrange(DISTINCT)
        talk = rows[source].talk
    kind = rng.choices(("exact", "format", "words", "span", "around"), (20, 12, 30, 23, 15))[0]
    rate = rng.uniform(0, rng.choice((0.03, 0.08, 0.4)) if kind == "words" else 0.4)
    if kind in ("exact", "format"):
        rate = 0.0
    if kind != "exact":
        talk = [edited(pool, rng, text, kind, rate) for text in talk]
    return Row(talk, source, kind, rate)


def _recombined(pool: Pool, rng: random.Random) -> Talk:
    """One to three real questions, answered with sentences from anywhere."""
    talk = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        talk += [rng.choice(pool.real)[0][:600], " ".join(rng.choice(pool.sentences) for _ in range(rng.randrange(4, 22)))]
    return talk


def _replaced(pool: Pool, rng: random.Random, word: str, rate: float) -> list[str]:
    draw = rng.random()
    if draw < rate * 0.6:
        return [rng.choice(pool.words)]
    if draw < rate * 0.8:
        return []
    return [word, rng.choice(pool.words)] if draw < rate else [word]


def _sentences(pool: Pool, rng: random.Random, words: int) -> list[str]:
    said: list[str] = []
    while len(said) < words:
        said += rng.choice(pool.sentences).split(" ")
    return said[:words]


def _plain(text: str) -> bool:
    return not STRANGE.search(text) and text.lower() == text.casefold() and unicodedata.is_normalized("NFC", text)


@contextmanager
def _writer(out: Path) -> Iterator[Callable[[int, list[Talk]], object]]:
    """What writes a block: a row group of Parquet, or lines."""
    if out.suffix == ".jsonl":
        with open(out, "w", encoding="utf-8") as file:
            yield lambda first, talks: file.writelines(f"{line}\n" for line in shared(first, talks))
    else:
        with pq.ParquetWriter(out, ROWS, compression="zstd") as writer:
            yield lambda first, talks: writer.write_table(_table(first, talks))


def _table(first: int, talks: list[Talk]) -> pa.Table:
    texts = pa.array(["\n".join(talk) for talk in talks], pa.large_string())
    return pa.Table.from_arrays([pa.array(range(first, first + len(talks)), pa.int64()), texts], schema=ROWS)


def shared(first: int, talks: list[Talk]) -> Iterator[str]:
    """ShareGPT records; every second one spells what is not ASCII as escapes."""
    for number, talk in enumerate(talks, first):
        turns = [{"from": ("human", "gpt")[turn % 2], "value": text} for turn, text in enumerate(talk)]
        yield json.dumps({"id": f"made_{number}", "conversations": turns}, ensure_ascii=number % 2 == 0)


if __name__ == "__main__":
    main()
