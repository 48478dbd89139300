"""Trees, rankings and scores: what a row says of its group, and what becomes of faults that the data is known for."""

import gc
import json
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources import File, read
from sources.answers import group, odd
from sources.detect import load
from sources.turns import NoRow, Unreadable

DUMPS = Path(__file__).resolve().parent.parent / "dumps"


def values(name: str) -> list[dict]:
    return [json.loads(line) for line in (DUMPS / f"{name}.jsonl").read_text("utf-8").splitlines()]


def rows(name: str, record: int) -> list[dict]:
    return list(load(name).rows(values(name)[record]))


def refusal(name: str, value: dict) -> tuple[str, bool]:
    """The reason, and whether the record is dropped rather than quarantined."""
    with pytest.raises(Unreadable) as error:
        list(load(name).rows(value))
    return error.value.reason, isinstance(error.value, NoRow)


def said(row: dict) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in row["messages"]]


def column(found: list[dict], name: str) -> list:
    return [row[name] for row in found]


def user(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


def assistant(text: str) -> list[dict]:
    return [{"role": "assistant", "content": text}]


# what is odd about the answers of a group


def test_answers_that_are_the_same_are_flagged_and_two_of_them_tie():
    pair = list(group(user("q"), [assistant("a"), assistant("a")], [0, 1], [2.0, 1.0]))
    assert column(pair, "rank") == [0, 0] and column(pair, "flags") == [["same_answers"]] * 2
    three = list(group(user("q"), [assistant("a"), assistant("b"), assistant("a")], [0, 1, 2]))
    assert column(three, "rank") == [0, 1, 2] and column(three, "flags") == [["same_answers"], [], ["same_answers"]]


def test_a_group_says_where_answers_are_empty_or_only_partly_ranked():
    found = list(group(user("q"), [assistant(" \n"), assistant("b")], [0, None], [1.0, None]))
    assert column(found, "flags") == [["partly_ranked", "empty_answer"], ["partly_ranked"]]
    unjudged = list(group(user("q"), [assistant("a"), assistant("b")]))
    assert [(row["rank"], row["score"], row["flags"]) for row in unjudged] == [(None, None, [])] * 2


@given(st.lists(st.tuples(st.sampled_from([None, 0, 1, 2]), st.sampled_from([None, 1.0, 2.0, 3.0])), min_size=1, max_size=6))
def test_a_score_that_denies_a_rank_is_flagged(judged):
    ranks, scores = zip(*judged, strict=True)
    found = list(group(user("q"), [assistant(str(at)) for at in range(len(judged))], ranks, scores))
    known = [(rank, score) for rank, score in judged if rank is not None and score is not None]
    denied = any(a < b and x < y for a, x in known for b, y in known)
    assert all(("score_against_rank" in row["flags"]) == denied for row in found)


def test_many_answers_to_a_long_question_are_refused_before_they_cost_memory():
    with pytest.raises(Unreadable) as error:
        next(group(user("x" * 1_000_000), [assistant("a")] * 20_000))
    assert error.value.reason == "too_large" and "20,000" in str(error.value)


def test_a_call_is_no_empty_answer_and_only_talkers_repeat():
    call = {"role": "assistant", "content": "", "tool_calls": "[1]"}
    tools = [{"role": "tool", "content": "1"}, {"role": "tool", "content": "2"}]
    assert odd([*user("q"), call]) == [] and odd([*user("q"), call, *tools, *assistant("x")]) == []
    assert odd(user("q")) == [] and odd([*user("q"), *user("r")]) == ["roles_repeat"]


def test_hh_flags_an_empty_choice_and_a_speaker_twice_in_a_row():
    pair = {
        "chosen": "\n\nHuman: Hi\n\nHuman: There?\n\nAssistant:",
        "rejected": "\n\nHuman: Hi\n\nHuman: There?\n\nAssistant: Yes.",
    }
    found = list(load("hh").rows({**pair, "suggest_confidence": 0.5}))
    assert column(found, "flags") == [["empty_answer", "roles_repeat"], ["roles_repeat"]]
    assert column(found, "extra") == ['{"suggest_confidence":0.5}'] * 2


# Open Assistant


def message(name: str, parent: str | None, role: str = "assistant", text: str | None = None, **more) -> dict:
    return {"message_id": name, "parent_id": parent, "role": role, "text": text or name, **more}


def gathered(messages: list[dict]) -> dict[int, dict | NoRow]:
    return {numbers[-1]: row for numbers, row in load("oasst_flat").gather(enumerate(messages))}


def test_siblings_are_partly_ranked_where_a_sound_one_lacks_a_rank():
    asked = [message(name, None, "prompter") for name in ("q", "p")]
    ranked = [message("a", "q", rank=0), message("b", "q", rank=1), message("gone", "q", deleted=True)]
    sound = [message("c", "p", rank=0), message("d", "p", rank=1), message("e", "c", "prompter")]
    found = gathered([*asked, *ranked, *sound])
    assert [found[n]["flags"] for n in (2, 3, 5, 6)] == [[], [], [], []]
    assert [found[n]["rank"] for n in (2, 3, 5, 6)] == [0, 1, 0, 1] and found[4].reason == "deleted"
    found = gathered([*asked, *ranked, message("late", "q"), *sound])
    assert [found[n]["flags"] for n in (2, 3, 5, 6, 7)] == [["partly_ranked"]] * 3 + [[], []]
    assert [found[n]["rank"] for n in (2, 3, 5)] == [0, 1, None]


def test_a_path_is_as_good_as_its_worst_answer():
    first = [message("q", None, "prompter"), message("a", "q", rank=0), message("b", "q", rank=1)]
    found = gathered([*first, message("r", "b", "prompter"), message("c", "r", rank=0), message("d", "r", rank=2)])
    assert {at: (row["rank"], row["path_rank"]) for at, row in found.items()} == {1: (0, 0), 2: (1, 1), 4: (0, 1), 5: (1, 1)}


def test_messages_that_answer_each_other_in_a_ring_are_orphans():
    found = gathered([message("a", "b"), message("b", "a"), message("c", "b")])
    assert [found[at].reason for at in range(3)] == ["orphan"] * 3


@pytest.mark.parametrize("flat", [False, True])
def test_a_tree_that_would_repeat_a_long_prompt_too_often_is_refused(flat):
    prompt, replies = message("q", None, "prompter", "x" * 1_000_000), [message(f"a{at}", "q") for at in range(100)]
    if not flat:
        assert refusal("oasst_tree", {"message_tree_id": "q", "prompt": {**prompt, "replies": replies}}) == ("too_large", False)
        return
    told = list(load("oasst_flat").gather(enumerate([prompt, *replies, message("p", None, "prompter"), message("b", "p")])))
    named = {number for numbers, _ in told for number in numbers}
    assert named == set(range(103)) and isinstance(told[-1][1], NoRow)
    assert [row.reason for _, row in told if isinstance(row, NoRow)] == ["too_large"] * 33


def test_a_tree_whose_prompt_may_not_be_shown_says_so():
    reply = message("a", "q")
    for odd_one, reason in (({"deleted": True}, "deleted"), ({"review_result": False}, "failed_review"), ({}, None)):
        value = {"message_tree_id": "q", "prompt": message("q", None, "prompter", replies=[reply], **odd_one)}
        if reason:
            assert refusal("oasst_tree", value) == (reason, True)
        else:
            assert len(list(load("oasst_tree").rows(value))) == 1


def test_votes_ranks_and_the_state_of_a_tree_stay_readable():
    labels = {"name": ["spam", "quality"], "value": [0.75, 0.25], "count": [4, 4]}
    reply = message("a", "q", rank=3, labels=labels, emojis={"name": ["+1"], "count": [2]}, synthetic=True, review_count=4)
    tree = {"message_tree_id": "q", "tree_state": "aborted_low_grade", "origin": "x"}
    [row] = load("oasst_tree").rows({**tree, "prompt": message("q", None, "prompter", replies=[reply])})
    assert (row["scores"], row["raters"], row["rank"]) == ({"spam": 0.75, "quality": 0.25}, 4, 0)
    assert row["flags"] == ["spam", "aborted_low_grade"]
    kept = json.loads(row["extra"])
    assert (kept["labels"], kept["rank"], kept["tree_state"], kept["origin"]) == (labels, 3, "aborted_low_grade", "x")
    assert kept["emojis"] == {"name": ["+1"], "count": [2]} and kept["synthetic"] is True


@pytest.mark.parametrize(
    "labels",
    [
        {"name": ["quality"], "value": [0.5], "count": [1]},
        {"quality": {"value": 0.5, "count": 1}, "spam": None},
        [{"name": "quality", "value": 0.5, "count": 1}],
    ],
    ids=["columns", "objects", "list"],
)
def test_labels_are_read_in_every_shape(labels):
    found = gathered([message("q", None, "prompter"), message("a", "q", labels=labels)])
    assert found[1]["scores"] == {"quality": 0.5}


@pytest.mark.parametrize("labels", [None, {}, [], {"name": None, "value": None, "count": None}, {"name": [], "value": []}])
def test_no_labels_are_no_scores(labels):
    assert gathered([message("q", None, "prompter"), message("a", "q", labels=labels)])[1]["scores"] is None


@st.composite
def forests(draw) -> list[dict]:
    """Messages with any parent before them, none, or one that is not there; some deleted, some rejected, some ranked."""
    size = draw(st.integers(1, 14))
    made = []
    for at in range(size):
        parent = draw(st.sampled_from([None, "gone", *[f"m{n}" for n in range(at)]]))
        review, rank = draw(st.sampled_from([True, None, False])), draw(st.sampled_from([None, 0, 1, 2]))
        role = draw(st.sampled_from(["prompter", "assistant"]))
        made.append(message(f"m{at}", parent, role, deleted=draw(st.integers(0, 7)) == 0, review_result=review, rank=rank))
    return made


@settings(max_examples=60, deadline=None)
@given(forests(), st.randoms(use_true_random=False))
def test_the_order_of_flat_messages_means_nothing_and_none_is_lost(messages, random):
    def told(order: list[dict]) -> tuple[set, Counter]:
        answers, reasons, named = set(), Counter(), Counter()
        for numbers, row in load("oasst_flat").gather(enumerate(order)):
            if isinstance(row, NoRow):
                reasons[order[numbers[-1]]["message_id"], row.reason] += 1
                named[numbers[-1]] += 1
            else:
                answers.add((*(text for _, text in said(row)), row["rank"], row["path_rank"], *row["flags"]))
                assert [order[n]["text"] for n in numbers] == [text for _, text in said(row)]
                named.update(dict.fromkeys(numbers, 0))
        assert set(named) == set(range(len(order))) and all(count <= 1 for count in named.values())
        return answers, reasons

    shuffled = list(messages)
    random.shuffle(shuffled)
    assert told(messages) == told(shuffled)


def test_flat_messages_are_held_packed():
    more = {"labels": {"name": ["quality", "spam"], "value": [0.5, 0.0], "count": [3, 3]}, "user_id": "u", "deleted": False}
    lines = [json.dumps(message(f"m{at}", "m0" if at else None, "prompter", "Why?", **more)) for at in range(2000)]
    assert min(shares(lines) for _ in range(3)) < 0.7  # what other threads of this process hold is in the measure, too


def shares(lines: list[str]) -> float:
    """The most that `gather` holds of these lines, as a share of what they take decoded."""
    gc.collect()
    tracemalloc.start()
    decoded = [json.loads(line) for line in lines]
    loose = tracemalloc.get_traced_memory()[0]
    del decoded
    gc.collect()
    tracemalloc.reset_peak()
    assert all(isinstance(row, NoRow) for _, row in load("oasst_flat").gather(enumerate(map(json.loads, lines))))
    packed = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return packed / loose


# sets with a format of their own


def test_red_team_attempts_keep_the_attackers_rating_and_the_models_score():
    [row] = rows("hh_red_team", 0)
    assert [role for role, _ in said(row)] == ["user", "assistant"] * 2
    assert (row["score"], row["model"], row["raters"]) == (-1.75, "plain lm 13B", 1)
    assert row["scores"] == {"min_harmlessness_score_transcript": -1.75, "rating": 3.0, "task_descripton_harmlessness_score": 0.5}
    [relabelled] = rows("hh_red_team", 1)
    assert relabelled["flags"] == ["roles_repeat"] and json.loads(relabelled["extra"])["suggest_rating"] == 1.0
    assert rows("hh_red_team", 2)[0]["flags"] == ["empty_answer"]
    assert refusal("hh_red_team", values("hh_red_team")[3]) == ("empty", True)


def test_ultrafeedback_reads_ratings_by_aspect_and_ranks_by_the_overall_score():
    found = rows("ultrafeedback", 0)
    assert column(found, "score") == [9.0, 10.0, 6.0] and column(found, "rank") == [1, 0, 2]
    assert column(found, "model") == ["m1", "m2", "m3"] and column(found, "answer") == [None] * 3
    assert "honesty" not in found[1]["scores"] and found[2]["scores"]["truthfulness"] == 4.0
    kept = json.loads(found[1]["extra"])["completion"]
    assert kept["custom_system_prompt"] == "Be honest." and kept["annotations"]["honesty"]["Rating"] == "N/A"
    assert column(rows("ultrafeedback", 1), "answer") == ["no", "no"]
    assert column(rows("ultrafeedback", 2), "score") == [5.0, 4.5]
    assert refusal("ultrafeedback", values("ultrafeedback")[3]) == ("no_answer", True)
    assert refusal("ultrafeedback", values("ultrafeedback")[4]) == ("not_text", False)


def test_a_ten_that_meant_one_is_found_and_mended():
    format = load("ultrafeedback")
    false, doubtful, plain = values("ultrafeedback")[:3]
    assert [format.faults(value) for value in (false, doubtful, plain)] == [["overall_ten"], ["overall_ten_doubtful"], []]
    mended = format.repair(false)
    assert [row["score"] for row in format.rows(mended)] == [9.0, 1.0, 6.0]
    assert [row["rank"] for row in format.rows(mended)] == [0, 2, 1]
    assert false["completions"][1]["overall_score"] == 10.0, "the record itself is left alone"
    assert format.repair(doubtful) is doubtful and format.repair(plain) is plain


@pytest.mark.parametrize(("mean", "told"), [(2.0, ["overall_ten"]), (2.1, None), (4.0, None), (4.1, [])])
def test_the_authors_bounds_part_false_doubtful_and_good_tens(mean, told):
    value = {"instruction": "i", "completions": [{"response": "r", "overall_score": 10, "fine-grained_score": mean}]}
    assert load("ultrafeedback").faults(value) == (["overall_ten_doubtful"] if told is None else told)


@pytest.mark.parametrize("repair", [False, True])
def test_a_reader_tells_of_false_tens_and_mends_them_where_asked(repair):
    path = DUMPS / "ultrafeedback.jsonl"
    [batch] = read(File("s", path, path.name, repair=repair))
    first, second = (row for row in batch.rows.slice(0, 2).to_pylist())
    assert first["flags"] == second["flags"] == ["mended_overall_ten" if repair else "overall_ten"]
    assert (second["score"], second["rank"]) == ((1.0, 2) if repair else (10.0, 0))


@given(st.lists(st.tuples(st.sampled_from([1, 5, 10, 10.0, "10", None]), st.floats(1, 5)), max_size=5))
def test_mending_is_done_once_and_touches_only_false_tens(scored):
    format = load("ultrafeedback")
    completions = [{"response": "r", "overall_score": score, "fine-grained_score": mean} for score, mean in scored]
    mended = format.repair({"instruction": "i", "completions": completions})
    assert "overall_ten" not in format.faults(mended) and format.repair(mended) is mended
    for before, after in zip(completions, mended["completions"], strict=True):
        false = before["overall_score"] in (10, "10") and before["fine-grained_score"] <= 2
        assert after == ({**before, "overall_score": 1.0} if false else before)


@pytest.mark.parametrize("value", [None, 3, [], {}, {"completions": 3}, {"completions": [None, {}]}, {"instruction": 1}])
def test_faults_and_repair_leave_strangers_alone(value):
    assert load("ultrafeedback").faults(value) == [] and load("ultrafeedback").repair(value) == value


def test_nectar_ranks_answers_from_its_own_ranks():
    first, second = rows("nectar", 0), rows("nectar", 1)
    assert column(first, "rank") == [0, 2, 1] and column(first, "model") == ["m2", "m3", "m1"]
    assert said(first[0]) == [("user", "Which bird cannot fly?"), ("assistant", "A kiwi cannot.")]
    assert json.loads(first[1]["extra"])["answer"] == {"rank": 3.0} and json.loads(first[1]["extra"])["good_natured"] is True
    assert column(second, "rank") == [0, 0, 1] and column(second, "flags") == [[], [], ["empty_answer"]]
    assert [role for role, _ in said(second[0])] == ["user", "assistant", "user", "assistant"]


def test_prism_goes_on_with_the_answer_that_was_chosen():
    found = rows("prism", 0)
    assert column(found, "group_id") == ["0", "0", "0", "1", "1"] and {row["tree_id"] for row in found} == {"c0"}
    assert column(found, "rank") == [0, 1, 0, 0, 1] and column(found, "path_rank") == [0, 1, 0, 0, 1]
    assert [text for _, text in said(found[4])] == [
        "Should I move house?",
        "List what you would miss.",
        "My garden.",
        "Buy a bigger one.",
    ]
    kept = json.loads(found[1]["extra"])
    assert kept["utterance"] == {"turn": 0, "within_turn_id": 1, "model_provider": "lab", "score": 15, "if_chosen": False}
    assert kept["open_feedback"] == "Good talk." and "conversation_history" not in kept


def test_prism_gives_no_rows_behind_a_turn_at_which_nobody_chose():
    found = rows("prism", 1)
    assert column(found, "flags") == [["no_choice"]] * 2
    assert [item["content"] for item in json.loads(found[1]["extra"])["unreached"]] == ["Still there?", "Yes."]
    assert refusal("prism", values("prism")[2]) == ("not_text", False)
    assert refusal("prism", {"conversation_history": [{"role": "user", "content": "x", "score": None}]}) == ("no_answer", True)


def test_a_low_answer_on_the_way_shows_in_the_rank_of_the_path():
    answers = [
        {"turn": 0, "role": "model", "content": text, "score": s, "if_chosen": s == 10} for text, s in (("a", 90), ("b", 10))
    ]
    history = [*user("q"), *answers, *user("r"), {"role": "model", "content": "c", "score": 5, "if_chosen": True}]
    found = list(load("prism").rows({"conversation_id": "c", "conversation_history": history}))
    assert column(found, "rank") == [0, 1, 0] and column(found, "path_rank") == [0, 1, 1]


def test_an_endless_talk_costs_its_length():
    def turn(at: int) -> dict:
        named = {"conversation_id": "c", "turn": at, "user_prompt": f"q{at}", "model_response": f"a{at}"}
        return {**named, "if_chosen": True, "score": 1}

    told = list(load("prism_utterances").gather(enumerate(map(turn, range(3000)))))
    assert {numbers[-1] for numbers, _ in told} == set(range(3000))
    assert sum(not isinstance(row, NoRow) for _, row in told) == 100


def test_prism_utterances_are_put_together_by_conversation():
    told = list(load("prism_utterances").gather(enumerate(values("prism_utterances"))))
    assert sorted(numbers[-1] for numbers, _ in told) == list(range(7))
    found = {numbers[-1]: (numbers, row) for numbers, row in told if not isinstance(row, NoRow)}
    numbers, row = found[4]
    assert [text for _, text in said(row)] == ["Which tea is mild?", "White tea.", "And which is strong?", "White tea again."]
    assert (numbers, row["rank"], row["path_rank"]) == ([0, 4], 1, 1)
    assert len({found[at][1]["group_id"] for at in (0, 1, 2, 3, 4)}) == 3 and found[2][1]["flags"] == ["no_choice"]
    refused = {numbers[-1]: row.reason for numbers, row in told if isinstance(row, NoRow)}
    assert refused == {5: "orphan", 6: "contexts_differ"}


def test_prm800k_reads_the_whole_solution_and_keeps_every_rating():
    [wrong], [right], [bad] = (rows("prm800k", at) for at in range(3))
    assert said(wrong)[1][1] == "An hour has 60 minutes.\n3 times 60 is 160.\n# Answer\n\n160"
    assert (wrong["label"], wrong["answer"]) == (False, "180")
    assert wrong["scores"] == {"worst_step": -1.0, "mean_step": 0.0, "pre_generated_verifier_score": 0.02}
    assert len(json.loads(wrong["extra"])["label"]["steps"][1]["completions"]) == 2
    assert said(right)[1][1] == "14 is even.\n14 divided by 2 is 7.\n# Answer\n\n7" and right["label"] is True
    assert right["scores"] == {"worst_step": 0.0, "mean_step": 2 / 3}
    assert (bad["label"], bad["flags"]) == (None, ["bad_problem"])
    assert refusal("prm800k", values("prm800k")[3]) == ("no_answer", True)


def test_prm800k_tells_the_steps_apart_and_which_of_them_were_judged():
    [wrong], [right], [bad] = (rows("prm800k", at) for at in range(3))
    labels = [json.loads(row["extra"])["labels"] for row in (wrong, right, bad)]
    assert labels == [[1, 0, None], [0, 1, 1], [0]]  # the first error ends the judging; what a person wrote is right
    for row in (wrong, right):
        lengths = json.loads(row["extra"])["step_lengths"]
        assert sum(lengths) + len(lengths) - 1 == len(row["messages"][-1]["content"])


def test_stepwise_joins_steps_and_is_right_where_every_step_is():
    [right], [wrong] = rows("stepwise", 0), rows("stepwise", 1)
    assert said(right)[1][1] == "Multiply first: 4 * 2 = 8.\nThen add: 3 + 8 = 11."
    assert (right["label"], wrong["label"], wrong["scores"]) == (True, False, {"steps_right": 1 / 3})
    kept, text, begins = json.loads(wrong["extra"]), said(wrong)[1][1], 0
    assert kept["labels"] == [False, True, False]
    for length, step in zip(kept["step_lengths"], values("stepwise")[1]["completions"], strict=True):
        assert text[begins : begins + length] == step
        begins += length + 1


def test_constitutional_samples_are_ranked_by_the_mean_score_and_end_before_the_stop():
    found = rows("constitutional", 0)
    assert column(found, "score") == [2.0, 2.75, -0.5] and column(found, "rank") == [1, 0, 2]
    assert said(found[0]) == [
        ("user", "What is salt?"),
        ("assistant", "A mineral."),
        ("user", "Why is the sea salty?"),
        ("assistant", "Rivers carry salt from rocks into it."),
    ]
    assert said(found[1])[-1][1] == "Rain washes minerals out of the land."
    assert json.loads(found[0]["extra"])["answer"]["pm_scores"] == [{"pm_score": 2.5}, {"pm_score": 1.5}]
    assert column(rows("constitutional", 1), "flags") == [["partly_ranked"]] * 2
    assert refusal("constitutional", values("constitutional")[2]) == ("no_answer", True)


def test_sampling_reports_are_groups_without_an_order():
    found = rows("oasst_sampling", 0)
    assert column(found, "rank") == [None] * 3 == column(found, "score")
    assert [said(row)[-1][1] for row in found] == ["The Nile.", "The Congo.", "The Nile."]
    assert column(rows("oasst_sampling", 1), "model") == ["m9"]
    assert json.loads(found[1]["extra"]) == {"sampling_config": "k50", "sampling_params": {"top_k": 50, "temperature": 1.0}}


def test_shepherd_reads_grades_and_leaves_the_critique_out_of_the_talk():
    [row] = rows("shepherd", 0)
    assert (row["score"], row["scores"]) == (3.0, {"relevant": 3.0, "justified": 2.0})
    assert row["answer"].endswith("The answer is 30") and "not 35" in row["extra"] and len(row["messages"]) == 2
    [ungraded], [critique] = rows("shepherd", 1), rows("shepherd", 2)
    assert (ungraded["scores"], critique["scores"]) == (None, None)
    assert json.loads(critique["extra"])["feedback"].startswith("A hammer")


def test_wildbench_gives_rows_for_tasks_and_answers_but_not_for_bare_scores():
    assert [rows("wildbench", at)[0]["model"] for at in (0, 2)] == ["gpt-4", "m1"]
    assert [role for role, _ in said(rows("wildbench", 1)[0])] == ["user", "assistant", "user"]
    assert [role for role, _ in said(rows("wildbench", 2)[0])] == ["user", "assistant", "user", "assistant"]
    assert refusal("wildbench", values("wildbench")[3]) == ("no_prompt", True)


def test_ranked_leaves_named_sets_to_their_formats_and_keeps_every_number():
    ranked = load("ranked").looks
    assert all(ranked(value) <= 0.3 for name in ("ultrafeedback", "nectar", "stepwise") for value in values(name))
    best = {"prompt": "p", "responses": [{"text": "a", "output": "b", "score": 1, "reward": 3.5}, {"text": "c", "score": 0}]}
    first, second = load("ranked").rows(best)
    assert first["scores"] == {"score": 1.0, "reward": 3.5} and second["scores"] == {"score": 0.0}
    assert json.loads(first["extra"])["answer"]["output"] == "b"
    beside = list(load("ranked").rows({"prompt": "p", "responses": ["a", "b"], "scores": [0.5, "2"], "id": 7}))
    assert column(beside, "rank") == [1, 0] and column(beside, "extra") == ['{"id":7,"scores":0.5}', '{"id":7,"scores":"2"}']


def test_rankings_that_are_no_votes_stay_in_extra():
    question = {"prompt": "p", "answers": ["a", "b"], "scores": [2, 1]}
    for odd_ones in ([], [["first", "second"]], [[1, 2], [2, "tied"]], [[1, 2, 3]], [[None, None]], {"a": 1}):
        found = list(load("ranked").rows(question | {"rankings": odd_ones}))
        assert [json.loads(extra)["rankings"] for extra in column(found, "extra")] == [odd_ones] * 2
        assert column(found, "scores") == [None, None]
        assert load("ranked").looks({"prompt": "p", "answers": ["a", "b"], "rankings": odd_ones}) == 0
    first, second = load("ranked").rows(question | {"rankings": [[2, 1], [None, 1]]})
    assert (first["scores"], second["scores"]) == ({"vote.1": -2.0}, {"vote.1": -1.0, "vote.2": -1.0})
    assert "rankings" not in json.loads(first["extra"])


def test_a_question_with_too_many_rankings_costs_itself_alone(tmp_path):
    voted = {"prompt": "p", "answers": ["a", "b"]}
    lines = [voted | {"rankings": [[1, 2]] * times} for times in (1, 101, 100)]
    (tmp_path / "votes.jsonl").write_text("\n".join(map(json.dumps, lines)))
    [batch] = read(File("s", tmp_path / "votes.jsonl", "votes.jsonl"))
    assert batch.refused.select(["record", "reason"]).to_pylist() == [{"record": 1, "reason": "too_large"}]
    assert [id[-3:] for id in batch.rows["id"].to_pylist()] == ["0.0", "0.1", "2.0", "2.1"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("preference", {"prompt": "Is snow cold?", "completion": "No.", "label": False}),
        ("alpaca", {"instruction": "Is snow cold?", "input": "", "output": "No.", "tag": False}),
        ("alpaca", {"instruction": "Is snow cold?", "output": "No.", "kto_tag": False}),
        ("openai", {"messages": [*user("Is snow cold?"), *assistant("No.")], "label": False}),
    ],
)
def test_a_thumb_is_read_in_every_shape(name, value):
    [row] = load(name).rows(value)
    assert load(name).looks(value) >= 0.9 and said(row) == [("user", "Is snow cold?"), ("assistant", "No.")]
    assert (row["label"], row.get("rank")) == (False, None)


