# /// script
# dependencies = ["py-data-juicer==1.6.1", "aiohttp>=3.9"]  # which it imports and does not name
# ///
"""data-juicer: its `document_minhash_deduplicator`; connected rows collapse to the first, unchecked, so 16 bands of 8."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import datasets
from data_juicer.core.data import NestedDataset
from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator


def main(source: str, out: str, similarity: float, workers: int) -> None:
    """Parquet in, Parquet out."""
    with TemporaryDirectory(dir=Path(out).parent) as folder:
        rows = NestedDataset(datasets.Dataset.from_parquet(source, cache_dir=folder))
        dedup = DocumentMinhashDeduplicator(
            num_permutations=128, jaccard_threshold=similarity, window_size=5, num_bands=16, num_rows_per_band=8
        )
        hashed = rows.map(dedup.compute_hash, num_proc=workers, load_from_cache_file=False)
        dedup.process(hashed)[0].to_parquet(out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
