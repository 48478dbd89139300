"""The ready scripts and configurations of a release."""

import pytest
import yaml

from exports import training

COUNTS = {"sft": {"train": 9, "test": 1}, "sharegpt": {"train": 9}}


def made(*fields):
    return training.files(
        COUNTS, {"sft": ["id", "messages"], "sft.messages": ["role", "content", *fields], "sharegpt": []}, set()
    )


@pytest.mark.parametrize("name", ["trl_sft.py", "llama_factory_sft.yaml", "llama_factory_sft_lora.yaml"])
def test_who_knows_no_weight_of_a_turn_says_so_where_there_is_one(name):
    assert "learned here like any other" in made("weight")[name] and "weight 0" not in made()[name]


def test_every_file_reads_and_axolotl_takes_weights():
    for name, text in made("weight").items():
        compile(text, name, "exec") if name.endswith(".py") else yaml.safe_load(text)
    data = yaml.safe_load(made("weight")["axolotl_sft.yaml"])["datasets"][0]
    assert data["message_field_training"] == "weight" and "message_field_training" not in made()["axolotl_sft.yaml"]
