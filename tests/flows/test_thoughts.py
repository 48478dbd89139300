"""Tools, calls, thoughts and weights through a whole run, into every shape that can hold them; and `reasoning` and `implicit`."""

import json

import pyarrow.parquet as pq
import pytest

from flows import diffing, laws
from schemas.faults import UsageFault

CLOCK = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {"city": {}}}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": '{"city": "Oslo"}'}}
ASKS = {"role": "user", "content": "What time is it in Oslo?"}
CALLS = {"role": "assistant", "content": "", "reasoning_content": "I have a clock.", "tool_calls": [CALL]}
RESULT = {"role": "tool", "content": "12:00", "tool_call_id": "c1"}
SAYS = {"role": "assistant", "content": "It is noon.", "reasoning_content": "Twelve is noon.", "weight": 0}
AGAIN = {"role": "user", "content": "And is that lunch time?"}
LAST = {"role": "assistant", "content": "For many people it is.", "reasoning_content": "Noon is lunch time."}
TALK = [ASKS, CALLS, RESULT, SAYS, AGAIN]
WORSE = {"role": "assistant", "content": "No idea at all.", "reasoning_content": "I am lazy."}
RECORDS = {
    "talk.jsonl": {"messages": [*TALK, LAST], "tools": [CLOCK]},
    "pair.jsonl": {"prompt": TALK, "chosen": [LAST], "rejected": [WORSE], "tools": [CLOCK]},
}
RECIPE = "name: t\nsources: {{d: {{path: '*.jsonl'}}}}\nexports: {exports}\nlimits: off\ntest: 0\n"
SHAPES = ("sft", "preference", "kto", "prompts", "rejection_sampling", "reward", "llama_factory", "openai", "sharegpt")
THOUGHTS = ["I have a clock.", "Twelve is noon.", "Noon is lunch time."]


@pytest.fixture
def leave(run, tmp_path):
    """leave(exports as JSON) -> the first row of every export, by name."""

    def made(exports):
        data = tmp_path / "d"
        data.mkdir(exist_ok=True)
        for name, record in RECORDS.items():
            (data / name).write_text(json.dumps(record))
        release = run(RECIPE.format(exports=json.dumps(exports)), data)
        laws.verify(release)
        return {name: first(release / name) for name in exports}

    return made


def first(folder):
    lines = folder / "train-00000-of-00001.jsonl"
    if lines.is_file():
        return json.loads(lines.read_text().splitlines()[-1])
    return pq.read_table(folder / "train-00000-of-00001.parquet").to_pylist()[-1]


def thoughts(turns):
    return [turn["reasoning_content"] for turn in turns if turn.get("reasoning_content")]


def test_nothing_is_lost_in_any_shape_that_can_hold_it(leave):
    rows = leave({name: {} for name in SHAPES})
    lists = {
        "sft": rows["sft"]["messages"],
        "rejection_sampling": rows["rejection_sampling"]["messages"],
        "preference": rows["preference"]["prompt"] + rows["preference"]["chosen"],
        "reward": rows["reward"]["chosen"],
        "kto": rows["kto"]["prompt"] + rows["kto"]["completion"],
        "prompts": [*rows["prompts"]["prompt"], {"reasoning_content": THOUGHTS[2]}],
    }
    for name, turns in lists.items():
        assert json.loads(rows[name]["tools"]) == [CLOCK], name
        assert json.loads(turns[1]["tool_calls"]) == [CALL] and turns[2]["tool_call_id"] == "c1", name
        assert name == "kto" or thoughts(turns) == THOUGHTS, name
    assert all(lists[name][3]["weight"] == 0 for name in ("sft", "rejection_sampling", "preference", "reward"))
    assert rows["openai"]["tools"] == [CLOCK] and rows["openai"]["messages"][1]["tool_calls"] == [CALL]
    assert rows["openai"]["messages"][3]["weight"] == 0
    for name, key in (("sharegpt", "conversations"), ("llama_factory", "conversations")):
        turns = rows[name][key]
        called = {"name": "clock", "arguments": '{"city": "Oslo"}'}
        assert json.loads(rows[name]["tools"]) == [CLOCK]
        thought, call = turns[1]["value"].split("</think>")
        assert (turns[1]["from"], thought, json.loads(call)) == ("function_call", "<think>\nI have a clock.\n", called)
        assert turns[3]["value"] == "<think>\nTwelve is noon.\n</think>\n\nIt is noon."
    assert rows["sharegpt"]["conversations"][3]["weight"] == 0


def test_only_the_thoughts_that_a_recipe_wants_leave(leave):
    asked = {"reasoning": "last"}
    rows = leave({"sft": asked, "preference": asked, "kto": asked, "reward": {}})
    assert thoughts(rows["sft"]["messages"]) == THOUGHTS[2:]
    assert thoughts(rows["preference"]["prompt"]) == [] and thoughts(rows["preference"]["chosen"]) == THOUGHTS[2:]
    assert thoughts(rows["kto"]["prompt"]) == [] and thoughts(rows["kto"]["completion"]) in (
        [LAST["reasoning_content"]],
        ["I am lazy."],
    )
    assert thoughts(rows["reward"]["chosen"]) == THOUGHTS[2:]
    rows = leave({"sft": {}, "preference": {"reasoning": "none"}, "sharegpt": {"reasoning": "none"}, "reward": {}})
    assert thoughts(rows["sft"]["messages"]) == THOUGHTS
    assert all("reasoning_content" not in turn for turn in rows["preference"]["prompt"] + rows["reward"]["chosen"])
    assert "<think>" not in json.dumps(rows["sharegpt"])


def test_a_shape_without_room_for_thoughts_says_so(leave):
    with pytest.raises(UsageFault, match=r"exports.openai: `reasoning` has no meaning here"):
        leave({"openai": {"reasoning": "last"}})


def test_an_implicit_prompt_stands_in_both_sides(leave, tmp_path):
    rows = leave({"preference": {"implicit": True}, "openai_dpo": {}})
    pair = rows["preference"]
    assert "prompt" not in pair and [turn["content"] for turn in pair["chosen"][:-1]] == [turn["content"] for turn in TALK]
    assert pair["chosen"][:-1] == pair["rejected"][:-1] and pair["rejected"][-1]["content"] == "No idea at all."
    assert len(rows["openai_dpo"]["input"]["messages"]) == len(TALK)  # what is made of pairs has their prompt
    release = tmp_path / "home" / "releases" / "t" / "current"
    assert not len(diffing.diff(release, release)) and "No idea at all." in (release / "report.html").read_text()


def test_a_row_that_has_nobody_beside_it_says_so_once_for_all_exports_of_pairs(leave, tmp_path):
    leave({"preference": {}, "reward": {}})
    ledger = pq.read_table(next((tmp_path / "home" / "releases" / "t").glob("*/ledger.parquet"))).to_pylist()
    assert [line["reason"] for line in ledger] == [None, None, "no partner"]
