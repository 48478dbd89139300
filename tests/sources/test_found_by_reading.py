"""What a reader found who compared published records with the rows made of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.languages import code
from sources import File, inspect, read
from sources.detect import load
from sources.exchanges import question
from sources.turns import Unreadable

DUMPS = Path(__file__).resolve().parent.parent / "dumps"


def one(name: str, value: Any) -> list[dict[str, Any]]:
    return list(load(name).rows(value))


def sample(name: str) -> list[dict[str, Any]]:
    """Rows of a sample file."""
    path = next(DUMPS.glob(f"{name}.*"))
    return [row for batch in read(File("s", path, path.name)) for row in batch.rows.to_pylist()]


NONE = ["No input", "No Input.", "NoInput", "No input required.", "No input needed.", '"<noinput>"', "<noinput>.", "< noinput >"]
NONE += [
    "(noinput)",
    "`<noinput>`",
    "[No Input]",
    "\\<noinput\\>",
    "no_input",
    "无输入",
    "没有输入。",
    "无需输入。",
    "&lt;无输入&gt;",
]


@pytest.mark.parametrize("said", NONE)
def test_an_input_that_says_it_is_none_is_no_part_of_the_question(said):
    [row] = one("alpaca", {"instruction": "Name a tree.", "input": said, "output": "Elm."})
    assert [message["content"] for message in row["messages"]] == ["Name a tree.", "Elm."]


@pytest.mark.parametrize("said", ["None", "N/A", "?!", "***", "...", "no", "input", "Noinputs", "He was <noinput>", "不输入"])
def test_an_input_that_says_anything_else_stays(said):
    assert question("Explain this.", said) == f"Explain this.\n\n{said}"
    assert question("Explain this.", " " * 50, None, float("nan")) == "Explain this."


def test_chatgpt_keeps_a_persons_own_instructions_which_no_text_of_a_node_holds():
    about = {"about_user_message": "I keep bees.", "about_model_message": "Answer in one line."}
    empty = {"content_type": "text", "parts": [""]}
    profile = {
        "content_type": "user_editable_context",
        "user_profile": "I sail.",
        "user_instructions": "Told: Answer in one line.",
    }
    said = [("system", empty, {"user_context_message_data": about}), ("user", profile, {"user_context_message_data": about})]
    said += [(who, {"parts": [text]}, {}) for who, text in (("user", "When do bees swarm?"), ("assistant", "In May."))]
    mapping = {
        str(at): {"parent": str(at - 1), "message": {"author": {"role": who}, "content": content, "metadata": metadata}}
        for at, (who, content, metadata) in enumerate(said)
    }
    [row] = one("chatgpt", {"mapping": mapping})
    assert [message["content"] for message in row["messages"]] == ["When do bees swarm?", "In May."]
    hidden = json.loads(row["extra"])["hidden"]
    assert hidden == ["I keep bees.", "Answer in one line.", "Told: Answer in one line.", "I keep bees.", "I sail."]


def test_what_is_mended_in_a_list_written_as_text_is_a_flag():
    held = {"prompt": r'["Say \ud800"]', "response_a": r'["a\u0001"]', "response_b": '["b"]', "winner_model_a": "1"}
    found = one("arena_55k", held)
    assert [row["messages"][1]["content"] for row in found] == ["a", "b"]
    assert [row["flags"] for row in found] == [["controls_removed", "surrogates_replaced"]] * 2
    talk = r'[{"role": "user", "content": "Say"}, {"role": "assistant", "content": "%s"}]'
    battle = {"winner": "model_a", "conversation_a": talk % r"a\u0001", "conversation_b": talk % "b", "anony": True}
    for name in ("arena", "mt_bench"):
        assert [row["flags"] for row in one(name, {**battle, "turn": 1})] == [["controls_removed"]] * 2
    assert [row["flags"] for row in one("arena", {**battle, "conversation_a": talk % "a"})] == [[], []]


def test_sillytavern_keeps_models_reasoning_and_what_the_program_notes():
    noted = {"api": "own", "model": "tern-9b", "reasoning": "She asks for the way.", "token_count": 4}
    lines = [
        {"user_name": "Ada", "character_name": "Brine"},
        {"name": "Brine", "is_user": False, "send_date": "May 1", "mes": "Ahoy.", "extra": {}},
        {"name": "Ada", "is_user": True, "mes": "Which way?", "extra": ["odd"]},
        {
            "name": "Brine",
            "is_user": False,
            "gen_started": "t0",
            "swipe_info": [{"send_date": "May 2"}],
            "mes": "North.",
            "extra": noted,
        },
    ]
    [(_, row)] = load("sillytavern").gather(enumerate(lines))
    assert [message["reasoning"] for message in row["messages"]] == [None, None, "She asks for the way."]
    assert row["model"] == "tern-9b" and json.loads(row["extra"])["turns"] == {
        "0": {"send_date": "May 1"},
        "1": {"extra": ["odd"]},
        "2": {
            "gen_started": "t0",
            "swipe_info": [{"send_date": "May 2"}],
            "extra": {"api": "own", "model": "tern-9b", "token_count": 4},
        },
    }
    [(_, row)] = load("sillytavern").gather(enumerate([*lines, {**lines[3], "extra": {"model": "gull-2b", "reasoning": "No."}}]))
    assert row["model"] is None and "gull-2b" in row["extra"] and "No." not in row["extra"]


def test_magpie_as_published_has_turns_and_a_reward():
    turns = [{"from": "human", "value": "Name a star."}, {"from": "gpt", "value": "Vega."}]
    record = {"conversations": turns, "instruction": "Name a star.", "response": "Vega, in Lyra.", "instruct_reward": -0.5}
    [row] = one("magpie", record)
    assert [message["content"] for message in row["messages"]] == ["Name a star.", "Vega."] and row["score"] == -0.5
    left = json.loads(row["extra"])
    assert left["response"] == "Vega, in Lyra." and not {"instruction", "conversations"} & left.keys()
    bare = {"conversations": turns, "gen_input_configs": {}}
    assert load("magpie").looks(bare) == 1 and load("sharegpt").looks(bare) < 0.5 and len(one("magpie", bare)) == 1
    assert load("magpie").looks({"conversations": turns, "instruction": "a", "response": "b", "input_quality": "good"}) == 0
    merged = {"conversations": turns, "instruct_reward": None}
    assert (load("magpie").looks(merged), load("sharegpt").looks(merged)) == (0, 1)


def test_claude_one_file_in_two_lists_is_one_file():
    told = {"file_name": "log.txt", "extracted_content": "Fog at six."}
    asked = {"uuid": "a", "sender": "human", "text": "Sum up.", "attachments": [told], "files": [{"file_name": "log.txt"}]}
    turns = [asked, {"uuid": "b", "sender": "assistant", "text": "Fog."}]
    [row] = one("claude", {"chat_messages": turns})
    assert row["messages"][0]["content"] == "Sum up.\n\nFog at six."
    blank = {"attachments": [{"file_name": "log.txt", "extracted_content": ""}]}
    for more in ({"files": [{"file_name": "pier.png"}]}, {"files": [{}]}, {"files": [{"file_name": ["log.txt"]}]}, blank):
        with pytest.raises(Unreadable) as why:
            one("claude", {"chat_messages": [{**asked, **more}, turns[1]]})
        assert why.value.reason == "not_text"


@pytest.mark.parametrize(
    "file", [{"attachedFiles": ["a.png"]}, {"imageFile": "a.png"}, {"subtitles": [{"name": "Attached 2 files."}]}]
)
def test_gemini_a_question_with_a_file_is_not_read(file):
    asked = {"title": "Prompted Which bird?", "time": "t", "header": "Gemini Apps", "safeHtmlItem": [{"html": "<p>A tern.</p>"}]}
    with pytest.raises(Unreadable) as why:
        one("gemini_takeout", {**asked, **file})
    assert why.value.reason == "not_text"
    for none in ({"attachedFiles": []}, {"subtitles": [{"name": "Shared"}, {"name": None}, 3]}):
        assert len(one("gemini_takeout", {**asked, **none})) == 1


def test_capybara_says_where_the_last_answer_is_empty():
    [row] = one("capybara", {"conversation": [{"input": "Who sails?", "output": " "}]})
    assert row["flags"] == ["empty_answer"]
    assert [row["flags"] for row in sample("capybara")] == [[], [], ["empty_answer"]]


def test_a_tie_has_no_score_below_zero():
    tie = {"context": [{"role": "user", "content": "Say."}], "response1": "a", "response2": "b", "overall_preference": 0}
    even = {"question": "Say?", "answer_0": "a", "answer_1": "b", "score_0": "-0.0", "score_1": 0.0}
    for name, record in (("helpsteer3", tie), ("webgpt", even)):
        assert [str(row["score"]) for row in one(name, record)] == ["0.0", "0.0"]


@pytest.mark.parametrize("declared", ["nb", "nn", "nb-NO", "nno", "Bokmal", "Bokmål", "Nynorsk", "no", "Norwegian"])
def test_both_ways_to_write_norwegian_are_norwegian(declared):
    assert code(declared) == "no" and (code("or"), code("Punjabi"), code("nl")) == ("or", "pa", "nl")


def test_strings_are_a_talk_in_which_the_user_speaks_first():
    path = DUMPS / "strings.jsonl"
    assert inspect(path).format == "strings"
    pan, moss, frost, blank = sample("strings")
    assert [message["role"] for message in moss["messages"]] == ["user", "assistant"] * 2
    assert pan["messages"][1]["content"].startswith("Dry it") and json.loads(pan["extra"]) == {"source": "own notes"}
    assert len(frost["messages"]) == 5 and frost["messages"][-1]["role"] == "user" and json.loads(frost["extra"]) == {"id": "0"}
    assert (frost["flags"], blank["flags"]) == ([], ["empty_answer"])
    for turns, reason in (
        (["Why?"], "no_answer"),
        (["", " "], "empty"),
        (["a", None, "b"], "not_text"),
        (["a", ["b"]], "not_text"),
    ):
        with pytest.raises(Unreadable) as why:
            one("strings", {"data": turns})
        assert why.value.reason == reason
    assert load("strings").looks({"data": [{"role": "user", "content": "x"}]}) == load("strings").looks({"data": []}) == 0


@pytest.mark.parametrize("key", ["data", "conversations"])
def test_strings_are_found_however_the_file_is_packed(key, tmp_path):
    records = [{"id": str(at), key: [f"Question {at}?", f"Answer {at}."]} for at in range(3)]
    texts = [json.dumps(records), json.dumps(records, indent=2), "\n".join(map(json.dumps, records))]
    texts += [json.dumps({"train": records}), "\n".join(json.dumps({key: record[key]}) for record in records)]
    for text in texts:
        (tmp_path / "f.json").write_text(text)
        found = inspect(tmp_path / "f.json")
        assert (found.format, found.rows) == ("strings", 3), text[:80]
