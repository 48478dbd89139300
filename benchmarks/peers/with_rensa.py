# /// script
# dependencies = ["rensa==0.5.0", "pyarrow>=26,<27"]
# ///
"""rensa: full-set R-MinHash; of the rows whose sketches are alike the first stays. 32 bands: its sketches check what they bring.

Sketches are made in as many processes as there are cores, as shingling in Python is most of the work. Its quicker rho road is
another task: it samples a text's words, and flags every row of a bucket, the one to keep included.
"""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import words
from rensa import RMinHash, RMinHashDeduplicator


def sketch(texts: list[str]) -> list[RMinHash]:
    """A batch's sketches."""
    return RMinHash.from_token_sets([words.shingles(text) for text in texts], num_perm=128, seed=42)


def main(source: str, out: str, similarity: float, workers: int) -> None:
    """Parquet in, Parquet out."""
    table = pq.read_table(source)
    dedup = RMinHashDeduplicator(threshold=similarity, num_perm=128, use_lsh=True, num_bands=32)
    made = words.sketched(sketch, table["text"].to_pylist(), workers)
    keep = dedup.add_pairs((str(row), one) for row, one in enumerate(made))
    pq.write_table(table.filter(pa.array(keep)), out, compression="zstd")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
