"""winnow's overlap beside datasketch, in one run, on the same texts and shingles: who is how fast, and who finds what.

    python benchmarks/overlap.py FILE... [--rows 20000] [--similarity 0.8]

FILE: JSON arrays or JSON lines; all the strings of a record are its text (plain ASCII, 20 words or more). Half the rows
are real, half are edits of them (1 to 5 words in a hundred replaced), so that exact similarities lie on both sides of the
threshold. datasketch gets its fastest road: `MinHash.bulk`, affine32, xxhash. Times are CPU seconds of one thread, with
kernels compiled; winnow's include writing its file. winnow drops rows and does not list pairs: it has a true pair where not
both rows stay.
"""

import argparse
import random
import re
import tempfile
import time
from pathlib import Path

import orjson
import pyarrow as pa
import xxhash
from datasketch import MinHash, MinHashLSH
from rich.console import Console
from rich.table import Table

from filters.overlap.benchmarks import QUESTION, Item
from filters.overlap.contamination import Index
from filters.overlap.hashed import hashed
from filters.overlap.nearest import Nearest
from filters.overlap.signatures import bands, sign
from filters.overlap.twins import walk

WORD = re.compile("[^\\W_]+")


def main() -> None:
    """Read, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--similarity", type=float, default=0.8)
    options = parser.parse_args()
    texts = corpus(options.files, options.rows)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    names = pa.array([f"{row:09d}" for row in range(len(texts))])
    column = pa.array(texts, pa.large_string())
    with tempfile.TemporaryDirectory() as folder:
        signed = Path(folder) / "signed.arrow"
        signing = best(lambda: sign(names, column, 5, signed))
        walking = best(lambda: walk([signed], "text", options.similarity, names))
        drops, _ = walk([signed], "text", options.similarity, names)
    twins = {(int(one["twin"]), int(one["id"])) for one in drops.to_pylist()}
    fallen = {row for _, row in twins}
    sketching, sketches = min((once(lambda: sketch(texts)) for _ in range(2)), key=lambda found: found[0])
    asking = {
        shape: once(lambda shape=shape: ask(sketches, options.similarity, shape)) for shape in (None, bands(options.similarity))
    }
    truth = {pair for pair in twins if jaccard(texts, pair) >= options.similarity}
    truth |= {pair for _, answer in asking.values() for pair in answer if jaccard(texts, pair) >= options.similarity}
    table = Table("step", "CPU s", "rows/s", "MB/s", "recall", "precision", title=f"{len(texts):,} rows, {megabytes:.1f} MB")
    add(table, "winnow: text to signatures and shingles", signing, len(texts), megabytes)
    add(table, "datasketch: text to signatures (bulk)", sketching, len(texts), megabytes)
    settled = twins | {pair for pair in truth if fallen & set(pair)}
    add(table, "winnow: who stands, verified", walking, len(texts), megabytes, settled, truth)
    for shape, (seconds, answer) in asking.items():
        label = "its own bands" if shape is None else f"{shape[0]} x {shape[1]} bands"
        add(table, f"datasketch: LSH, {label}, unverified", seconds, len(texts), megabytes, answer, truth)
    items = [
        Item("made", number, QUESTION, " ".join(reversed(text.split()))) for number, text in enumerate((texts * 20)[:20_000])
    ]
    index, near = Index(hashed(items)), Nearest(items, 0.35)
    for label, look in (
        ("n-grams", lambda: index.cover(names, column)),
        ("nearest by characters", lambda: near.near(names, column)),
    ):
        add(table, f"winnow: {len(items):,} benchmark items, {label}", best(look), len(texts), megabytes)
    whole = sketching + asking[None][0]
    Console().print(
        table, f"signatures {sketching / signing:.0f} times, whole {whole / (signing + walking):.0f} times datasketch's speed"
    )


def corpus(files: list[Path], rows: int) -> list[str]:
    """Half real, half edited."""
    real: list[str] = []
    for path in files:
        raw = path.read_bytes()
        try:
            records = orjson.loads(raw)
        except orjson.JSONDecodeError:
            records = [orjson.loads(line) for line in raw.splitlines() if line.strip()]
        real += ["\n".join(strings(record)) for record in records]
    real = [text for text in real if text.isascii() and len(text.split()) >= 20]  # where both sides see the same words
    rng = random.Random(20230504)
    real = rng.sample(real, min(rows // 2, len(real)))
    return real + [edited(text, rng) for text in real]


def strings(value: object) -> list[str]:
    """Every string in a decoded value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def edited(text: str, rng: random.Random) -> str:
    """1 to 5 words in a hundred replaced."""
    words = text.split(" ")
    for at in rng.sample(range(len(words)), max(1, round(len(words) * rng.uniform(0.01, 0.05)))):
        words[at] = f"edit{rng.randrange(10**6)}"
    return " ".join(words)


def shingles(text: str) -> set[str]:
    """Runs of five words, as text tools make them."""
    words = WORD.findall(text.lower())
    return {" ".join(words[at : at + 5]) for at in range(len(words) - 4)} or {" ".join(words)}


def sketch(texts: list[str]) -> list[MinHash]:
    """datasketch's fastest: bulk, with xxhash."""
    sets = [[shingle.encode() for shingle in shingles(text)] for text in texts]
    return MinHash.bulk(sets, num_perm=128, seed=1, scheme="affine32", hashfunc=xxhash.xxh32_intdigest)


def ask(sketches: list[MinHash], similarity: float, shape: tuple[int, int] | None) -> set[tuple[int, int]]:
    """Insert each and ask for it first: pairs, unverified, as datasketch gives them."""
    lsh, found = MinHashLSH(threshold=similarity, num_perm=128, params=shape), set()
    for row, one in enumerate(sketches):
        found.update((other, row) for other in lsh.query(one))
        lsh.insert(row, one)
    return found


def jaccard(texts: list[str], pair: tuple[int, int]) -> float:
    """The exact similarity, from strings."""
    left, right = shingles(texts[pair[0]]), shingles(texts[pair[1]])
    return len(left & right) / len(left | right)


def best(job: object) -> float:
    """CPU seconds, the best of three."""
    return min(once(job)[0] for _ in range(3))


def once(job: object) -> tuple[float, object]:
    """CPU seconds and result: a busy machine does not change them."""
    start = time.process_time()
    result = job()
    return time.process_time() - start, result


def add(
    table: Table, step: str, seconds: float, rows: int, megabytes: float, answer: set | None = None, truth: set | None = None
) -> None:
    """One line; recall and precision against the pairs that anybody found and exact Jaccard confirmed."""
    scores = (
        ("", "")
        if answer is None
        else (f"{len(answer & truth) / len(truth):.4f}", f"{len(answer & truth) / max(1, len(answer)):.4f}")
    )
    table.add_row(step, f"{seconds:.3f}", f"{rows / seconds:,.0f}", f"{megabytes / seconds:,.0f}", *scores)


if __name__ == "__main__":
    main()
