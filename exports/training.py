"""`train/` of a release: configurations and short scripts for TRL, axolotl and LLaMA-Factory that point at its own files.

Everything is made from which exports there are, so the same release has the same files. What a person has to choose, the
model, is left to the command line or stands as MODEL.
"""

import json
from typing import Any

import yaml

TRAINERS = {  # export -> TRL's trainer, and what is usual for it
    "sft": ("SFT", {"learning_rate": 2e-5, "max_length": 4096}),
    "preference": ("DPO", {"learning_rate": 5e-7, "max_length": 2048, "beta": 0.1}),
    "kto": ("KTO", {"learning_rate": 5e-7, "max_length": 2048, "beta": 0.1}),
    "reward": ("Reward", {"learning_rate": 1e-5, "max_length": 2048}),
}
_LORA = {"use_peft": True, "lora_r": 16, "lora_alpha": 32, "lora_target_modules": "all-linear"}
_USUAL = {"num_train_epochs": 1, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 8, "logging_steps": 10}
_SCRIPT = '''"""TRL's {trainer}Trainer on `{export}/` of this release:

    python train/trl_{export}.py --config train/trl_{export}.yaml --model_name_or_path MODEL --output_dir OUT
    python train/trl_{export}.py --config train/trl_{export}_lora.yaml --model_name_or_path MODEL --output_dir OUT
{weights}"""

from pathlib import Path

from datasets import load_dataset
from trl import ModelConfig, TrlParser, {trainer}Config, {trainer}Trainer, get_peft_config

args, model = TrlParser(({trainer}Config, ModelConfig)).parse_args_and_config()
release = Path(__file__).resolve().parent.parent
files = {{split: str(release / "{export}" / f"{{split}}-*.parquet") for split in {splits}}}
rows = load_dataset("parquet", data_files=files).select_columns({columns})
{decode}trainer = {trainer}Trainer(
    model.model_name_or_path,
    args=args,
    train_dataset=rows["train"],
    eval_dataset=rows.get("test"),
    peft_config=get_peft_config(model),
)
trainer.train()
trainer.save_model()
'''
_TRL_WEIGHTS = """
Some turns have weight 0, should not be learned, and are learned here like any other: TRL knows no weight of a turn.
train/axolotl_sft.yaml leaves them out of the loss.
"""
_FACTORY_WEIGHTS = (
    "# Some turns have weight 0, should not be learned, and are learned here like any other: LLaMA-Factory knows no weight of a\n"
    "# turn. axolotl_sft.yaml leaves them out of the loss; `mask_history: true` learns the last answer of each talk alone.\n"
)
_DECODE = """for split, part in rows.items():  # tool calls are JSON text at rest; chat templates want objects
    features = part.features.copy()
    for name in {lists}:
        features[name].feature["tool_calls"] = Json()
    rows[split] = part.cast(features)
"""


def files(counts: dict[str, dict[str, int]], columns: dict[str, list[str]], called: set[str]) -> dict[str, str]:
    """Name below `train/` -> text, for a release with these rows by export and split, and these columns by export.

    `called` names the exports in whose messages somebody calls a tool.
    """
    there = {name: [split for split in ("train", "test") if splits.get(split)] for name, splits in counts.items()}
    there = {name: splits for name, splits in there.items() if "train" in splits}
    made: dict[str, str] = {}
    for export, (trainer, choices) in TRAINERS.items():
        if export in there:
            said = _TRL_WEIGHTS if export == "sft" and _weighed(columns) else ""
            made |= _trl(export, trainer, choices, there[export], columns[export], called=export in called, weights=said)
    return made | _axolotl(there, columns) | _llama_factory(there, columns)


def _trl(
    export: str, trainer: str, choices: dict[str, Any], splits: list[str], there: list[str], *, called: bool, weights: str
) -> dict[str, str]:
    wanted = ("messages", "prompt", "completion", "chosen", "rejected", "label", "margin", "tools")
    columns = [name for name in wanted if name in there]
    lists = [name for name in ("messages", "prompt", "completion", "chosen", "rejected") if name in columns]
    script = _SCRIPT.format(
        trainer=trainer,
        export=export,
        splits=json.dumps(splits),
        columns=json.dumps(columns),
        weights=weights,
        decode=_DECODE.format(lists=json.dumps(lists)) if called else "",
    )
    if called:
        script = script.replace("from datasets import load_dataset", "from datasets import Json, load_dataset")
    usual = choices | _USUAL | ({"eval_strategy": "epoch"} if "test" in splits else {})
    task = {"lora_task_type": "SEQ_CLS"} if export == "reward" else {}
    return {
        f"trl_{export}.py": script,
        f"trl_{export}.yaml": _yaml(usual),
        f"trl_{export}_lora.yaml": _yaml(usual | {"learning_rate": choices["learning_rate"] * 10} | _LORA | task),
    }


