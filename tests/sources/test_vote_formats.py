"""Formats with two answers and a vote: who won, by how much, how many agree; and what no two answers can be compared in."""

import csv
import json
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import File, read
from sources.detect import guess, load
from sources.turns import NoRow, Unreadable
from sources.votes import agreement, listed, strengths, vote

DUMPS = Path(__file__).resolve().parent.parent / "dumps"
PAIRS = {
    "shp": "labels",
    "helpsteer2_preference": "preference_strength",
    "helpsteer3": "overall_preference",
    "webgpt": "score_0",
    "pku_safe": "better_response_id",
    "auto_j": "label",
    "pandalm": "annotator1",
    "llmbar": "label",
    "alpaca_eval_annotations": "preference",
    "arena": "winner",
    "mt_bench": "winner",
    "arena_55k": "winner_tie",
    "summarize_feedback": "choice",
}


def sample(name: str) -> list[dict[str, Any]]:
    """Rows of a sample file."""
    path = next(DUMPS.glob(f"{name}.*"))
    return [row for batch in read(File("s", path, "f")) for row in batch.rows.to_pylist()]


def records(name: str) -> list[dict[str, Any]]:
    path = next(DUMPS.glob(f"{name}.*"))
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines)) if path.suffix == ".csv" else [json.loads(line) for line in lines]


def by_record(name: str, pick: Callable[[dict[str, Any]], Any]) -> list[tuple[Any, ...]]:
    """What is picked of every row, record by record."""
    return [tuple(map(pick, rows)) for _, rows in groupby(sample(name), key=lambda row: row["origin"]["record"])]


def one(name: str, value: Any) -> list[dict[str, Any]]:
    return list(load(name).rows(value))


def said(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in row["messages"]]


def rank(row: dict[str, Any]) -> int | None:
    return row["rank"]


def score(row: dict[str, Any]) -> float | None:
    return row["score"]