@pytest.mark.parametrize(("held", "up"), [("True", True), (" false", False), ("1", True), (0, False), (1.0, True)])
def test_a_thumb_may_be_text_or_a_number_where_one_answer_is_judged(held, up):
    asked, said = {"prompt": "Is a tomato a berry?"}, {"completion": "Yes, botanically."}
    turns = [{"role": "user", "content": "Is a tomato a berry?"}, {"role": "assistant", "content": "Yes."}]
    for name, value in (
        ("preference", {**asked, **said, "label": held}),
        ("openai", {"messages": turns, "kto_tag": held}),
        ("sharegpt", {"conversations": turns, "kto_tag": held}),
        ("alpaca", {"instruction": "Is a tomato a berry?", "input": "", "output": "Yes.", "kto_tag": held}),
    ):
        [row] = load(name).rows(value)
        assert row["label"] is up and held in json.loads(row["extra"]).values()


@pytest.mark.parametrize("held", [2, -1, "spam", "2", None, [1], {"a": 1}, float("nan")])
def test_a_label_that_is_no_thumb_stays_in_extra(held):
    [row] = load("openai").rows({"messages": [{"role": "user", "content": "Hello"}], "label": held})
    assert "label" not in row and "label" in (row["extra"] or "")


def test_a_label_beside_a_pair_or_of_a_class_is_no_thumb(tmp_path):
    for pair in load("preference").rows({"prompt": "Which?", "chosen": "This.", "rejected": "That.", "label": 1}):
        assert "label" not in pair and pair["extra"] == '{"label":1}'
    [row] = load("sharegpt").rows({"conversations": [{"from": "human", "value": "Hello"}], "label": 1})
    assert "label" not in row and row["extra"] == '{"label":1}'
    file = tmp_path / "kto.csv"
    file.write_text("prompt,completion,label\nTwo and two?,Four.,True\nTwo and three?,Six.,False\n")
    [batch] = read(File("s", file, "kto.csv"))
    assert batch.rows["label"].to_pylist() == [True, False]


