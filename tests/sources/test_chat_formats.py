"""Chats and exports of apps: roles, tools, thoughts, branches, what is kept beside them, and what is dropped."""

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from itertools import dropwhile, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import File, branches, inspect, read
from sources.branches import Node
from sources.detect import load
from sources.turns import NoRow, Unreadable

DUMPS = Path(__file__).resolve().parent.parent / "dumps"


def values(name: str) -> list[Any]:
    path = next(DUMPS.glob(f"{name}.*"))
    text = path.read_text()
    return json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]


def rows(name: str, number: int | None = None) -> list[dict[str, Any]]:
    """Rows of a sample, or of one record of it; records that give none are left out."""
    found = values(name) if number is None else [values(name)[number]]
    return [row for value in found for row in _rows(name, value)]


def _rows(name: str, value: Any) -> Iterator[dict[str, Any]]:
    try:
        yield from load(name).rows(value)
    except Unreadable:
        return


def reason(name: str, value: Any) -> tuple[str, bool]:
    """Why a record gives no row, and whether it is dropped rather than quarantined."""
    with pytest.raises(Unreadable) as error:
        list(load(name).rows(value))
    return error.value.reason, isinstance(error.value, NoRow)


def said(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in row["messages"]]


def beside(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(row["extra"])


def calls(message: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(call["function"]["name"], call["function"]["arguments"]) for call in json.loads(message["tool_calls"])]


# Chats as lists of turns


@pytest.mark.parametrize(
    "turns",
    [
        [{"from": "user", "value": None, "markdown": "**Hi**"}, {"from": "bing", "text": "Hello"}],
        [{"from": "HUMAN", "value": "**Hi**"}, {"from": "bard", "value": "Hello"}],
        [{"role": "user", "content": "**Hi**"}, {"role": "model", "content": "Hello"}],
    ],
    ids=["raw", "capitals", "roles"],
)
@pytest.mark.parametrize("wrap", ["bare", "items", "conversations", "conversation"])
def test_sharegpt_reads_every_spelling(turns, wrap):
    value = turns if wrap == "bare" else {wrap: {"items": turns, "n": 1} if wrap == "conversation" else turns}
    assert load("sharegpt").looks(value) >= 0.9
    [row] = load("sharegpt").rows(value)
    assert said(row) == [("user", "**Hi**"), ("assistant", "Hello")]
    assert (json.loads(row["extra"]) == {"n": 1}) if wrap == "conversation" else row["extra"] is None


def test_sharegpt_keeps_score_weights_tools_and_drops_copies():
    turns = [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A", "weight": 0.0}]
    [row] = load("sharegpt").rows({"conversations": turns, "score": "4.5", "instruction": "Q", "response": "A", "topic": "x"})
    assert (row["score"], row["messages"][1]["weight"], beside(row)) == (4.5, 0.0, {"score": "4.5", "topic": "x"})
    [other] = load("sharegpt").rows({"conversations": turns, "instruction": "not the question"})
    assert beside(other) == {"instruction": "not the question"}


def test_a_second_text_or_name_of_a_turn_is_kept_beside_it():
    turns = [
        {"from": "human", "value": "a", "text": "b", "markdown": None},
        {"role": "assistant", "content": "c", "speaker": "Ada"},
    ]
    [row] = load("sharegpt").rows({"conversations": turns})
    assert said(row) == [("user", "a"), ("assistant", "c")]
    assert beside(row) == {"conversations": [{"text": "b"}, {"speaker": "Ada"}]}


SPEAKERS = st.sampled_from(["system", "human", "gpt", "observation", "function_call", "narrator"])


@given(st.lists(SPEAKERS, max_size=8), st.booleans())
def test_a_middle_chunk_is_found_and_mended(speakers, bare):
    sharegpt = load("sharegpt")
    turns = [{"from": speaker, "value": str(n)} for n, speaker in enumerate(speakers)]
    value = turns if bare else {"id": "x", "conversations": turns}
    mended = sharegpt.repair(value)
    left = mended if bare else mended["conversations"]
    assert sharegpt.repair(mended) == mended and turns[len(turns) - len(left) :][-1:] == left[-1:]
    lost = [turn for turn in turns if turn not in left]
    assert {turn["from"] for turn in lost} <= {"gpt", "observation", "function_call"}
    after_system = list(dropwhile(lambda speaker: speaker == "system", speakers))
    if "starts_with_answer" in sharegpt.faults(value):
        assert after_system[0] in ("gpt", "function_call")
        assert "human" not in speakers or "starts_with_answer" not in sharegpt.faults(mended)
    elif "roles_repeat" not in sharegpt.faults(value):
        assert not any(one == after and one in ("human", "gpt") for one, after in pairwise(after_system))


@pytest.mark.parametrize("value", [None, 3, "x", [], [3], {}, {"conversations": None}, {"conversations": [None, 3]}], ids=str)
def test_strangers_have_no_faults_and_are_not_mended(value):
    assert load("sharegpt").faults(value) == [] and load("sharegpt").repair(value) == value


def test_openai_reads_refusals_objects_as_arguments_and_functions():
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    turns = [
        {"role": "developer", "content": "D"},
        {"role": "user", "content": "Q"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "R"},
        {"role": "assistant", "content": None, "refusal": "No.", "weight": 0},
    ]
    value = {"messages": turns, "functions": [{"name": "f"}], "parallel_tool_calls": False, "prompt": "Q", "source": "s"}
    [row] = load("openai").rows(value)
    assert said(row) == [("system", "D"), ("user", "Q"), ("assistant", ""), ("tool", "R"), ("assistant", "No.")]
    assert calls(row["messages"][2]) == [("f", {"a": 1})] and row["messages"][4]["weight"] == 0
    assert json.loads(row["tools"]) == [{"type": "function", "function": {"name": "f"}}]
    assert {key: beside(row)[key] for key in ("parallel_tool_calls", "source")} == {"parallel_tool_calls": False, "source": "s"}
    assert "prompt" not in beside(row)


def test_openai_reads_messages_made_of_blocks():
    turns = [
        {"role": "user", "content": "Q"},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "A"}, {"type": "tool_use", "id": "t", "name": "f", "input": {}}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "R"}, {"type": "text", "text": "B"}]},
    ]
    [row] = load("openai").rows({"system": "S", "messages": turns})
    assert said(row) == [("system", "S"), ("user", "Q"), ("assistant", "A"), ("tool", "R"), ("user", "B")]
    assert calls(row["messages"][2]) == [("f", {})] and row["extra"] is None
    turns[0]["content"] = [{"type": "image", "source": {}}]
    assert reason("openai", {"messages": turns}) == ("not_text", False)


