# /// script
# dependencies = ["text-dedup==0.4.0"]
# ///
"""text-dedup: its own command line, with its quicker hash; connected rows collapse to the first, unchecked, so 16 bands of 8."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets import load_from_disk
from text_dedup.minhash import main as minhash

CHOICES = "--path parquet --split train --column text --ngram 5 --min_length 1 --num_perm 128 --b 16 --r 8 --hash_func xxh3"


def main(source: str, out: str, similarity: str, workers: str) -> None:
    """Parquet in, Parquet out; it writes a folder of Arrow files, which is turned into Parquet."""
    with TemporaryDirectory(dir=Path(out).parent) as folder:
        os.environ["HF_HOME"] = folder
        given = ["--data_files", source, "--cache_dir", f"{folder}/cache", "--output", f"{folder}/out"]
        minhash([*CHOICES.split(), *given, "--threshold", similarity, "--num_proc", workers], standalone_mode=False)
        load_from_disk(f"{folder}/out").to_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
