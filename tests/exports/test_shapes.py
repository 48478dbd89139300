"""Every shape of `exports/`, found by listing the folder, keeps the contract: a new file is tested as soon as it is there."""

import json
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

import exports
import winnow
from exports import messages, sharegpt, text
from flows.places import ROOT
from schemas import recipe as recipes
from schemas.faults import UsageFault

TRL = {"text", "prompt", "completion", "chosen", "rejected", "label", "labels", "image", "images", "margin", "conversations"}
OWN = {  # what a trainer reads of each shape
    "sft": {"messages"},
    "rejection_sampling": {"messages"},
    "preference": {"prompt", "chosen", "rejected"},
    "reward": {"chosen", "rejected"},
    "kto": {"prompt", "completion", "label"},
    "prompts": {"prompt"},
    "stepwise": {"prompt", "completions", "labels"},
    "llama_factory": {"conversations", "chosen", "rejected"},
    "text": {"text"},
}


@pytest.fixture(scope="module")
def release(curated, tmp_path_factory) -> Path:
    """Every shape at once, over a sample of every dump format."""
    recipe = recipes.load(ROOT / "tests" / "trainers" / "shapes.yaml")
    return curated(recipe, ROOT / "tests" / "dumps", tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("name", exports.names())
def test_says_what_it_takes(name):
    module = exports.shape(name)
    assert module.__doc__ and module.TAKES and module.OF in ("rows", "sft", "preference")


def test_an_unknown_shape_or_option_names_the_nearest():
    with pytest.raises(UsageFault, match="did you mean sft"):
        exports.shape("stf")
    with pytest.raises(UsageFault, match="did you mean margin"):
        exports.options("reward", {"margins": True})
    with pytest.raises(UsageFault, match="expected true or false, got 'yes'"):
        exports.options("reward", {"margin": "yes"})
    with pytest.raises(UsageFault, match="expected one of chatml, llama3"):
        exports.options("text", {"template": "mistral"})


@pytest.mark.parametrize("name", exports.names())
def test_every_reader_reads_it(release, name):
    from datasets import load_dataset

    files = sorted((release / name).glob("train-*-of-00001.*"))
    [file] = [each for each in files if each.suffix == ".jsonl"] or [each for each in files if ".ids" not in each.name]
    kind = "json" if file.suffix == ".jsonl" else "parquet"
    rows = len(load_dataset(kind, data_files=str(file), split="train", cache_dir=str(release.parent / "cache")))
    assert rows > 0
    if kind == "json":
        ids = pq.read_table(file.with_suffix(".ids.parquet"))["id"]
        assert rows == len(ids) == len(file.read_bytes().splitlines())
        assert duckdb.sql(f"SELECT count(*) FROM read_json_auto('{file}')").fetchall() == [(rows,)]
        return
    table = pq.read_table(file)
    assert rows == len(table) == len(pl.read_parquet(file)) == duckdb.sql(f"SELECT * FROM '{file}'").count("*").fetchall()[0][0]
    assert not [column for column in table.column_names if table[column].null_count == rows]
    if name in OWN:
        assert OWN[name] <= set(table.column_names)
        assert not (set(table.column_names) - OWN[name]) & (TRL - ({"margin"} if name == "reward" else set()))


def test_the_ledger_names_every_export_and_a_prompt_is_on_one_side(release):
    asked = winnow.open(release)
    assert not asked.sql("exported").to_pylist()
    query = """SELECT count(*) FROM (SELECT regexp_extract(id, '^[^|]*') AS one FROM exported GROUP BY one
        HAVING count(DISTINCT split) > 1)"""
    assert [*asked.sql(query).to_pylist()[0].values()] == [0]


def test_train_points_at_files_that_are_there(release):
    info = json.loads((release / "train" / "dataset_info.json").read_text())
    assert all((release / "train" / each["file_name"]).is_file() for each in info.values())
    for script in (release / "train").glob("*.py"):
        compile(script.read_text(), script.name, "exec")


def test_calls_thoughts_and_weights_survive_as_json_lines():
    call = '[{"id": "c1", "type": "function", "function": {"name": "clock", "arguments": {"city": "Oslo"}}}]'
    asks = {"role": "assistant", "content": "", "tool_calls": call}
    said = {"role": "assistant", "content": "Noon.", "reasoning_content": "Look.", "weight": 0.0}
    assert sharegpt.turn(asks) == {"from": "function_call", "value": '{"name":"clock","arguments":{"city":"Oslo"}}'}
    assert sharegpt.turn(said)["value"] == "<think>\nLook.\n</think>\n\nNoon."
    made = exports.shape("openai").messages([{"role": "user", "content": "Time?"}, asks, {"role": "tool", "content": "12"}, said])
    assert made[1]["tool_calls"][0]["function"] == {"name": "clock", "arguments": '{"city":"Oslo"}'}
    assert made[2]["tool_call_id"] == "c1" and made[3]["weight"] == 0
    code = asks | {"tool_calls": call.replace('{"city": "Oslo"}', '"17**5"')}
    turns = [{"role": "user", "content": "Time?"}, code, {"role": "tool", "content": "12"}, said]
    assert exports.shape("openai").misfit(turns) == "arguments that are no JSON object"
    assert exports.shape("openai").misfit([turns[0], asks, *turns[2:]]) is None
    assert messages.calls({"content": "", "tool_calls": "no json"}) == []


def test_chatml_is_what_its_template_says():
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    assert text._text(turns, "chatml") == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n"