def _axolotl(there: dict[str, list[str]], columns: dict[str, list[str]]) -> dict[str, str]:
    """`axolotl train train/axolotl_sft.yaml`, started in the release's folder."""
    base = {"base_model": "MODEL", "sequence_len": 4096, "micro_batch_size": 2, "gradient_accumulation_steps": 8, "num_epochs": 1}
    base |= {"optimizer": "adamw_torch", "output_dir": "out"}
    lora = {"adapter": "lora", "lora_r": 16, "lora_alpha": 32, "lora_target_linear": True, "learning_rate": 2e-4}
    made = {}
    if "sft" in there:
        calls = "tool_calls" in columns.get("sft.messages", ())  # axolotl reads calls as objects, which JSON lines hold
        name, kind = ("openai", "json") if calls and "openai" in there else ("sft", "parquet")
        file = f"{name}/train-00000-of-00001.{kind.replace('json', 'jsonl')}"
        data: dict[str, Any] = {"path": name, "ds_type": kind, "data_files": [file], "type": "chat_template"}
        data |= {"field_messages": "messages"}
        data |= {"message_field_training": "weight"} if _weighed(columns) else {}
        for name, more in (("axolotl_sft", {"learning_rate": 2e-5}), ("axolotl_sft_lora", lora)):
            made[f"{name}.yaml"] = _yaml(base | more | {"datasets": [data]})
    if "preference" in there:
        data = {"path": "preference", "ds_type": "parquet", "data_files": ["preference/train-00000-of-00001.parquet"]}
        whole = "prompt" not in columns["preference"]
        data |= {"type": "chat_template.argilla_chat"} if whole else {"type": "chat_template.default", "field_messages": "prompt"}
        data |= {"field_chosen": "chosen", "field_rejected": "rejected"}
        made["axolotl_dpo.yaml"] = _yaml(base | {"learning_rate": 5e-7, "rl": "dpo", "datasets": [data]})
    return made


def _llama_factory(there: dict[str, list[str]], columns: dict[str, list[str]]) -> dict[str, str]:
    """`llamafactory-cli train train/llama_factory_sft.yaml`, started in the release's folder."""
    info = dataset_info(there, columns)
    if not info:
        return {}
    base = {"model_name_or_path": "MODEL", "template": "TEMPLATE", "dataset_dir": "train", "do_train": True, "output_dir": "out"}
    base |= {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 8, "num_train_epochs": 1}
    made = {"dataset_info.json": json.dumps(info, indent=2) + "\n"}
    sft = next((name for name in ("sharegpt", "sft") if name in info), None)
    stages: list[tuple[str, str, float, dict[str, Any]]] = [("sft", sft, 2e-5, {})] if sft else []
    stages += [("dpo", "llama_factory", 5e-7, {"pref_beta": 0.1})] if "llama_factory" in info else []
    for stage, name, rate, more in stages:
        whole = base | {"stage": stage, "dataset": name, "learning_rate": rate, **more}
        told = _FACTORY_WEIGHTS if stage == "sft" and _weighed(columns) else ""
        made[f"llama_factory_{stage}.yaml"] = told + _yaml(whole | {"finetuning_type": "full"})
        lora = {"finetuning_type": "lora", "lora_rank": 16, "learning_rate": rate * 10}
        made[f"llama_factory_{stage}_lora.yaml"] = told + _yaml(whole | lora)
    return made


def dataset_info(there: dict[str, list[str]], columns: dict[str, list[str]]) -> dict[str, Any]:
    """LLaMA-Factory's list of data sets: `sharegpt`, `llama_factory` (pairs), and `sft` where nobody calls a tool."""
    roles = {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    }
    info: dict[str, Any] = {}
    for name, kind in (("sharegpt", "jsonl"), ("llama_factory", "parquet"), ("sft", "parquet")):
        if name in there and (name != "sft" or "tool_calls" not in columns.get("sft.messages", ())):
            held = {"messages": "messages" if name == "sft" else "conversations"}
            held |= {"chosen": "chosen", "rejected": "rejected"} if name == "llama_factory" else {}
            held |= {"tools": "tools"} if "tools" in columns.get(name, ()) else {}
            info[name] = {"file_name": f"../{name}/train-00000-of-00001.{kind}", "formatting": "sharegpt", "columns": held}
            info[name] |= {"ranking": True} if name == "llama_factory" else {"tags": roles} if name == "sft" else {}
    return info


def _weighed(columns: dict[str, list[str]]) -> bool:
    """Whether some turn of `sft` has a weight of its own."""
    return "weight" in columns.get("sft.messages", ())


def _yaml(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
