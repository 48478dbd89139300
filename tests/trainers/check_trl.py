"""TRL's real trainers on a release, through the release's own scripts: `python check_trl.py RELEASE TINY EXPORT...`.

Three steps of each, full and LoRA. The trainer must keep as many rows as the release has, give every row something to learn, and
have a finite loss.
"""

import math
import runpy
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

MODELS = {"reward": "scores"}
STEPS = ["--max_steps", "3", "--per_device_train_batch_size", "2", "--gradient_accumulation_steps", "1", "--logging_steps", "1"]
PLAIN = ["--eval_strategy", "no", "--save_strategy", "no", "--report_to", "none", "--use_cpu", "true", "--bf16", "false"]


def check(release: Path, export: str, model: Path, lora: bool) -> str:
    script = release / "train" / f"trl_{export}.py"
    config = script.with_name(script.stem + ("_lora.yaml" if lora else ".yaml"))
    more = ["--assistant_only_loss", "true"] if export == "sft" else []
    with tempfile.TemporaryDirectory() as out:
        sys.argv = [str(script), "--config", str(config), "--model_name_or_path", str(model), "--output_dir", out]
        sys.argv += ["--max_length", "8192", *STEPS, *PLAIN, *more]
        trainer = runpy.run_path(str(script), run_name="__main__")["trainer"]
    given = sum(pq.read_metadata(file).num_rows for file in (release / export).glob("train-*-of-00001.parquet"))
    kept, losses = trainer.train_dataset, [line["loss"] for line in trainer.state.log_history if "loss" in line]
    assert len(kept) == given, f"{export}: {given} rows given, {len(kept)} kept"
    assert len(losses) == 3 and all(math.isfinite(loss) for loss in losses), f"{export}: losses {losses}"
    return f"trl {export}{' lora' if lora else ''}: {given} rows given, {len(kept)} kept, {masks(trainer)}, losses {losses}"


def masks(trainer) -> str:
    """Every row, as the collator gives it to the model, has a token that counts for the loss."""
    rows, empty = trainer.train_dataset, 0
    for at in range(len(rows)):
        batch = trainer.data_collator([rows[at]])
        for name in ("labels", "completion_mask"):
            if name in batch:
                counted = batch[name] != -100 if name == "labels" else batch[name] == 1
                empty += int((counted.sum(-1) == 0).any())
    assert not empty, f"{empty} rows have nothing to learn"
    return "no empty mask"


if __name__ == "__main__":
    release, tiny, exports = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:]
    for export in exports:
        for lora in (False, True):
            print(check(release, export, tiny / MODELS.get(export, "causal"), lora), flush=True)
