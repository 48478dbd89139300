# /// script
# dependencies = ["datasketch==2.0.0", "xxhash>=3.5", "pyarrow>=26,<27"]
# ///
"""datasketch: `MinHash.bulk` with its quickest scheme and hash; of the rows whose signatures are alike the first stays.

Bands for a recall of 0.995 at the threshold, and the candidates checked by their signatures, as its documentation advises;
its own choice of bands misses more than half of the pairs at 0.8.
"""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import words
import xxhash
from datasketch import LeanMinHash, MinHash, MinHashLSH


def sketch(texts: list[str]) -> list[LeanMinHash]:
    """A batch's signatures."""
    sets = [[shingle.encode() for shingle in words.shingles(text)] for text in texts]
    made = MinHash.bulk(sets, num_perm=128, scheme="affine32", hashfunc=xxhash.xxh32_intdigest)
    return [LeanMinHash(one) for one in made]


def bands(similarity: float) -> tuple[int, int]:
    """(bands, rows): the most rows a band that find 0.995 of the pairs at the threshold."""
    shapes = ((128 // rows, rows) for rows in range(128, 0, -1))
    return next((count, rows) for count, rows in shapes if 1 - (1 - similarity**rows) ** count >= 0.995)


def main(source: str, out: str, similarity: float, workers: int) -> None:
    """Parquet in, Parquet out."""
    table, standing, keep = pq.read_table(source), {}, []
    lsh = MinHashLSH(threshold=similarity, num_perm=128, params=bands(similarity))
    for row, one in enumerate(words.sketched(sketch, table["text"].to_pylist(), workers)):
        keep.append(not any(standing[other].jaccard(one) >= similarity for other in lsh.query(one)))
        if keep[-1]:
            lsh.insert(row, one, check_duplication=False)
            standing[row] = one
    pq.write_table(table.filter(pa.array(keep)), out, compression="zstd")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