@pytest.mark.parametrize(
    ("verdict", "denies"),
    [
        ({"winner": "rejected"}, True),
        ({"label": "Rejected "}, True),
        ({"winner": "tie"}, True),
        ({"winner": "owl-2", "chosen_model": "owl-1", "rejected_model": "owl-2"}, True),
        ({"winner": "owl", "chosen_model": "owl", "rejected_model": "owl"}, False),
        ({"winner": "chosen"}, False),
        ({"winner": ["rejected"]}, False),
        ({"label": True}, False),
    ],
    ids=str,
)
def test_a_winner_that_is_not_the_chosen_one_is_told(verdict, denies):
    pair = list(
        load("preference").rows({"prompt": "Which owl is white?", "chosen": "The snowy owl.", "rejected": "All.", **verdict})
    )
    assert [("verdict_against_rank" in row["flags"], row["rank"]) for row in pair] == [(denies, 0), (denies, 1)]
    assert all("label" not in row and json.loads(row["extra"]) == verdict for row in pair)


# the dumps as published


def read_all(path: Path, format: str | None = None) -> tuple[list[dict], Counter]:
    batches = list(read(File("s", path, path.name, format=format)))
    refused = Counter(line["reason"] for batch in batches for line in batch.refused.to_pylist())
    return [row for batch in batches for row in batch.rows.to_pylist()], refused


