"""Pairs through a whole run: each choice of the recipe, and a line of the ledger for every answer of every group."""

import json
from itertools import combinations

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows import laws
from schemas.faults import DataFault

RECIPE = "name: pairs\nsources: {{d: {{path: d.jsonl}}}}\nexports: {{preference: {preference}}}\nlimits: off\nseed: 1\n"
LONG = " ".join(f"step {at} is like this," for at in range(60)) + " "


@pytest.fixture
def compare(run, tmp_path):
    """compare(records, preference) -> pairs and ties as id -> row, and the ledger as id -> line; `compared` of the last run."""

    def made(records, preference="{}"):
        data = tmp_path / "d"
        data.mkdir(exist_ok=True)
        (data / "d.jsonl").write_text("\n".join(map(json.dumps, records)))
        release = run(RECIPE.format(preference=preference), data)
        laws.verify(release)
        held = {name: kept(release, name) for name in ("preference", "ties")}
        assert not laws_of_exports(release, held)
        ledger = {short(line["id"]): line for line in pq.read_table(release / "ledger.parquet").to_pylist()}
        lines = pq.read_table(release / "comparisons.parquet").to_pylist()
        made.compared = {"|".join(short(side) for side in line["id"].split("|")): line for line in lines}
        return held["preference"], held["ties"], ledger

    return made


