"""What a reviewer found: records that lost something without a word, or were refused whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from sources import File, read
from sources.detect import guess, load
from sources.opening import opened
from sources.translating import reader
from sources.turns import Unreadable

DUMPS = Path(__file__).resolve().parent.parent / "dumps"


def one(name: str, value: Any) -> list[dict[str, Any]]:
    return list(load(name).rows(value))


def said(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in row["messages"]]


@pytest.mark.parametrize("sides", [("chosen", "rejected"), ("chosen_response", "rejected_response")])
def test_a_pair_below_an_instruction_needs_no_input(sides):
    rows = one("preference", {"instruction": "i", sides[0]: "a", sides[1]: "b"})
    assert [said(row) for row in rows] == [[("user", "i"), ("assistant", "a")], [("user", "i"), ("assistant", "b")]]


@pytest.mark.parametrize("path", sorted(DUMPS.iterdir()), ids=lambda path: path.stem)
def test_null_columns_change_neither_format_nor_messages(path):
    nulls = dict.fromkeys(("instruction", "chosen", "input", "label", "definition"))
    give = reader(path.stem, False)
    for record in opened(File("s", path, path.name)).records():
        if record.fault or not isinstance(record.value, dict) or load(path.stem).looks(record.value) <= 0.5:
            continue
        merged = {**nulls, **record.value}
        assert guess([merged]).format == path.stem, record.raw[:200]
        if not hasattr(load(path.stem), "gather"):
            assert talks(give, merged) == talks(give, record.value)


def talks(give: Any, value: Any) -> Any:
    try:
        return [row["messages"] for row in give(value)]
    except Unreadable as why:
        return why.reason


@pytest.mark.parametrize(
    "value",
    [
        {"prompt": "Name a tree.", "response": "Elm.", "source": "here", "instruction": None},
        {"conversations": None, "items": [{"from": "human", "value": "Name a tree."}, {"from": "gpt", "value": "Elm."}]},
        {"messages": [{"role": "user", "content": "Name a tree."}, {"role": "assistant", "content": "Elm."}], "chosen": None},
        {"inputs": "Name a tree.", "targets": "Elm.", "definition": None},
        {"instruction": "Name a tree.", "context": "", "response": "Elm.", "category": "open_qa", "input": None},
    ],
    ids=str,
)
def test_a_null_column_of_another_format_is_no_mark_of_it(value, tmp_path):
    (tmp_path / "f.jsonl").write_text(json.dumps(value))
    [row] = [row for batch in read(File("s", tmp_path / "f.jsonl", "f.jsonl")) for row in batch.rows.to_pylist()]
    assert said(row) == [("user", "Name a tree."), ("assistant", "Elm.")]


def test_blocks_of_one_turn_leave_the_others_as_they_are():
    asked = {"role": "user", "content": "Which day?"}
    told = {"role": "assistant", "content": "Monday.", "reasoning_content": "It rains.", "weight": 0}
    call = [{"type": "tool_use", "id": "c", "name": "clock", "input": {}}]
    turns = [asked, told, asked, {"role": "assistant", "content": call, "weight": 1}]
    [row] = one("openai", {"messages": turns})
    first, last = row["messages"][1], row["messages"][3]
    assert (first["reasoning"], first["weight"], last["weight"]) == ("It rains.", 0.0, 1.0) and "clock" in last["tool_calls"]
    for odd in ({**told, "reasoning_content": ["It rains."]}, {"role": "user", "content": [{"type": "image", "source": {}}]}):
        with pytest.raises(Unreadable) as why:
            one("openai", {"messages": [asked, told, odd]})
        assert why.value.reason == "not_text"


def test_what_a_wrapped_talk_says_beside_its_turns_is_kept():
    turns = [{"from": "human", "value": "Name a tree."}, {"from": "gpt", "value": "Elm."}]
    [row] = one(
        "sharegpt", {"id": 7, "conversations": {"system": "You are a gardener.", "id": 1, "lang": "en", "messages": turns}}
    )
    assert said(row)[0] == ("system", "You are a gardener.")
    assert json.loads(row["extra"]) == {"id": 7, "conversations_id": 1, "lang": "en"}
    [row] = one("sharegpt", {"system": "Outer.", "conversations": {"system": "Inner.", "messages": turns}})
    assert said(row)[0][1] == "Outer." and json.loads(row["extra"]) == {"conversations_system": "Inner."}
    [row] = one("sharegpt", {"system": ["Be brief."], "conversations": turns})
    assert said(row)[0][0] == "user" and json.loads(row["extra"]) == {"system": ["Be brief."]}


def test_swift_keeps_what_is_no_text():
    [row] = one("swift", {"query": "6 x 7?", "response": "42", "system": {"a": 1}, "ground_truth": 42})
    assert json.loads(row["extra"]) == {"system": {"a": 1}, "ground_truth": 42}
    [row] = one("swift", {"query": "6 x 7?", "response": "42", "system": "Count.", "ground_truth": "42"})
    assert (row["answer"], row["extra"]) == ("42", None)


def test_a_text_where_a_list_belongs_is_not_taken_letter_by_letter():
    sampled = {"prompt": "Name a tree.", "results": [{"outputs": "Elm", "sampling_config": "k50"}]}
    chat = {"session_id": "s", "chat_history": "hello", "output": "Hi."}
    for name, value in (("oasst_sampling", sampled), ("wildbench", chat)):
        with pytest.raises(Unreadable) as why:
            one(name, value)
        assert why.value.reason == "unknown_shape"


def test_a_turn_with_a_file_whose_text_is_not_there_is_not_read():
    asked = {"fragments": [{"type": "REQUEST", "content": "Sum this up."}], "files": [{"file_name": "a.pdf"}]}
    said_by = {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["Sum this up."]}}
    with_file = {**said_by, "metadata": {"attachments": [{"name": "a.pdf"}]}}
    for name, turn in (("deepseek", asked), ("chatgpt", with_file)):
        node = {"id": "a", "parent": None, "children": [], "message": turn}
        with pytest.raises(Unreadable) as why:
            one(name, {"mapping": {"a": node}, "current_node": "a"})
        assert why.value.reason == "not_text"
    for name, turn in (("deepseek", {**asked, "files": []}), ("chatgpt", {**with_file, "metadata": {"attachments": []}})):
        assert one(name, {"mapping": {"a": {"id": "a", "parent": None, "children": [], "message": turn}}, "current_node": "a"})


@pytest.mark.parametrize("label", [0, 1, "0", "1", "true"])
def test_the_label_of_a_class_is_no_thumb(label):
    turns = [{"role": "user", "content": "Good film."}, {"role": "assistant", "content": "Positive."}]
    [row] = one("openai", {"messages": turns, "label": label})
    assert "label" not in row and json.loads(row["extra"]) == {"label": label}
    [row] = one("openai", {"messages": turns, "kto_tag": label})
    assert row["label"] is (label not in (0, "0"))
    [row] = one("preference", {"prompt": "Good film.", "completion": "Positive.", "label": label})
    assert row["label"] is (label not in (0, "0"))
    assert one("openai", {"messages": turns, "label": False})[0]["label"] is False


def test_thoughts_in_a_text_are_reasoning_in_every_format():
    thought = "<think>Two threes.</think>\n\nSix."
    [swift] = one("swift", {"query": "2 x 3?", "response": thought})
    best, worst = one("preference", {"prompt": "2 x 3?", "chosen": thought, "rejected": "Five."})
    for row in (swift, best):
        assert (row["messages"][1]["content"], row["messages"][1]["reasoning"]) == ("Six.", "Two threes.")
    assert said(worst)[1] == ("assistant", "Five.")
