"""The public benchmarks as hashes, and the counts of common runs of characters: what ships in filters/overlap. No text.

    python docs/public_benchmarks.py FOLDER          (the repositories below, each in a folder owner__name)

The same files give the same bytes. Run it after a change of `tokens`, of a hash, or of how items are told.
"""

import argparse
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from filters.overlap import hashed, nearest, shipped
from filters.overlap.benchmarks import QUESTION, Item, items

NGRAM = 8
LEAST = 6  # texts that hold a run of characters that counts as common
NOT_COMMON = ("bbh",)  # hundreds of questions of one pattern: what is common in them is not common elsewhere
# name: title, licence of the data as its repository states it, files
PUBLIC = {
    "alpaca_eval": ("AlpacaEval", "CC BY-NC 4.0", "tatsu-lab__alpaca_eval/results/gpt-4-turbo-2024-04-09/model_outputs.json"),
    "bbh": ("BIG-Bench Hard", "MIT", "suzgunmirac__BIG-Bench-Hard/bbh/*.json"),
    "gsm8k": ("GSM8K, test", "MIT", "openai__grade-school-math/grade_school_math/data/test.jsonl"),
    "humaneval": ("HumanEval", "MIT", "openai__human-eval/data/HumanEval.jsonl.gz"),
    "ifeval": ("IFEval", "Apache-2.0", "josejg__instruction_following_eval/instruction_following_eval/data/input_data.jsonl"),
    "mt_bench": ("MT-bench", "Apache-2.0", "lm-sys__FastChat/fastchat/llm_judge/data/mt_bench/question.jsonl"),
    "truthfulqa": ("TruthfulQA", "Apache-2.0 (upstream)", "benedictflorance__truthfulqa_experiments/datasets/TruthfulQA.csv"),
}


def main() -> None:
    """Read, hash, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    shipped.FOLDER.mkdir(exist_ok=True)
    common: list[str] = []
    table = Table("name", "benchmark", "items", "with an answer", "too short", "licence", "kB")
    for name, (title, licence, pattern) in PUBLIC.items():
        found = read(folder, name, pattern)
        common += [item.text for item in found if item.side == QUESTION and name not in NOT_COMMON]
        made, path = hashed.hashed(found, NGRAM), shipped.FOLDER / f"{name}.parquet"
        about = {"title": title, "licence": licence, "source": "github.com/" + pattern.split("/")[0].replace("__", "/")}
        hashed.save(made, path, NGRAM, about)
        counts = hashed.counted(made).to_pylist()
        items_, answers = (sum(each[key] for each in counts) for key in ("items", "answers"))
        short = sum(len(each["too_short"]) for each in counts)
        table.add_row(name, title, f"{items_:,}", f"{answers:,}", str(short), licence, f"{path.stat().st_size / 1e3:,.0f}")
    pq.write_table(nearest.common(common, LEAST), shipped.COMMON, compression="zstd", compression_level=19)
    Console().print(table, f"common runs of characters: {shipped.COMMON.stat().st_size / 1e3:,.0f} kB")


def read(folder: Path, name: str, pattern: str) -> list[Item]:
    """The items of one benchmark; of one in several files each file is a benchmark of its own."""
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise SystemExit(f"{folder / pattern}: no such file")
    return [item for path in paths for item in items(path, name if len(paths) == 1 else f"{name}-{path.stem}")]


if __name__ == "__main__":
    main()