def extra(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(row["extra"])


def agreed(row: dict[str, Any]) -> float | None:
    return dict(row["scores"] or ()).get("agreement")


@pytest.mark.parametrize("name", PAIRS)
def test_a_verdict_gives_two_rows_of_one_context_and_its_own_field_is_kept(name):
    for row in sample(name):
        assert row["messages"][-1]["role"] == "assistant" and row["messages"][0]["role"] == "user"
        assert PAIRS[name] in extra(row) or ("axes" in extra(row).get("of_summary", {}))
    for _, rows in groupby((row for row in sample(name) if row["group_id"]), key=lambda row: row["group_id"]):
        first, second = rows
        assert said(first)[:-1] == said(second)[:-1]
        assert sorted([first["rank"], second["rank"]], key=str) in ([0, 1], [0, 0], [None, None])


def test_shp_takes_its_label_and_the_votes_as_scores():
    assert by_record("shp", rank) == [(0, 1), (1, 0), (None, None)]
    assert by_record("shp", score)[:2] == [(40.0, 4.0), (3.0, 30.0)]


def test_helpsteer_groups_the_answers_of_one_prompt_and_takes_its_turns_apart():
    rows = sample("helpsteer")
    fjord, portugal, alone, disagreed = rows[0:2] + rows[6:], rows[2:4], rows[4], rows[5]
    assert [(row["score"], row["rank"]) for row in fjord] == [(4.0, 0), (1.0, 2), (3.0, 1)]
    assert len({row["group_id"] for row in fjord}) == 1 and fjord[0]["group_id"] not in (portugal[0]["group_id"], None)
    assert said(portugal[0])[:-1] == [
        ("user", "Name a river in Spain."),
        ("assistant", "The Ebro."),
        ("user", "And one in Portugal?"),
    ]
    assert [row["rank"] for row in portugal] == [0, 0] and dict(portugal[0]["scores"])["verbosity"] == 1.0
    assert (alone["group_id"], alone["rank"], alone["extra"]) == (None, None, None)
    assert (
        disagreed["raters"] == 3 and disagreed["score"] == pytest.approx(11 / 3) and extra(disagreed)["complexity"] == [1, 2, 2]
    )


def test_helpsteer_ratings_without_a_question_are_dropped_and_a_record_alone_has_no_group():
    value = records("helpsteer")[0]
    assert "group_id" not in one("helpsteer", value)[0] and one("helpsteer", value)[0]["rank"] is None
    found = list(
        load("helpsteer").gather([(4, {**value, "prompt": " "}), (7, value), (9, value), (11, {**value, "prompt": " "})])
    )
    assert [numbers for numbers, _ in found] == [[4], [11], [7], [9]]
    assert [row.reason for _, row in found[:2]] == ["no_prompt"] * 2
    assert [(row["group_id"], row["rank"], row["flags"]) for _, row in found[2:]] == [("7", 0, ["same_answers"])] * 2


@given(st.lists(st.text(alphabet="ab \n", min_size=1).filter(str.strip), min_size=1, max_size=6))
def test_marked_turns_come_apart_as_they_were_put_together(texts):
    roles = ["user", "assistant"]
    marked = "".join(f"\n<extra_id_1>{roles[at % 2].title()}\n{text}" if at else text for at, text in enumerate(texts))
    assert [(m["role"], m["content"]) for m in load("helpsteer").context(marked)] == [
        (roles[at % 2], text) for at, text in enumerate(texts)
    ]


def test_a_prompt_that_waits_for_the_answer_has_no_empty_turn():
    told = "<extra_id_0>System\nBe kind.\n<extra_id_1>User\nHi\n<extra_id_1>Assistant\n"
    assert [(m["role"], m["content"]) for m in load("helpsteer").context(told)] == [("system", "Be kind."), ("user", "Hi")]


def test_helpsteer_preferences_are_strengths_with_the_share_of_people_who_agree():
    assert by_record("helpsteer2_preference", rank) == [(1, 0), (0, 1), (1, 0)]
    assert by_record("helpsteer2_preference", score) == [(0.0, 3.0), (2.0, 0.0), (0.0, 1.0)]
    rows = sample("helpsteer2_preference")
    assert [agreed(row) for row in rows[::2]] == [1.0, 0.5, pytest.approx(2 / 3)] and [r["raters"] for r in rows[::2]] == [
        4,
        4,
        3,
    ]
    assert len(rows[2]["messages"]) == 4
    assert by_record("helpsteer3", rank) == [(0, 1), (1, 0), (0, 0)]
    rows = sample("helpsteer3")
    assert [agreed(row) for row in rows[::2]] == [1.0, pytest.approx(2 / 3), pytest.approx(1 / 3)]
    assert [row["language_declared"] for row in rows[::2]] == ["english", None, "german"] and extra(rows[2])[
        "language"
    ] == "python"


def test_what_each_rater_said_is_kept_on_both_sides():
    for name, first in (("helpsteer3", 1.0), ("helpsteer2_preference", None), ("pandalm", None)):
        for one, other in zip(sample(name)[::2], sample(name)[1::2], strict=True):
            votes = [{key: held for key, held in row["scores"] if key.startswith("vote.")} for row in (one, other)]
            assert votes[0].keys() == votes[1].keys() and len(votes[0]) <= one["raters"]
            assert all(min(votes[0][key], votes[1][key]) == 0 for key in votes[0])  # who is better has the strength, else 0
            said = agreed(one)
            if said is not None and one["rank"] != other["rank"]:
                side = votes[0] if one["rank"] == 0 else votes[1]
                assert sum(held > 0 for held in side.values()) == round(said * one["raters"])
        assert first is None or dict(sample(name)[0]["scores"])["vote.1"] >= first


def test_webgpt_ranks_by_scores_and_keeps_quotes():
    assert by_record("webgpt", rank) == [(0, 1), (1, 0), (0, 0)]
    first = sample("webgpt")[0]
    assert first["score"] == 0.75 and said(first)[0] == ("user", "What makes the tides?")
    assert extra(first)["question"] == {"dataset": "eli5", "id": "q1"} and extra(first)["quotes_0"]["extract"]


def test_summaries_answer_the_post_as_their_authors_were_asked():
    rows = sample("summarize_feedback")
    assert [row["rank"] for row in rows] == [0, 1, 1, 0, None]
    assert said(rows[0])[0][1].startswith("SUBREDDIT: r/advice\n\nTITLE: Friend bent my bike\n\nPOST: I lent")
    assert said(rows[4])[0][1] == f"Article:\n\n{records('summarize_feedback')[2]['info']['article']}\n\nTL;DR:"
    assert (rows[4]["score"], dict(rows[4]["scores"])["coherence"], rows[4]["raters"]) == (6.0, 5.0, 1)
    assert [row["model"] for row in rows[:2]] == ["sup4", "ref"]
    assert extra(rows[0])["of_summary"]["note"] == "bike came back bent" and extra(rows[4])["info"]["title"] == "Bridge opens"


def test_safety_is_told_of_every_answer():
    assert by_record("pku_safe", rank) == [(1, 0), (0, 1), (0, 1)]
    followed, asked_, *_ = sample("pku_safe")
    assert dict(followed["scores"]) == {"safe": 0.0, "safer": 0.0, "severity": 2.0}
    assert dict(asked_["scores"]) == {"safe": 1.0, "safer": 1.0, "severity": 0.0}
    assert (followed["model"], asked_["model"]) == ("Alpaca-7B", "Alpaca2-7B")
    rows = sample("beavertails")
    assert [row["label"] for row in rows] == [False, True, False] and all(row["group_id"] is None for row in rows)
    assert dict(rows[0]["scores"]) == {"animal_abuse": 0.0, "privacy_violation": 1.0, "self_harm": 0.0}
    assert dict(rows[2]["scores"]) == {"Privacy Violation": 1.0, "severity": 1.0}


def test_arena_compares_only_what_has_one_context():
    rows = by_record("arena", lambda row: row)
    nuts, bad, owls, bats, yes, cat, bone, spelt = rows
    assert [(row["rank"], row["model"]) for row in nuts] == [(0, "oak-13b"), (1, "elm-7b")]
    assert [(row["rank"], row["flags"]) for row in bad] == [(0, ["both_bad"])] * 2
    assert [(row["group_id"], row["rank"], row["flags"], len(row["messages"])) for row in owls] == [
        (None, None, ["contexts_differ"], 4)
    ] * 2
    assert extra(owls[0])["winner"] == "model_b"
    assert [row["rank"] for row in bats] == [1, 0] and bats[0]["group_id"] and len(bats[0]["messages"]) == 4
    assert [(row["rank"], "same_answers" in row["flags"]) for row in yes] == [(0, True)] * 2
    assert extra(yes[0])["conversation_a"] == [{"num_tokens": 3}, {"num_tokens": 2}]
    assert [row["flags"] for row in cat] == [["both_bad"]] * 2 and "full_conversation" not in extra(cat[0])
    assert [said(row)[-1][1] for row in bone] == ["The femur.", "The arm."] and [row["rank"] for row in bone] == [0, 1]
    assert [said(row)[-1][1] for row in spelt] == ["c-a-t", "k-a-t"]
    assert {row["raters"] for row in sample("arena")} == {1} and nuts[0]["language_declared"] == "English"


def test_arena_keeps_a_session_that_says_more_than_the_battle():
    value = records("arena")[5]
    earlier = {"user": {"role": "user", "content": "Hi"}, "model_side_a": {"role": "assistant", "content": "Hello"}}
    [row, _] = one("arena", {**value, "full_conversation": [earlier, *value["full_conversation"]]})
    assert extra(row)["full_conversation"][0] == earlier and said(row)[0] == ("user", "Draw a cat.")


def test_mt_bench_reads_to_the_answer_that_was_judged():
    rows = by_record("mt_bench", lambda row: row)
    first, second, machine, same = rows
    assert [(row["rank"], len(row["messages"])) for row in first] == [(0, 2), (1, 2)]
    assert [turn["content"] for turn in extra(first[0])["later_b"]] == ["Now as a rhyme.", "Wool on high."]
    assert [(row["group_id"], len(row["messages"]), row["flags"]) for row in second] == [(None, 4, ["contexts_differ"])] * 2
    assert [row["rank"] for row in machine] == [0, 0] and [row["raters"] for row in (first[0], machine[0])] == [1, None]
    assert [(row["rank"], len(row["messages"])) for row in same] == [(1, 4), (0, 4)]


def test_the_arena_of_kaggle_reads_lists_written_as_text():
    path = DUMPS / "arena_55k.csv"
    [batch] = read(File("s", path, "f"))
    assert batch.refused["reason"].to_pylist() == ["json_syntax"]
    fruit, talk, null, lone, bye = by_record("arena_55k", lambda row: row)
    assert [row["rank"] for row in fruit] == [0, 1]
    assert [(row["group_id"], row["flags"]) for row in talk] == [(None, ["contexts_differ"])] * 2
    assert [m for m, _ in said(talk[0])] == ["user", "assistant"] * 2
    assert said(null[1])[-1] == ("assistant", "") and all("null_answer" in row["flags"] for row in null)
    assert said(lone[0])[0][1] == "A face \ufffd please"
    assert [row["rank"] for row in bye] == [1, 0]


@pytest.mark.parametrize("text", ["[", "{}", "3", "[" * 5000, '["a", NaN]', None, 7])
def test_a_list_as_text_that_is_none_is_unreadable(text):
    with pytest.raises(Unreadable):
        listed(text, set())


def test_votes_of_several_people_make_a_majority_or_none():
    assert by_record("pandalm", rank) == [(0, 1), (0, 0), (None, None)]
    rows = sample("pandalm")
    assert [agreed(row) for row in rows[::2]] == [pytest.approx(2 / 3), 1.0, None]
    assert {row["raters"] for row in rows} == {3} and [row["model"] for row in rows[:2]] == ["oak-7b", "elm-7b"]
    assert said(rows[0])[0][1] == "Shorten the sentence.\n\nI am of the opinion that it rains."


def test_labels_count_from_where_their_authors_count():
    assert by_record("auto_j", rank) == [(0, 1), (1, 0), (0, 0), (0, 0)]
    assert [row["flags"] for row in sample("auto_j")[-2:]] == [["same_answers"]] * 2
    assert by_record("llmbar", rank) == [(0, 1), (1, 0), (1, 0)]


def test_alpaca_eval_rounds_as_alpaca_eval_does():
    assert by_record("alpaca_eval_annotations", rank) == [(0, 1), (1, 0), (0, 0), (None, None), (0, 0)]
    assert by_record("alpaca_eval_annotations", score)[3:] == [(None, None), (0.5, 0.5)]
    first = sample("alpaca_eval_annotations")[0]
    assert first["score"] == pytest.approx(0.98) and first["model"] == "oak-base" and extra(first)["preference"] == 1.02
    outputs = sample("alpaca_eval_outputs")
    assert [(row["model"], row["group_id"]) for row in outputs] == [("elm-7b", None)] * 3
    assert extra(outputs[0]) == {"dataset": "helpful"}


@pytest.mark.parametrize("odd", [3, "x", -1, None, True, [], {}, 2.5, float("nan"), 2**62])
@pytest.mark.parametrize("name", PAIRS)
def test_a_strange_vote_is_no_verdict_and_loses_no_answer(name, odd):
    value = records(name)[0]
    got = one(name, {**value, PAIRS[name]: odd})
    assert [said(row) for row in got] == [said(row) for row in one(name, value)]
    if name not in (
        "helpsteer2_preference",
        "helpsteer3",
        "webgpt",
        "pandalm",
        "arena_55k",
        "alpaca_eval_annotations",
        "pku_safe",
    ):
        assert {row["rank"] for row in got} == {None}


@given(st.one_of(st.none(), st.floats(-3, 3)), st.lists(st.floats(-3, 3), max_size=5))
def test_a_lean_ranks_its_winner_first_and_its_margin_is_its_size(lean, votes):
    rows = list(vote([{"role": "user", "content": "?"}], ["x", "y"], lean, strengths(lean)))
    ranks, scores = [row["rank"] for row in rows], [row["score"] for row in rows]
    if lean is None:
        assert ranks == scores == [None, None]
        assert agreement(votes, lean) == {}
        return
    assert ranks == ([0, 0] if lean == 0 else [0, 1] if lean > 0 else [1, 0])
    assert scores[0] - scores[1] == lean and min(scores) == 0
    assert agreement([lean] * 3, lean) == {"agreement": 1.0}
    assert all(0 <= share <= 1 for share in agreement(votes, lean).values())


@pytest.mark.parametrize("answer", [None, 3, True, {}])
def test_an_answer_that_is_no_text_is_unreadable_and_said_so(answer):
    with pytest.raises(Unreadable) as error:
        list(vote([{"role": "user", "content": "?"}], ["x", answer], 1.0))
    assert error.value.reason == "not_text"


def test_answers_to_nothing_are_no_comparison():
    with pytest.raises(NoRow) as error:
        one("auto_j", {"prompt": " ", "response 1": "a", "response 2": "b", "label": 0})
    assert error.value.reason == "no_prompt"


def test_a_pair_of_transcripts_with_advice_on_its_label_is_hh():
    talk = "\n\nHuman: Is it late?\n\nAssistant: "
    docta = {"chosen": talk + "Yes.", "rejected": talk + "No.", "suggest_chosen_rejected": ["rejected", "chosen"]}
    assert guess([docta]).format == "hh"
    assert [extra(row)["suggest_chosen_rejected"][0] for row in one("hh", docta)] == ["rejected"] * 2


def test_preference_reads_names_of_orca_medical_gpt_openai_and_argilla():
    orca, medical, openai, argilla, whole, tulu = by_record("preference", lambda row: row)[-6:]
    assert said(orca[0])[:-1] == [("system", "You are terse."), ("user", "Name a citrus fruit.")]
    assert [role for role, _ in said(medical[0])] == ["user", "assistant", "user", "assistant"] and medical[0]["extra"] is None
    assert "clock" in openai[0]["tools"] and extra(openai[0]) == {"input": {"parallel_tool_calls": True}}
    assert [(row["score"], row["model"], row["rank"]) for row in argilla] == [(2.0, "oak-7b", 0), (4.0, "elm-7b", 1)]
    assert all(row["flags"] == ["score_against_rank"] for row in argilla)
    assert [said(row) for row in whole] == [
        [("user", "Tallest tree?"), ("assistant", answer)] for answer in ("A coast redwood.", "An oak.")
    ]
    assert extra(tulu[0]) == {"id": "t0", "source": "mix"} and whole[0]["extra"] is None
    assert all([row["rank"] for row in pair] == [0, 1] for pair in (orca, medical, openai, argilla, whole, tulu))


def test_a_prompt_that_whole_threads_do_not_hold_is_kept():
    sides = {side: [{"role": "user", "content": "Q"}, {"role": "assistant", "content": side}] for side in ("chosen", "rejected")}
    [row, _] = one("preference", {"prompt": "another", "system": "Be brief.", **sides})
    assert extra(row) == {"prompt": "another", "system": "Be brief."}


def test_what_turns_say_beside_their_words_is_kept():
    turn = {"role": "user", "content": "Q", "mood": "calm"}
    [first, _] = one("helpsteer3", {**records("helpsteer3")[0], "context": [turn]})
    assert extra(first)["context"] == [{"mood": "calm"}]
    [pair, _] = one(
        "preference", {"prompt": [turn], "chosen": [{"role": "assistant", "content": "A", "cost": 2}], "rejected": "B"}
    )
    assert extra(pair) == {"prompt": [{"mood": "calm"}], "chosen": [{"cost": 2}]}
    asked = {"messages": [turn], "parallel_tool_calls": False}
    [pair, _] = one("preference", {"input": asked, "preferred_output": "A", "non_preferred_output": "B"})
    assert extra(pair) == {"input": {"parallel_tool_calls": False, "messages": [{"mood": "calm"}]}}


def counts(path: Path) -> tuple[int, int, dict[str, int]]:
    """Records, rows, and rows by flag."""
    flags: dict[str, int] = {}
    total = rows = 0
    for batch in read(File("s", path, path.name)):
        total += batch.records
        rows += len(batch.rows)
        for row in batch.rows["flags"].to_pylist():
            for flag in row:
                flags[flag] = flags.get(flag, 0) + 1
    return total, rows, flags


NOISE = "kkminions888-ops__ultrafeedback-dpo-noise-study/data/noisy"
REAL = {
    "GAIR-NLP__auto-j/data/test/testdata_pairwise.jsonl": (1392, 2784, {"same_answers": 18}),
    "tatsu-lab__alpaca_eval/results/vicuna-7b/weighted_alpaca_eval_gpt4_turbo/annotations.json": (805, 1610, {"same_answers": 4}),
    "tatsu-lab__alpaca_eval/results/phi-2/model_outputs.json": (803, 803, {}),
    "hiyouga__LLaMA-Factory/data/dpo_en_demo.json": (300, 600, {}),
    "hiyouga__LLaMA-Factory/data/v1_dpo_demo.jsonl": (100, 200, {}),
    "shibing624__MedicalGPT/data/reward/dpo_zh_500.jsonl": (500, 1000, {}),
    "akshata29__finetuning/data/dpo_train.jsonl": (180, 360, {}),
    "yangjianxin1__Firefly/data/dummy_dpo.jsonl": (16, 32, {}),
    f"{NOISE}/clean.jsonl": (1000, 2000, {"same_answers": 8}),
    f"{NOISE}/label_flip_20.jsonl": (1000, 2000, {"same_answers": 8, "score_against_rank": 354}),
}


@pytest.mark.parametrize("name", REAL)
def test_real_dumps_of_pairs(dumps, name):
    total, rows, flags = counts(dumps / name)
    kept = {flag: times for flag, times in flags.items() if flag in ("same_answers", "score_against_rank", "contexts_differ")}
    assert (total, rows, kept) == REAL[name]