def kept(release, export):
    rows = [row for file in sorted((release / export).glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    return {"|".join(short(side) for side in row["id"].split("|")): row for row in rows}


def short(id):
    """`d/d.jsonl#000000002.1` as `2.1`."""
    record, dot, answer = id.split("#")[1].partition(".")
    return f"{int(record)}{dot}{answer}"


def laws_of_exports(release, held):
    """Rows that an export holds and the ledger does not name, or the other way round."""
    lines = pq.read_table(release / "ledger.parquet").to_pylist()
    return [
        name
        for name, rows in held.items()
        if {side for each in rows for side in each.split("|")} != {short(line["id"]) for line in lines if name in line["exports"]}
    ]


def answers(*scores, prompt="How are you?", texts=None, **more):
    """One record with a ranked answer for each score."""
    texts = texts or [f"My answer {at} to it is this one, and {score} is what I got." for at, score in enumerate(scores)]
    given = [{"text": text, "score": score, **more} for text, score in zip(texts, scores, strict=True)]
    return {"prompt": prompt, "responses": given}


def reasons(ledger):
    return {id: line["reason"] for id, line in ledger.items() if line["fate"] == "dropped"}


def test_every_kind_of_pairs(compare):
    for how, wanted in {
        "best_worst": {"0.0|0.3"},
        "best_each": {"0.0|0.1", "0.0|0.2", "0.0|0.3"},
        "all": {"0.0|0.1", "0.0|0.2", "0.0|0.3", "0.1|0.2", "0.1|0.3", "0.2|0.3"},
        "adjacent": {"0.0|0.1", "0.1|0.2", "0.2|0.3"},
    }.items():
        pairs, _, ledger = compare([answers(9, 7, 4, 2)], f"{{pairs: {how}}}")
        assert pairs.keys() == wanted
        assert set(reasons(ledger).values()) <= {"neither best nor worst"}
    pair = pairs["0.0|0.1"]
    assert (pair["score_margin"], pair["margin_by"], pair["flags"]) == (2.0, "score", [])


def test_gaps_caps_and_who_is_left_without_a_pair(compare):
    records = [answers(9, 7, 4, 2), answers(3, 1, prompt=" how ARE you?\n", texts=["Well, thank you.", "Bad."])]
    pairs, _, ledger = compare(records, "{pairs: all, gap: {min: 3, max: 6}}")
    assert pairs.keys() == {"0.0|0.2", "0.1|0.2", "0.1|0.3"}
    assert reasons(ledger) == {"1.0": "margin too small", "1.1": "margin too small"}
    assert "score_margin 2.0 (by score), asked for is at least 3 and at most 6" in ledger["1.0"]["detail"]
    pairs, _, ledger = compare(records, "{pairs: all, per_prompt: 2}")
    assert pairs.keys() == {"0.0|0.3", "0.0|0.2"}  # 7, then 5 against 5 by id
    assert reasons(ledger) == {"0.1": "prompt cap", "1.0": "prompt cap", "1.1": "prompt cap"}
    assert "the last of its 3 pairs, d/d.jsonl#000000000.0|d/d.jsonl#000000000.1" in ledger["0.1"]["detail"]


def test_one_gap_is_for_margins_of_one_kind(compare):
    ranked = {"prompt": "b", "answers": ["First.", "Second.", "Third."], "ranks": [1, 2, 3]}
    with pytest.raises(DataFault, match=r"of different kinds \(1 by rank, 1 by score\).* by: score"):
        compare([answers(9, 1), ranked], "{gap: {min: 3}}")
    assert compare([answers(9, 1), ranked], "{gap: {min: 3, by: score}}")[0].keys() == {"0.0|0.1", "1.0|1.2"}
    pairs, _, ledger = compare([answers(9, 1), ranked], "{gap: {min: 3, by: rank}}")
    assert pairs.keys() == {"0.0|0.1"} and reasons(ledger)["1.0"] == "margin too small"


RANKINGS = [[1, 2, 3], [1, 3, 2], [3, 1, 2], [3, 1, 2], [2, 1, 3]]  # a by two, b by three: b over a 3 to 2, over c 4 to 1


def test_raw_rankings_of_several_raters_are_counted_as_the_recipe_says(compare):
    record = {"prompt": "Where?", "answers": ["In the park.", "At the station.", "At home."], "rankings": RANKINGS}
    pairs, _, _ = compare([record], "{pairs: all}")
    assert pairs.keys() == {"0.1|0.0", "0.1|0.2", "0.0|0.2"} and pairs["0.1|0.0"]["margin_by"] == "rank"  # mean places
    for by in ("ranked_pairs", "bradley_terry"):
        pairs, _, _ = compare([record], f"{{pairs: all, score: {{by: {by}, of: ['vote.*']}}}}")
        assert {id: (pair["agreement"], pair["margin_by"]) for id, pair in pairs.items()} == {
            "0.1|0.0": (0.6, by),
            "0.1|0.2": (0.8, by),
            "0.0|0.2": (0.6, by),
        }
    circle = [[1, 2, 3]] * 4 + [[2, 3, 1]] * 3 + [[3, 1, 2]] * 2  # Condorcet's: the weakest majority, C over A, gives way
    pairs, _, _ = compare([record | {"rankings": circle}], "{pairs: adjacent, score: {by: ranked_pairs, of: ['vote.*']}}")
    assert pairs.keys() == {"0.0|0.1", "0.1|0.2"}


def test_single_answers_have_the_order_of_the_pairs(run, tmp_path):
    """What the recipe's ratings call best is the chosen one and no thumb down; groups without such ratings stay as they came."""
    rated = [
        {"text": f"My answer {at} is this.", "score": score, "rating": rating}
        for at, (score, rating) in enumerate([(9, 1), (5, 3), (1, 5)])
    ]
    records = [{"prompt": "Which one?", "responses": rated}, answers(9, 1, prompt="And which of these?")]
    (tmp_path / "d").mkdir()
    (tmp_path / "d/d.jsonl").write_text("\n".join(map(json.dumps, records)))
    told = {}
    for preference in ("{}", "{score: {of: [rating]}}"):
        recipe = RECIPE.format(preference=preference).replace("exports: {", "exports: {kto: {}, ")
        release = run(recipe, tmp_path / "d")
        told[preference] = {id: row["label"] for id, row in kept(release, "kto").items()}
        [pair] = [each for each in kept(release, "preference") if each.startswith("0.")]
        chosen, rejected = pair.split("|")
        assert told[preference][chosen] and not told[preference][rejected]
    same = {"1.0": True, "1.1": False}
    assert told == {"{}": {"0.0": True, "0.2": False} | same, "{score: {of: [rating]}}": {"0.2": True, "0.0": False} | same}


def test_ties_leave_apart_or_not_at_all(compare):
    records = [answers(5, 5, 1), answers(4, 4, prompt="And you?")]
    pairs, ties, ledger = compare(records, "{pairs: all}")
    assert pairs.keys() == {"0.0|0.2", "0.1|0.2"} and not ties
    assert reasons(ledger) == {"1.0": "tie", "1.1": "tie"}
    pairs, ties, ledger = compare(records, "{pairs: all, ties: apart}")
    assert ties.keys() == {"0.0|0.1", "1.0|1.1"} and not reasons(ledger)
    assert ledger["0.0"]["exports"] == ["preference", "ties"]
    assert ties["1.0|1.1"].keys() == {"id", "prompt", "first", "second", "flags", "source", "license"}


def test_texts_that_are_no_pair(compare):
    near = LONG + "That is all that I can tell you of it."
    records = [
        answers(9, 1, prompt="a", texts=["Yes, it is.", " yes, IT is. "]),
        answers(9, 1, prompt="b", texts=[near, near.replace("tell", "say")]),
        answers(9, 1, prompt="c", texts=["Yes.", ""]),
        answers(9, 1, prompt="e", texts=["It is -5.", "It is 5."]),
        answers(9, 1, prompt="d", texts=["I'm sorry, but I cannot help with that.", "It is done like this."]),
    ]
    pairs, _, ledger = compare(records)
    found = [reasons(ledger).get(f"{at}.0") for at in range(5)]
    assert pairs.keys() == {"3.0|3.1"}  # a sign is no punctuation
    assert found == ["identical answers", "near-identical answers", "empty answer", None, "chosen refuses"]
    assert ledger["1.0"]["similarity"] > 0.95 and "over 95% a pair falls" in ledger["1.0"]["detail"]
    pairs, _, _ = compare(records, "{at_most_similar: 1, refusals: keep}")
    assert pairs.keys() == {"1.0|1.1", "3.0|3.1", "4.0|4.1"}


def test_where_form_is_asked_for_a_comma_is_a_difference(compare):
    ask = "Correct the punctuation: {}"
    records = [
        answers(9, 1, prompt=ask.format("my name is john?"), texts=["My name is John.", "My name is John?"]),
        answers(9, 1, prompt="Write it in lower case: YES", texts=["yes", "Yes"]),
        answers(9, 1, prompt="Thanks!", texts=["You're welcome.", "You're welcome!"]),
        answers(9, 1, prompt=ask.format("well"), texts=["Well.", "Well."]),
    ]
    pairs, _, ledger = compare(records)
    assert pairs.keys() == {"0.0|0.1", "1.0|1.1"}
    assert reasons(ledger)["2.0"] == "near-identical answers" and reasons(ledger)["3.0"] in ("identical answers", "tie")


def test_one_pair_both_ways(compare):
    texts = ["Take the train.", "Take the bus."]
    records = [answers(9, 1, texts=texts), answers(9, 1, texts=texts[::-1]), answers(8, 1, texts=texts)]
    pairs, _, ledger = compare(records)
    assert not pairs and set(reasons(ledger).values()) == {"contradiction"}
    assert ledger["0.0"]["twin"] == "d/d.jsonl#000000001.0|d/d.jsonl#000000001.1"
    assert compare(records, "{contradictions: majority}")[0].keys() == {"0.0|0.1", "2.0|2.1"}
    assert compare(records, "{contradictions: first}")[0].keys() == {"0.0|0.1", "2.0|2.1"}
    assert len(compare(records, "{contradictions: keep}")[0]) == 3


def test_rules_see_agreement_and_flags(compare):
    records = [answers(9, 1), answers(9, 1, prompt="b", reward=1.0, rating=1.0)]
    records[1]["responses"][1] |= {"reward": 5.0, "rating": 5.0}
    pairs, _, ledger = compare(records, "{keep: {sure: \"NOT list_contains(flags, 'ratings_against_choice')\"}}")
    assert pairs.keys() == {"0.0|0.1"} and reasons(ledger) == {"1.0": "sure", "1.1": "sure"}
    pairs, _, _ = compare(records, "{score: {of: [score, reward]}, keep: {agreed: agreement >= 0.5}}")
    assert (pairs["0.0|0.1"]["agreement"], pairs["0.0|0.1"]["margin_by"]) == (1.0, "score")  # it has no reward
    assert pairs["1.0|1.1"]["agreement"] == 0.5 and pairs["1.0|1.1"]["margin_by"] == "mean"


def test_every_two_answers_that_were_compared_have_a_line(compare):
    near = LONG + "That is all that I can tell you of it."
    records = [answers(9, 7, 7, 2, texts=[near, near.replace("tell", "say"), "Ask somebody else.", "I do not know that."])]
    _, _, ledger = compare(records, "{pairs: all, gap: {min: 3}}")
    told = {id: (line["fate"], line["reason"], line["exports"]) for id, line in compare.compared.items()}
    small, leaves = ("dropped", "margin too small", []), ("kept", None, ["preference"])
    assert told == {
        "0.0|0.1": small,
        "0.0|0.2": small,
        "0.0|0.3": leaves,
        "0.1|0.2": ("dropped", "tie", []),
        "0.1|0.3": leaves,
        "0.2|0.3": leaves,
    }
    assert not reasons(ledger)  # what fell are comparisons, no answers
    _, ties, _ = compare(records, "{pairs: all, ties: apart, per_prompt: 1}")
    told = {id: (line["reason"], line["exports"]) for id, line in compare.compared.items()}
    assert ties.keys() == {"0.1|0.2"} and told.pop("0.1|0.2") == (None, ["ties"])
    assert told.pop("0.0|0.1") == ("near-identical answers", []) and compare.compared["0.0|0.1"]["similarity"] > 0.95
    assert told.pop("0.0|0.3") == (None, ["preference"]) and {why for why, _ in told.values()} == {"prompt cap"}


WORD = st.sampled_from(["yes", "no", "Yes", "", "I cannot help with that, sorry"])
ANSWER = st.fixed_dictionaries({"text": WORD, "score": st.integers(0, 2)})
RECORD = st.fixed_dictionaries({"prompt": st.sampled_from(["a", "b"]), "responses": st.lists(ANSWER, min_size=1, max_size=4)})
CHOICE = st.fixed_dictionaries(
    {
        "pairs": st.sampled_from(["best_worst", "best_each", "all", "adjacent", "best_random"]),
        "ties": st.sampled_from(["drop", "apart"]),
        "contradictions": st.sampled_from(["drop", "majority", "first", "keep"]),
        "per_prompt": st.integers(1, 3),
        "gap": st.sampled_from([{"min": 1}, {"max": 1}]),
        "keep": st.sampled_from([{}, {"short": "rejected.words < 3"}]),
    }
)


def wanted(at, record, choice, ledger):
    """The answers, two and two, that the recipe compares of one record."""
    standing = [(each["score"], f"{at}.{n}") for n, each in enumerate(record["responses"]) if f"{at}.{n}" in ledger]
    standing = standing if len(record["responses"]) > 1 else []
    if choice["pairs"] == "all":
        return [(one, other) for (_, one), (_, other) in combinations(standing, 2)]
    levels = sorted({score for score, _ in standing}, reverse=True)
    if choice["pairs"] == "adjacent":
        near = [(a, b) for a, b in combinations(standing, 2) if abs(levels.index(a[0]) - levels.index(b[0])) <= 1]
        return [(one, other) for (_, one), (_, other) in near]
    best = min(standing, key=lambda each: (-each[0], each[1]), default=None)
    rest = [each for each in standing if each != best]
    if choice["pairs"] == "best_worst":
        rest = [min(rest, key=lambda each: (each[0], each[1]))] if rest else []
    return [(best[1], name) for _, name in rest]


@settings(max_examples=6, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.lists(RECORD, min_size=1, max_size=6), CHOICE)
def test_every_answer_of_every_group_is_accounted_for(compare, records, choice):
    pairs, ties, ledger = compare(records, json.dumps(choice))
    rows = {id: line for id, line in ledger.items() if line["stage"] != "read"}
    assert all((line["fate"] == "kept") != bool(line["reason"]) for line in rows.values())
    both = [side.split(".")[0] for each in (*pairs, *ties) for side in each.split("|")]
    assert both[::2] == both[1::2]  # two of one group, never half a pair
    assert {side for each in (*pairs, *ties) for side in each.split("|")} == {
        i for i, line in rows.items() if line["fate"] == "kept"
    }
    lines, found = compare.compared, {frozenset(each.split("|")) for each in compare.compared}
    assert {each for each, line in lines.items() if line["fate"] == "kept"} == pairs.keys() | ties.keys()
    assert all((line["fate"] == "kept") != bool(line["reason"]) for line in lines.values())
    every = {frozenset(two) for record in range(len(records)) for two in wanted(record, records[record], choice, ledger)}
    drawn = {min(pair).split(".")[0] for pair in every} if choice["pairs"] == "best_random" else every
    assert found <= every and len(found) == len(drawn)  # of chance, one for each record
    contexts = [json.dumps(pair["prompt"]) for pair in pairs.values()]
    assert all(contexts.count(context) <= choice["per_prompt"] for context in contexts)
