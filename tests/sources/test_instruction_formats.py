"""Instruction dumps: what each format makes of its own sample, of odd fields, and of the real files."""

import json
from collections import Counter
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources import File, inspect, read
from sources.detect import load
from sources.exchanges import exchange, instances, question, text
from sources.turns import NoRow, Unreadable

DUMPS = Path(__file__).resolve().parent.parent / "dumps"
FORMATS = ["alpaca", "big_bench", "dolly", "flan", "gpt4all", "gsm8k", "halueval", "hc3", "magpie", "orca", "prompts"]
FORMATS += ["query_response", "question_answer", "self_instruct", "super_ni", "unnatural_instructions"]


def sample(name: str) -> list[dict]:
    """Rows of a sample file, in the format that is found for it."""
    path = next(DUMPS.glob(f"{name}.*"))
    return [row for batch in read(File("s", path, "f")) for row in batch.rows.to_pylist()]


def refused(name: str) -> dict[int, str]:
    """Record -> reason, of the records of a sample file that gave no row."""
    path = next(DUMPS.glob(f"{name}.*"))
    lines = (line for batch in read(File("s", path, "f")) for line in batch.refused.to_pylist())
    return {line["record"]: line["reason"] for line in lines}


def said(row: dict) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in row["messages"]]


def rest(row: dict) -> dict:
    return json.loads(row["extra"]) if row["extra"] else {}


def one(format: str, value) -> list[dict]:
    return list(load(format).rows(value))


def why(format: str, value) -> tuple[str, bool]:
    """The reason a record gives no row, and whether it is dropped."""
    with pytest.raises(Unreadable) as error:
        one(format, value)
    return error.value.reason, isinstance(error.value, NoRow)


def test_alpaca_reads_numbers_truth_values_and_prompts_as_text():
    rows = {said(row)[-2][1]: row for row in sample("alpaca")}
    assert said(rows["What is 6 times 7?"])[1] == ("assistant", "42")
    assert said(rows["Is a whale a fish?"])[1] == ("assistant", "false")
    assert said(rows["Give a word for a small stream."])[0] == ("system", "Answer in one word.")
    assert refused("alpaca") == {5: "empty", 9: "no_answer", 11: "no_answer"}


def test_alpaca_keeps_a_text_unless_it_is_the_template_of_the_record_itself():
    rows = {said(row)[-2][1]: row for row in sample("alpaca")}
    assert rows["Sort the words by length.\n\nplum, fig, banana"]["extra"] is None
    assert rest(rows["Is a whale a fish?"]) == {"text": "asked at the harbour"}
    other = {"instruction": "a", "output": "b", "text": "### Instruction:\na\n\n### Response:\nc"}
    assert rest(one("alpaca", other)[0]) == {"text": other["text"]}


def test_alpaca_tells_a_truth_from_an_answer():
    asked = "A cart holds 9 crates. How many crates do 5 carts hold?"
    [row] = [row for row in sample("alpaca") if said(row)[0][1] == asked]
    assert (row["answer"], row["extra"], said(row)[1][1][-3:]) == ("45", None, "45.")
    [row] = one("alpaca", {"instruction": asked, "answer": 45})
    assert (said(row)[1], row.get("answer")) == (("assistant", "45"), None)


def test_an_answer_that_is_blank_is_a_row_with_a_flag_and_none_is_no_row():
    triple = {"instruction": "a", "input": ""}
    assert one("alpaca", {**triple, "output": ""})[0]["flags"] == ["empty_answer"]
    assert one("alpaca", {**triple, "output": "", "id": 1})[0]["flags"] == ["empty_answer"]
    assert one("alpaca", {**triple, "output": "", "response": "b"})[0]["messages"][1]["content"] == "b"
    assert why("alpaca", {**triple, "output": None}) == ("no_answer", True)
    assert why("alpaca", {**triple, "output": float("nan")}) == ("no_answer", True)
    assert why("alpaca", {**triple, "output": {"a": 1}}) == ("not_text", False)
    assert why("alpaca", {**triple, "output": ["b", None]}) == ("not_text", False)