def test_known_faults_of_published_files_are_found(dumps):
    found, refused = read_all(dumps / "anthropics__hh-rlhf/harmless-base/test.jsonl.gz")
    empty = [row for row in found if "empty_answer" in row["flags"]]
    assert refused == {"contexts_differ": 5} and [row["rank"] for row in empty] == [0] * 4
    found, _ = read_all(dumps / "TurkuNLP__oasst-fi/original-data/en-validation.jsonl")
    partly = [row for row in found if "partly_ranked" in row["flags"]]
    assert found and not partly, "in the 37 groups that lack a rank it is deleted and rejected messages that do"
    found, _ = read_all(dumps / "kkminions888-ops__ultrafeedback-dpo-noise-study/data/noisy/label_flip_20.jsonl")
    assert len({row["group_id"] for row in found if "same_answers" in row["flags"]}) == 4
    flipped = [json.loads(row["extra"])["metadata"]["noise"]["selected"] for row in found if "score_against_rank" in row["flags"]]
    assert flipped == [True] * 2 * 177, "200 labels were flipped, 23 of them over equal scores"


def test_published_scores_without_prompts_and_critiques_are_told_apart(dumps):
    scores = dumps / "allenai__WildBench/eval_results/v2.0625/score.v2/eval=gpt-4o-2024-05-13/gemma-7b-it.json"
    assert read_all(scores) == ([], Counter(no_prompt=1024))
    found, refused = read_all(dumps / "facebookresearch__Shepherd/data/human_data_for_model.jsonl")
    assert len(found) + sum(refused.values()) == 1317 and all("feedback" in row["extra"] for row in found)