def test_capybara_reads_system_texts_and_loss():
    plain, harbour, blank = rows("capybara")
    assert [role for role, _ in said(plain)] == ["user", "assistant"] * 2 and beside(plain) == {"source": "Workbench"}
    assert said(harbour)[0] == ("system", "You are a calm harbour master.")
    assert [message.get("weight") for message in harbour["messages"]] == [None, None, None, None, 0.0]
    assert said(blank)[1] == ("assistant", "") and beside(blank)["conversation"] == [{"note": "left blank"}]


def test_firefly_reads_exchanges_and_drops_silence():
    assert [len(row["messages"]) for row in rows("firefly")] == [4, 2, 4]
    assert said(rows("firefly", 3)[0]) == [
        ("system", "Answer in one word."),
        ("user", "Oak or pine for a bench?"),
        ("assistant", "Oak."),
        ("user", "Why?"),
    ]
    assert reason("firefly", values("firefly")[2]) == ("empty", True)
    assert reason("firefly", {"conversation": [{"human": 3, "assistant": "x"}]}) == ("not_text", False)


def test_moss_takes_marks_off_and_makes_calls_of_commands():
    tiles, bread, order, odd = rows("moss")
    _, called, found, answered, *more = tiles["messages"][1:]
    assert said(tiles)[0][1].startswith("You are a patient helper.\n- Calculator")
    assert (called["reasoning"], called["content"]) == ("The floor is 18 square metres, a tile is 0.09.", "")
    assert calls(called) == [("Calculate", '"18/0.09"')]
    assert (found["role"], found["content"]) == ("tool", 'Calculate("18/0.09") => 200')
    assert answered == {"role": "assistant", "content": "You need 200 tiles."}
    assert more == [
        {"role": "user", "content": "And with a tenth more for waste?"},
        {"role": "assistant", "content": "Then buy 220."},
    ]
    assert calls(bread["messages"][2]) == [("Search", '"rye bread Finland"'), ("Search", '"rye bread Denmark"')]
    assert bread["messages"][3]["content"].startswith("<|1|>:") and "<sup><|1|></sup>" in bread["messages"][4]["content"]
    assert [text for role, text in said(order) if role == "user"] == ["Question 1?", "Question 2?", "Question 10?"]
    assert [message["role"] for message in odd["messages"]] == ["user", "assistant"]
    assert odd["messages"][1]["reasoning"] == "None (no call is needed here)"
    assert reason("moss", values("moss")[3]) == ("empty", True)


