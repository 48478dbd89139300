# /// script
# dependencies = ["datatrove[processing,io]==0.10.1", "spacy>=3.7,<4"]  # which cuts English into words
# ///
"""datatrove: its four stages in local executors; connected rows collapse to one, unchecked, so 16 buckets of 8 hashes.

It shares out files, so that the input is cut into one for each worker first.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter


def main(source: str, out: str, workers: int) -> None:
    """Parquet in, Parquet out."""
    config = MinhashConfig(n_grams=5, num_buckets=16, hashes_per_bucket=8)
    with TemporaryDirectory(dir=Path(out).parent) as folder:
        table = pq.read_table(source)
        table = table.set_column(0, "id", table["id"].cast(pa.string()))
        Path(folder, "in").mkdir()
        share = -(-len(table) // workers)
        for worker in range(workers):
            pq.write_table(table.slice(worker * share, share), f"{folder}/in/{worker}.parquet")
        stages = {
            "signatures": ([ParquetReader(f"{folder}/in"), MinhashDedupSignature(f"{folder}/signed", config)], workers),
            "buckets": ([MinhashDedupBuckets(f"{folder}/signed", f"{folder}/buckets", config=config)], config.num_buckets),
            "clusters": ([MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config=config)], 1),
            "filter": (
                [ParquetReader(f"{folder}/in"), MinhashDedupFilter(f"{folder}/remove"), ParquetWriter(f"{folder}/out")],
                workers,
            ),
        }
        for name, (pipeline, tasks) in stages.items():
            LocalPipelineExecutor(pipeline, tasks=tasks, workers=workers, logging_dir=f"{folder}/logs/{name}").run()
        kept = pa.concat_tables(pq.read_table(path, columns=["id", "text"]) for path in sorted(Path(folder, "out").iterdir()))
        pq.write_table(kept.set_column(0, "id", kept["id"].cast(pa.int64())), out, compression="zstd")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[4]))
