"""axolotl's transforms and LLaMA-Factory's converters on every row of a release: `python check_loaders.py RELEASE TINY`.

Their own code is called, never a copy; where it cannot be imported, that is said, and the exit code is 1.
"""

import json
import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import yaml
from datasets import load_dataset
from transformers import AutoTokenizer


def axolotl_sft(release: Path, tiny: Path) -> str:
    from axolotl.prompt_strategies.chat_template import load
    from axolotl.utils.dict import DictDefault

    tokenizer = AutoTokenizer.from_pretrained(tiny / "causal")
    [asked] = yaml.safe_load((release / "train" / "axolotl_sft.yaml").read_text())["datasets"]
    data = asked | {"chat_template": "tokenizer_default"}
    config = DictDefault({"train_on_inputs": False, "sequence_len": 8192, "datasets": [data]})
    strategy = load(tokenizer, config, DictDefault(data | {"roles_to_train": ["assistant"], "train_on_eos": "turn"}))
    rows = load_dataset(asked["ds_type"], data_files=str(release / asked["data_files"][0]), split="train")
    weighed = 0
    for row in rows:
        made = strategy.tokenize_prompt(row)
        learned = tokenizer.decode([label for label in made["labels"] if label != -100])
        assert learned, "a row has nothing to learn"
        said = [turn for turn in row["messages"] if turn["role"] == "assistant"]
        skipped = {turn["content"] for turn in said if turn["content"] and turn.get("weight") == 0}
        assert not any(text in learned for text in skipped), f"learned in spite of weight 0: {skipped}"
        weighed += len(skipped)
    assert weighed, "no turn of weight 0 to look at"
    return (
        f"axolotl chat_template: {len(rows)} rows of {asked['path']}, no empty mask, none of {weighed} turns of weight 0 in one"
    )


def axolotl_dpo(release: Path, tiny: Path) -> str:
    from axolotl.prompt_strategies.dpo import chat_template
    from axolotl.utils.dict import DictDefault

    tokenizer = AutoTokenizer.from_pretrained(tiny / "causal")
    [data] = yaml.safe_load((release / "train" / "axolotl_dpo.yaml").read_text())["datasets"]
    way = data["type"].removeprefix("chat_template.")
    config = DictDefault({"chat_template": "tokenizer_default", "datasets": [data]})
    transform, _ = getattr(chat_template, way)(config)
    rows = parquet(release, "preference")
    made = [transform(row, tokenizer=tokenizer) for row in rows]
    assert all(row["prompt"] and row["chosen"] and row["rejected"] for row in made)
    return f"axolotl dpo.chat_template.{way}: {len(rows)} rows, none empty"


def llama_factory(release: Path, tiny: Path) -> str:
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list

    folder = release / "train"
    told = []
    for name in json.loads((folder / "dataset_info.json").read_text()):
        [known] = get_dataset_list([name], str(folder))
        file = folder / known.dataset_name
        rows = load_dataset("json" if file.suffix == ".jsonl" else "parquet", data_files=str(file), split="train")
        convert = get_dataset_converter(known.formatting, known, SimpleNamespace(media_dir=""))
        dropped = sum(not convert(row)["_prompt"] for row in rows)
        assert not dropped, f"{name}: {dropped} rows dropped"
        told.append(f"{name} {len(rows)} rows")
    return f"llama-factory converter: {', '.join(told)}, none dropped"


def parquet(release: Path, export: str):
    return load_dataset("parquet", data_files=str(release / export / "train-00000-of-00001.parquet"), split="train")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    release, tiny, failed = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), False
    for check in (axolotl_sft, axolotl_dpo, llama_factory):
        try:
            print(check(release, tiny), flush=True)
        except ImportError as fault:
            failed = True
            print(f"{check.__name__}: not checked, its code cannot be imported here: {fault}", flush=True)
    sys.exit(failed)