def test_no_mark_is_left_in_the_real_moss(dumps):
    moss = load("moss")
    for path in sorted((dumps / "OpenLMLab__MOSS").rglob("*.json"))[::10]:
        value = json.loads(path.read_text())
        [row] = moss.rows(value)
        texts = [text for _, text in said(row)] + [message.get("reasoning") or "" for message in row["messages"]]
        assert not any(mark in text for text in texts for mark in ("<eo", "<|Human", "<|MOSS", "<|Comm", "<|Res", "<|Inner"))
        assert sum(role == "user" for role, _ in said(row)) == value["num_turns"]


@pytest.mark.parametrize(("name", "marks"), [("baize", ("[|Human|]", "[|AI|]")), ("oig", ("<human>:", "<bot>:"))])
def test_marked_talks_keep_every_word(name, marks):
    key = "input" if name == "baize" else "text"
    for value in values(name)[:2]:
        [row] = load(name).rows(value)
        bare = value[key]
        for mark in marks:
            bare = bare.replace(mark, " ")
        assert " ".join(text for _, text in said(row)).split() == bare.split()
        assert [role for role, _ in said(row) if role != "system"] == ["user", "assistant"] * (len(said(row)) // 2)
    assert said(rows(name, 0)[0])[-1][0] == "assistant"


def test_a_setting_before_the_first_mark_is_a_system_turn():
    [row] = rows("oig", 1)
    assert said(row)[0] == ("system", "Background: The bridge was built in 1932 and carries two tracks.")
    assert reason("baize", values("baize")[2]) == ("empty", True)
    assert said(rows("oig", 2)[0]) == [("user", "Are you there?")]


def test_templates_are_taken_apart_and_no_mark_is_left():
    first, llama_2, _, zephyr, gemma, guanaco, alpaca, waits = rows("templated")
    assert said(first) == [
        ("system", "You know every tide."),
        ("user", "When is high water?\n\nIn Brest."),
        ("assistant", "Around noon today."),
    ]
    assert said(llama_2)[:2] == [("system", "Answer in one word."), ("user", "What do bees make?")]
    assert said(llama_2)[2:] == [("assistant", "Honey."), ("user", "And wasps?"), ("assistant", "Paper.")]
    assert [role for role, _ in said(zephyr)] == ["system", "user", "assistant"]
    assert said(gemma) == [("user", "Name a salty lake."), ("assistant", "Lake Van.")]
    assert said(guanaco)[2:] == [("user", "And its tongue?"), ("assistant", "Half a metre.")]
    assert said(alpaca) == [("user", "Sort these.\n\npear, apple"), ("assistant", "apple, pear")]
    assert (guanaco["language_declared"], alpaca["extra"]) == ("en", '{"id":"a7"}')
    assert said(waits) == [("user", "What does <|im_start|> mean?\n<|im_start|>assistant is in my log.")]


TEMPLATES = {
    "chatml": "<|im_start|>{}\n{}<|im_end|>\n",
    "llama_3": "<|start_header_id|>{}<|end_header_id|>\n\n{}<|eot_id|>",
    "zephyr": "<|{}|>\n{}</s>\n",
    "gemma": "<start_of_turn>{}\n{}<end_of_turn>\n",
}


@given(st.sampled_from(sorted(TEMPLATES)), st.lists(st.text("ab#<|>[]/ \n:"), min_size=1))
def test_a_filled_template_gives_back_what_was_said(name, texts):
    who = ("user", "assistant")
    talk = [(who[n % 2], f"x{text}x") for n, text in enumerate(texts)]
    value = {"text": "".join(TEMPLATES[name].format(*turn) for turn in talk)}
    [row] = load("templated").rows(value)
    assert load("templated").looks(value) == 1 and said(row) == talk


@pytest.mark.parametrize(
    "text",
    [
        "We write <|im_start|>user\nbefore a turn.",
        "Llama 2 puts [INST] before a question and [/INST] behind it.",
        "A page about prompts.\nOne.\n\nTwo.\n\nThree.\n\n### Instruction:\nx\n\n### Response:\ny",
        "### Humans\nWe walk.",
        "### Instruction:\nGlue the handle and wait.",
    ],
)
def test_a_text_about_templates_is_none(text):
    assert load("templated").looks({"text": text}) == 0


def test_words_around_a_template_stay():
    text = "A curious person asks.\n### Human: Is it late?\n### Assistant: No.</s>"
    assert said(*load("templated").rows({"text": text}))[0] == ("system", "A curious person asks.")
    odd = "### Instruction:\na\n\n### Response:\nb\n\n### Input:\nc"
    assert said(*load("templated").rows({"text": odd})) == [("user", "a"), ("assistant", "b"), ("user", "c")]


@pytest.mark.parametrize("sign", ["\n", "</s>", "<|im_end|> ", "<s>", "[INST]", "<|im_start|>", "### Human:", "<|user|>\n"])
def test_many_marks_cost_no_more_than_their_length(sign):
    for begun in ("<|im_start|>user\n", "<|user|>\n", "[INST] ", "", "### Human: ### Assistant: "):
        load("templated").looks({"text": begun + sign * 200_000})
        with suppress(NoRow):
            list(load("templated").rows({"text": begun + sign * 200_000}))


def test_swift_reads_histories_pairs_and_truth():
    ficus, basil, best, worst, spider = rows("swift")
    assert said(ficus)[:2] == [("user", "When do I repot a ficus?"), ("assistant", "In spring, before it grows.")]
    assert [role for role, _ in said(basil)] == ["system", "user", "assistant", "user", "assistant"]
    assert said(best)[:-1] == said(worst)[:-1] and (best["rank"], worst["rank"]) == (0, 1)
    assert spider["answer"] == "8" and spider["extra"] is None
    assert reason("swift", values("swift")[4]) == ("unknown_shape", False)


def test_lmsys_keeps_moderation_and_flags():
    plain, greeted, bare = rows("lmsys")
    assert (plain["model"], plain["language_declared"], plain["flags"]) == ("vicuna-13b", "English", [])
    assert greeted["flags"] == ["redacted", "moderated"]
    assert beside(greeted)["redacted"] is True and beside(greeted)["openai_moderation"][1]["flagged"] is True
    assert beside(bare) == {"conversation_id": "c0ffee03", "turn": 1}


def test_wildchat_keeps_flags_and_never_who_it_was():
    old, million, newest = rows("wildchat")
    assert (old["flags"], million["flags"]) == ([], ["redacted", "toxic", "moderated"])
    assert [turn["toxic"] for turn in beside(million)["conversation"]] == [True, False]
    assert beside(million)["conversation"][0]["country"] == "Norway"
    for secret in ("hashed_ip", "ab12cd34", "header", "Mozilla", "user-agent"):
        assert secret in json.dumps(values("wildchat")) and secret not in json.dumps([old, million, newest])
    assert newest["language_declared"] == "Bokmal" and beside(newest)["conversation"][0]["language"] == "Bokmal"
    assert reason("wildchat", values("wildchat")[3]) == ("empty", True)


# Trees


def test_chatgpt_reads_a_straight_talk_as_one_row():
    [row] = rows("chatgpt", 0)
    assert said(row) == [("user", "When do bees swarm?"), ("assistant", "Mostly in May and June.")]
    assert (row["model"], row.get("tree_id"), row["group_id"]) == ("gpt-4o", None, None)
    assert beside(row)["hidden"] == ["The user keeps bees."] and beside(row)["title"] == "Straight talk"


def test_chatgpt_ranks_the_answer_on_the_page_above_those_left_behind():
    found = {said(row)[-1][1]: row for row in rows("chatgpt", 1)}
    assert {text: (row["group_id"], row["rank"], row["path_rank"]) for text, row in found.items()} == {
        "Boaty.": ("u1", 1, 1),
        "Tern.": ("u1", 0, 0),
        "Blue Wave.": ("u1", 1, 1),
        "It is small and quick.": ("u2", None, 0),
        "A sea bird with a forked tail.": ("u3", None, 0),
    }
    assert {row["tree_id"] for row in found.values()} == {"u1"}
    assert [len(row["messages"]) for row in found.values()] == [2, 2, 2, 4, 4]


def test_chatgpt_reads_tools_thoughts_and_what_is_no_text():
    [tools] = rows("chatgpt", 2)
    _, call, result, answer = tools["messages"]
    assert (call["reasoning"], calls(call)) == ("A power\n\nBetter to compute it.", [("python", "17**5")])
    assert (result["role"], result["name"], result["content"]) == ("tool", "python", "1419857")
    assert answer["content"] == "It is 1,419,857." and tools["model"] == "o4-mini"
    assert beside(tools)["hidden"] == ["Thought for 2 seconds"]
    assert reason("chatgpt", values("chatgpt")[3]) == ("not_text", False)
    assert reason("chatgpt", values("chatgpt")[4]) == ("empty", True)
    assert said(rows("chatgpt", 5)[0]) == [("user", "Is fog a cloud?"), ("assistant", "Yes, one that touches the ground.")]


def test_a_tree_that_bites_its_tail_is_quarantined():
    value = values("chatgpt")[0]
    value["mapping"]["r"]["parent"] = "a"
    assert reason("chatgpt", value) == ("broken_tree", False)


def test_claude_reads_blocks_attachments_and_branches():
    bread, tools, *branched = rows("claude")
    files = values("claude")[2]
    assert reason("claude", files) == ("not_text", False)
    files["chat_messages"][0]["files"] = []
    [files] = load("claude").rows(files)
    assert bread["messages"][1] == {
        "role": "assistant",
        "content": "Yeast makes gas, and gluten holds it.",
        "reasoning": "Yeast and gas.",
        "tool_calls": None,
    }
    assert [role for role, _ in said(tools)] == ["user", "assistant", "tool", "assistant"]
    assert said(tools)[1][1] == "I will look." and calls(tools["messages"][1]) == [("web_search", {"query": "weather Turku"})]
    assert tools["messages"][2]["tool_call_id"] == "t1" and "example.org" in said(tools)[2][1]
    assert said(files) == [("user", "Sum this up.\n\nMeeting moved to May."), ("assistant", "The meeting is in May.")]
    assert "plan.png" not in str(beside(files)) and "account" not in beside(files)
    assert [(said(row)[-1][1], row["group_id"], row["rank"]) for row in branched] == [
        ("Drizzle.", "m1", None),
        ("Mizzle.", "m1", None),
        ("Thanks.", "m4", None),
    ]
    assert reason("claude", values("claude")[4]) == ("empty", True)


def test_deepseek_reads_fragments():
    glue, *rhymes = rows("deepseek")
    assert glue["messages"][1]["reasoning"] == "Leather bends."
    assert said(glue)[1] == ("assistant", "Contact cement, since it stays flexible.")
    assert beside(glue)["fragments"][0]["type"] == "SEARCH" and glue["model"] == "deepseek-reasoner"
    assert [(row["group_id"], row["rank"]) for row in rhymes] == [("1", None)] * 2


def test_gemini_reads_prefixes_html_and_other_answers():
    folded, loop, teal, ochre, finnish = rows("gemini_takeout")
    assert said(folded)[0] == ("user", "How do I fold a map?")
    assert said(folded)[1][1] == "Along the **old creases**:\n\n1. lay it flat,\n2. fold the long side first."
    assert said(loop)[0][1] == "Zeig mir eine Schleife"
    assert "```python\nfor n in range(3):\n    print(n)\n```" in said(loop)[1][1]
    assert [said(row)[1][1] for row in (teal, ochre)] == ["Teal.", "Ochre."] and "rank" not in teal
    assert (said(finnish)[0][1], finnish["flags"]) == ("Kysytty Missä on Kotka?", ["unknown_prefix"])
    assert [reason("gemini_takeout", value) for value in values("gemini_takeout")[3:5]] == [
        ("no_answer", True),
        ("not_a_message", True),
    ]


# Sessions and logs: the records need each other


def gathered(name: str, lines: list[Any]) -> tuple[list[tuple[list[int], dict[str, Any]]], dict[int, str]]:
    """Rows and reasons; every line is in a row or has one reason, and never both."""
    found = list(load(name).gather([(n, line) for n, line in enumerate(lines) if load(name).looks(line)]))
    made = [(numbers, row) for numbers, row in found if not isinstance(row, Unreadable)]
    refused = [(numbers[0], row.reason) for numbers, row in found if isinstance(row, Unreadable)]
    named = {number for numbers, _ in made for number in numbers}
    assert len(dict(refused)) == len(refused) and not named & dict(refused).keys()
    assert named | dict(refused).keys() == {n for n, line in enumerate(lines) if load(name).looks(line)}
    return made, dict(refused)


def test_claude_code_reads_each_path_through_a_session():
    made, refused = gathered("claude_code", values("claude_code"))
    assert set(refused.values()) == {"not_a_message"} and sorted(refused) == [0, 1, 2]
    rounded, left, after = (row for _, row in made)
    roles = ["user", "assistant", "tool", "tool", "assistant", "user", "assistant"]
    assert [role for role, _ in said(rounded)] == [role for role, _ in said(left)] == roles
    call = rounded["messages"][1]
    assert (call["content"], call["reasoning"]) == ("I will read both files.", "I should read both files.")
    assert [name for name, _ in calls(call)] == ["Read", "Read"]
    assert [message["tool_call_id"] for message in rounded["messages"][2:4]] == ["t1", "t2"]
    assert said(rounded)[-1][1] == "Rounded to cents." and said(left)[-1][1] == "I changed nothing."
    assert rounded["tree_id"] == left["tree_id"] == "u1" and rounded["group_id"] != left["group_id"]
    assert said(after)[0][1] == "Begin again after the break." and after.get("tree_id") is None
    assert beside(after)["sessionId"] == "5e55" and after["model"] == "claude-sonnet-4"


def test_lines_that_stand_below_themselves_cost_themselves():
    lines = values("claude_code")
    lines[-2]["parentUuid"] = "a8"
    made, refused = gathered("claude_code", lines)
    assert len(made) == 2 and {number: refused[number] for number in (15, 16)} == {15: "broken_tree", 16: "broken_tree"}


def test_sillytavern_reads_a_chat_with_names_and_swipes():
    lines = values("sillytavern")
    [(numbers, row)], refused = gathered("sillytavern", lines)
    assert numbers == [0, 1, 2, 4] and refused == {3: "not_a_message"}
    assert [(message["role"], message["name"]) for message in row["messages"]] == [
        ("assistant", "Captain Brine"),
        ("user", "Ada"),
        ("assistant", "Captain Brine"),
    ]
    assert beside(row)["swipes"] == {"0": ["Who goes there?"]} and beside(row)["character_name"] == "Captain Brine"
    assert [len(row["messages"]) for _, row in gathered("sillytavern", lines + lines)[0]] == [3, 3]
    assert gathered("sillytavern", lines[:1])[1] == {0: "empty"}


JUNK = st.sampled_from(
    [None, True, 3, -1.5, 2**63, "", "x", "u1", "a4", "r1", "user", [], {}, [None], ["x"], {"a": 1}]
    + [
        [{"type": kind, "text": held, "id": held}]
        for kind in ("text", "thinking", "tool_use", "tool_result")
        for held in ("x", 3)
    ]
)


@pytest.mark.parametrize("name", ["claude_code", "sillytavern"])
@given(data=st.data())
def test_no_line_of_a_session_is_lost_whatever_it_holds(name, data):
    lines = [dict(line) for line in values(name)]
    for line in data.draw(st.lists(st.sampled_from(lines), max_size=4)):
        place = line["message"] if isinstance(line.get("message"), dict) and data.draw(st.booleans()) else line
        key = data.draw(st.sampled_from([*place, "uuid"]))
        place[key] = deepcopy(data.draw(JUNK))
    gathered(name, data.draw(st.permutations(lines)))


@given(
    st.lists(st.tuples(st.integers(-1, 12), st.sampled_from(["user", "assistant", "tool", ""])), min_size=1, max_size=12),
    st.integers(-1, 12),
)
def test_every_message_of_a_tree_is_in_a_row(parents, current):
    nodes = {
        str(n): Node(str(parent) if parent >= 0 else None, [{"role": role, "content": f"m{n}"}] if role else [])
        for n, (parent, role) in enumerate(parents)
    }
    try:
        made = list(branches.rows(nodes, str(current)))
    except Unreadable as why:
        assert why.reason == "broken_tree"
        return
    spoken = {key for key, node in nodes.items() if node.messages}
    assert {key for keys, _ in made for key in keys} == spoken
    groups: dict[Any, list[dict[str, Any]]] = {}
    for keys, row in made:
        assert [message["content"] for message in row["messages"]] == [f"m{key}" for key in keys]
        assert keys[0] not in keys[1:] and (row["group_id"] is None) == ("tree_id" not in row)
        groups.setdefault(row["group_id"], []).append(row)
    for group, members in groups.items():
        ranks = [row.get("rank") for row in members]
        assert set(ranks) in ({None}, {0, 1}, {0}) or group is None
        if len(members) > 1 and group is not None:
            before = {tuple(text for _, text in said(row)[: said(row).index(("user", f"m{group}")) + 1]) for row in members}
            assert len(before) == 1


def test_a_tree_with_too_many_branches_gives_one_row():
    chain = {str(n): Node(str(n - 1), [{"role": ("user", "assistant")[n % 2], "content": "x"}]) for n in range(3000)}
    chain |= {f"r{n}": Node(str(n), [{"role": "assistant", "content": "y"}]) for n in range(0, 3000, 2)}
    [(keys, row)] = branches.rows(chain, "2999")
    assert len(keys) == 3000 and row["flags"] == ["branches_left_out"]


# Through the reader


@pytest.mark.parametrize("name", ["chatgpt", "claude", "deepseek"])
def test_an_export_may_be_one_conversation_or_wrapped(name, tmp_path):
    first = values(name)[0]
    for n, held in enumerate([[first, first], first, {"conversations": [first, first]}]):
        path = tmp_path / f"{n}.json"
        path.write_text(json.dumps(held))
        found = inspect(path)
        assert (found.format, found.records, found.rows) == (name, 1 if n == 1 else 2, 1 if n == 1 else 2)


def test_groups_of_an_export_are_named_after_their_record(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(json.dumps(values("chatgpt")))
    made = [row for batch in read(File("s", path, "f.json")) for row in batch.rows.to_pylist()]
    answers = [row for row in made if row["group_id"] == "s/f.json#000000001:u1"]
    assert sorted(row["rank"] for row in answers) == [0, 1, 1]
    assert all(row["group_id"] is None for row in made if "#000000001" not in row["id"])


def test_middle_chunks_of_the_real_sharegpt_are_flagged_and_mended(dumps):
    paths = sorted((dumps / "Marugannwg__ShareGPT92k_user_linguistic_mining" / "sampled_enriched_data").iterdir())[:120]
    found = {repair: [row for path in paths for row in _read(path, repair)] for repair in (False, True)}
    middle = [row for row in found[False] if "starts_with_answer" in row["flags"]]
    assert len(middle) > len(paths) / 5 and all(said(row)[0][0] == "assistant" for row in middle)
    mended = [row for row in found[True] if any(role == "user" for role, _ in said(row))]
    assert len(mended) > len(paths) * 0.9 and all(said(row)[0][0] != "assistant" for row in mended)


def _read(path: Path, repair: bool) -> list[dict[str, Any]]:
    return [row for batch in read(File("s", path, path.name, repair=repair)) for row in batch.rows.to_pylist()]


def test_the_samples_hold_the_variants():
    wrapped, copied = rows("sharegpt", 7)[0], rows("sharegpt", 8)[0]
    assert said(wrapped)[0] == ("user", "What is a **keel** for?") and beside(wrapped) == {
        "title": "Boats",
        "id": "kq8",
        "views": 12,
    }
    assert (copied["score"], beside(copied)) == (4.5, {"id": "kq9", "score": 4.5})
    assert [load("sharegpt").faults(value) for value in values("sharegpt")[6:]] == [
        ["starts_with_answer"],
        [],
        [],
        ["roles_repeat"],
    ]
    refused, blocks, added = (row for n in (-3, -2, -1) for row in rows("openai", n))
    assert said(refused)[1] == ("assistant", "I would rather not.") and beside(refused)["category"] == "refusals"
    assert [role for role, _ in said(blocks)] == ["system", "user", "assistant", "tool", "assistant"]
    assert blocks["messages"][2]["reasoning"] == "Ask the sensor."
    assert calls(added["messages"][1]) == [("add", {"a": 2, "b": 3})] and added["messages"][3]["weight"] == 0