@pytest.mark.parametrize(
    ("beside", "format"),
    [
        ({"context": "c", "response": "b"}, "dolly"),
        ({"response": "b", "gen_input_configs": {}}, "magpie"),
        ({"output": "b", "conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}, "sharegpt"),
        ({"instances": [{"input": "", "output": "b"}]}, "self_instruct"),
        ({"chosen": "b", "rejected": "c", "output": "b"}, "preference"),
    ],
)
def test_alpaca_steps_back_for_what_is_not_only_alpaca(beside, format):
    value = {"instruction": "a", **beside}
    assert load("alpaca").looks(value) <= load(format).looks(value) / 2


def test_dolly_puts_the_context_after_the_instruction():
    closed, *_, blank = rows = sample("dolly")
    asked = "Who repaired the bell?\n\nThe bell of Holm cracked in 1911. A smith called Anna Lund mended it within a week."
    assert (said(closed)[0], rest(closed)) == (("user", asked), {"category": "closed_qa"})
    assert [said(row)[0][1] for row in rows[1:3]] == ["Suggest a name for a slow ferry.", "Why do leaves turn red?"]
    assert blank["flags"] == ["empty_answer"] and refused("dolly") == {4: "no_answer"}


@pytest.mark.parametrize("name", ["self_instruct", "super_ni", "unnatural_instructions"])
def test_instances_of_a_task_are_no_comparison(name):
    rows = sample(name)
    assert {row["group_id"] for row in rows} == {None} == {row["rank"] for row in rows}
    assert len({row["id"] for row in rows}) == len(rows) > len({tuple(row["records"]) for row in rows})


def test_self_instruct_gives_a_row_an_instance_and_loses_none():
    rows = sample("self_instruct")
    assert said(rows[1])[0] == ("user", "Is this review friendly or hostile?\n\nThe staff remembered my name!")
    assert rest(rows[1])["instances"] == [{"input": "It was a hotel.", "output": None}] and "instances" not in rest(rows[2])
    assert [said(row)[1][1] for row in rows[3:]] == ["1 January", "15 March, 12:00"]
    assert refused("self_instruct") == {3: "no_answer"}


def test_super_ni_puts_the_definition_first_and_keeps_every_right_output():
    first, second = sample("super_ni")
    definition = "You are given a sentence about the sea. Answer the question with one or two words."
    assert said(first) == [("user", f"{definition}\n\nGulls follow the boat. What follows the boat?"), ("assistant", "gulls")]
    assert (said(second)[1][1], rest(second)["output"], rest(second)["id"]) == ("yes", ["yes", "very"], "task9001-2")
    assert first["language_declared"] == "English"
    assert {"Positive Examples", "Negative Examples", "Instances", "Instance License"} <= rest(first).keys()
    assert rest(second).keys() == {"Source", "Categories", "Domains", "id", "output"}
    flat = {"task_name": "t", "id": "t-1", "definition": "Say the opposite.", "inputs": "up", "targets": "down"}
    assert said(one("super_ni", flat)[0]) == [("user", "Say the opposite.\n\nup"), ("assistant", "down")]
    assert load("super_ni").looks(flat) >= 2 * load("flan").looks(flat)


def test_unnatural_instructions_reads_reformulations_as_questions_of_their_own():
    rows = sample("unnatural_instructions")
    questions = [said(row)[0][1] for row in rows[:3]]
    assert questions == [
        "You are told a colour. Name a fruit of that colour.\nInput: yellow",
        "Which fruit has the colour yellow?",
        "Fruit for yellow:",
    ]
    assert [rest(row) for row in rows[:2]] == [{"constraints": "The output is one word."}, {"reformulation": True}]
    assert [said(row)[1][1] for row in rows[3:]] == ["rat", "pool", "3"]


def test_gpt4all_keeps_its_source_and_drops_what_was_not_answered():
    rows = sample("gpt4all")
    assert (said(rows[0])[0][1], rest(rows[1])) == ("How do I fold a fitted sheet?", {"source": "own/code", "id": "c-2"})
    assert rows[2]["flags"] == ["empty_answer"] and refused("gpt4all") == {3: "no_answer"}
    assert load("gpt4all").looks({"prompt": "a", "response": "b", "is_safe": True}) < 0.5


def test_flan_reads_the_texts_and_not_their_tokens():
    plain, right, wrong, foreign = sample("flan")
    assert rest(plain)["_task_source"] == "Own" and foreign["language_declared"] == "deu"
    assert [(row["label"], said(row)[1][1]) for row in (right, wrong)] == [(True, "wet"), (False, "loud")]
    assert rest(right).keys() == {"answer_choices", "idx", "weight"}
    assert refused("flan") == {4: "no_answer"}


def test_hc3_is_a_group_without_an_order():
    rows = sample("hc3")
    assert [row["model"] for row in rows] == ["human", "human", "chatgpt", "human"]
    assert [row["group_id"] for row in rows] == ["s/f#000000000"] * 3 + [None]
    assert {row["rank"] for row in rows} == {None} and refused("hc3") == {2: "no_answer"}


def test_orca_reads_a_system_prompt_and_thoughts():
    first, bare, thought = sample("orca")
    assert [role for role, _ in said(first)] == ["system", "user", "assistant"] and len(said(bare)) == 2
    assert (thought["messages"][2]["reasoning"], thought["messages"][2]["content"]) == ("51 is 3 times 17.", "No.")


def test_gsm8k_gives_the_final_value_and_keeps_the_text_whole():
    rows = sample("gsm8k")
    assert [row["answer"] for row in rows] == ["19", "1,800", "-4"]
    assert said(rows[0])[1][1].endswith("grow.\n#### 19")


def test_question_answer_says_the_solution_and_knows_the_truth():
    rows = sample("question_answer")
    assert [row["answer"] for row in rows] == [None, None, "\\frac{12}{3}", "25", None]
    assert said(rows[1])[0][1] == "Who keeps the key?\n\nMs Ode keeps the key, Mr Abel the lamp."
    assert (said(rows[3])[1][1], said(rows[4])[1][1]) == ("5 times 5 is 25.", "true")
    assert refused("question_answer") == {5: "no_answer"}
    [several] = one("question_answer", {"question": "Name a metal.", "answer": ["tin", "lead"]})
    assert (said(several)[1][1], rest(several)) == ("tin", {"answer": ["tin", "lead"]})
    assert said(one("question_answer", {"input": "a", "output": "b"})[0]) == [("user", "a"), ("assistant", "b")]
    assert load("question_answer").looks({"question": "a", "choices": ["b", "c"], "answer": 1}) == 0


def test_big_bench_reads_the_examples_of_its_file():
    rows = sample("big_bench")
    assert [(said(row)[1][1], row["answer"]) for row in rows[:2]] == [("False", "False"), ("apple pear", "apple pear")]
    assert rest(rows[2]) == {"target": ["hello", "bonjour"], "name": "tiny"}  # the task's name stands around its examples
    choices = [(said(row)[1][1], row["rank"], row["score"], row["group_id"]) for row in rows[3:6]]
    group = "s/f#000000003"
    assert choices == [("an animal", 0, 1.0, group), ("a tool", 1, 0.0, group), ("a plant", 1, 0.0, group)]
    assert rows[6]["answer"] == "8"


def test_query_response_reads_final_values_and_ground_truths_but_says_neither():
    rows = sample("query_response")
    assert [row["answer"] for row in rows] == ["24", "$2$", '{"intent": "pricing"}']
    assert rest(rows[2]) == {"id": "eval-1", "propensity_score": 0.25}
    assert why("query_response", {"query": "a", "response": "", "ground_truth": "b"}) == ("no_answer", True)
    assert load("query_response").looks({"query": "a", "response": "b", "history": []}) == 0


def test_halueval_labels_and_pairs():
    clean, invented, right, wrong, unsure = sample("halueval")
    assert [row["label"] for row in (clean, invented, unsure)] == [True, False, None]
    assert rest(invented)["hallucination_spans"] == ["3 May 1721", "mayor Otto"] and rest(unsure)["hallucination"] == "unsure"
    assert [(row["rank"], said(row)[1][1]) for row in (right, wrong)] == [(0, "Into the Norn."), (1, "Into the southern sea.")]
    assert right["group_id"] == wrong["group_id"] is not None


def test_magpie_reads_the_reward_and_the_first_release():
    rows = sample("magpie")
    assert [row["score"] for row in rows] == [-1.5, 0.75, 2.0, -0.25]
    assert dict(rows[0]["scores"]) == {"instruct_reward": -1.5} and rest(rows[0])["difficulty"] == "very easy"
    assert said(rows[2]) == [("user", "Name a knot."), ("assistant", "Bowline.")]
    turns = [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]
    whole = {"instruction": "a", "response": "b", "conversations": [*turns, *turns], "instruct_reward": 1}
    assert (
        load("magpie").looks(whole) == 1 and load("sharegpt").looks(whole) < 0.5 and len(one("magpie", whole)[0]["messages"]) == 4
    )


def test_prompts_are_dropped_and_no_answer_is_made_up():
    [row] = sample("prompts")
    assert said(row)[1] == ("assistant", "Left at the fountain, then downhill.")
    assert refused("prompts") == dict.fromkeys(range(7), "no_answer")


@pytest.mark.parametrize("name", sorted({path.stem for path in DUMPS.iterdir()} - {"prompts"}))
def test_prompts_never_come_before_a_format_with_answers(name):
    path = next(DUMPS.glob(f"{name}.*"))
    if path.suffix not in (".json", ".jsonl"):
        return
    held = path.read_text("utf-8-sig")
    values = json.loads(held) if path.suffix == ".json" else [json.loads(line) for line in held.splitlines() if line.strip()]
    values = values if isinstance(values, list) else [values]
    looks = [(load("prompts").looks(value), load(name).looks(value)) for value in values]
    assert sum(prompt for prompt, _ in looks) <= sum(look for _, look in looks) / 2


@pytest.mark.parametrize(
    "value",
    [
        {"text": "a page of a book"},
        {"prompt": "a", "response_0": "b", "response_1": "c"},
        {"prompt": "a", "completion": "b"},
        {"question": {"full_text": "a"}, "answer_0": "b"},
        {"prompt": "a", "all_outputs": ["b"]},
    ],
)
def test_prompts_do_not_claim_what_may_hold_an_answer(value):
    assert load("prompts").looks(value) == 0


WORDS = st.text(max_size=20)
SCALARS = WORDS | st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats()
ODD = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6)


@settings(deadline=None)
@given(first=WORDS, second=WORDS)
def test_a_question_loses_no_part_that_says_anything(first, second):
    asked = question(first, second)
    assert asked.startswith(first)
    assert second in asked or second.strip().lower() in ("", "<noinput>", "noinput", "<no input>")
    assert question(first, 0) in (f"{first}\n\n0", "0")
    assert len(asked) <= len(first) + len(second) + 2


@settings(deadline=None)
@given(answer=SCALARS)
def test_a_plain_answer_is_its_text_or_no_answer(answer):
    if isinstance(answer, str):
        assert text(answer) == answer
    elif answer is None or not isfinite(answer):
        with pytest.raises(NoRow):
            exchange("a", answer)
    else:
        assert json.loads(text(answer)) == answer


@settings(deadline=None)
@given(held=ODD)
def test_instances_are_objects_or_the_record_is_unreadable(held):
    try:
        answered, unanswered = instances(held)
    except Unreadable:
        return
    assert answered and all(isinstance(one, dict) for one in [*answered, *unanswered])


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None)
@given(data=st.data())
def test_a_record_with_a_field_exchanged_is_read_or_refused(name, data):
    path = next(DUMPS.glob(f"{name}.*"))
    held = path.read_text("utf-8")
    values = json.loads(held) if path.suffix == ".json" else [json.loads(line) for line in held.splitlines()]
    values = values.get("examples", [values]) if isinstance(values, dict) else values
    value = dict(data.draw(st.sampled_from(values)))
    value[data.draw(st.sampled_from(sorted(value)))] = data.draw(ODD)
    assert 0 <= load(name).looks(value) <= 1
    try:
        rows = one(name, value)
    except (Unreadable, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return
    assert rows
    for row in rows:
        assert all(isinstance(m["content"], str) for m in row["messages"]) and row["messages"][-1]["role"] == "assistant"
        assert isinstance(row.get("answer"), str | None) and isinstance(row.get("model"), str | None)


def test_all_of_big_bench_hard(dumps):
    files = sorted((dumps / "suzgunmirac__BIG-Bench-Hard" / "bbh").iterdir())
    parts = [inspect(path) for path in files]
    assert len(files) == 27 and {part.format for part in parts} == {"big_bench"}
    assert sum(part.records for part in parts) == sum(part.rows for part in parts) == 6511


def test_every_final_value_of_gsm8k_is_a_number(dumps):
    path = dumps / "openai__grade-school-math" / "grade_school_math" / "data" / "test.jsonl"
    [batch] = read(File("s", path, path.name))
    assert all(float(answer.replace(",", "")) is not None for answer in batch.rows["answer"].to_pylist())


def test_verdicts_of_halueval(dumps):
    path = dumps / "RUCAIBox__HaluEval" / "data" / "general_data.json"
    labels = Counter(label for batch in read(File("s", path, path.name)) for label in batch.rows["label"].to_pylist())
    assert labels == {True: 3692, False: 815}
