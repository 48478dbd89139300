"""Every format reads its own sample, is told from all others, and gives what the record says."""

import json
from itertools import chain
from pathlib import Path

import pytest

from sources import File, inspect, read
from sources.detect import guess, load, names
from sources.opening import opened
from sources.turns import NoRow, Unreadable, message

DUMPS = Path(__file__).resolve().parent.parent / "dumps"
SAMPLES = sorted(DUMPS.iterdir())


def sample(name: str) -> list[dict]:
    """Rows of a sample file."""
    path = next(DUMPS.glob(f"{name}.*"))
    return [row for batch in read(File("s", path, "f")) for row in batch.rows.to_pylist()]


def said(row: dict) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in row["messages"]]


def one(format: str, value) -> list[dict]:
    return list(load(format).rows(value))


def test_every_format_has_a_sample_and_every_sample_a_format():
    assert sorted(path.stem for path in SAMPLES) == names()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_told_from_all_other_formats(path):
    found = inspect(path)
    assert found.format == path.stem
    assert found.confidence >= 0.7
    assert found.rows or found.dropped
    assert all(score <= found.confidence / 2 for _, score in found.others)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_record_that_a_format_knows_is_surest_with_it(path):
    """Files may be mixed, so the mean over a sample is not enough: no other format may be as sure of any single record."""
    for record in opened(File("s", path, path.name)).records():
        looks = {name: load(name).looks(record.value) for name in names()}
        mine = looks.pop(path.stem)
        if mine > 0.5:
            assert [name for name, look in looks.items() if look >= mine] == [], record.raw[:200]


@pytest.mark.parametrize(
    "value", [None, 1, "x", [], {}, [1], {"a": 1}, {"prompt": None}, {"messages": 3}, {"conversations": {}}, [[]]]
)
@pytest.mark.parametrize("name", names())
def test_no_format_trips_over_a_stranger(name, value):
    assert load(name).looks(value) <= 0.5


def test_sharegpt_reads_its_kin():
    rows = sample("sharegpt")
    assert said(rows[0]) == [
        ("user", "How do I keep basil alive on a windowsill?"),
        ("assistant", "Water it from below, turn the pot once a week, and pinch off the flower buds."),
    ]
    assert (rows[0]["messages"][1]["weight"], rows[0]["language_declared"], rows[0]["extra"]) == (1.0, "en", '{"id":"kq1"}')
    assert [role for role, _ in said(rows[2])] == ["system", "user", "assistant"]
    assert json.loads(rows[2]["extra"])["conversation"] == [{}, {}, {"annotation": "good"}]
    call, answer = rows[3]["messages"][1:3]
    assert json.loads(call["tool_calls"])[0]["function"] == {"name": "get_weather", "arguments": {"city": "Oslo"}}
    assert (call["content"], answer["role"], json.loads(rows[3]["tools"])[0]["name"]) == ("", "tool", "get_weather")
    bare = [{"role": "client", "content": "Hi"}, {"role": "counselor", "content": "Hello", "annotation": [1]}]
    assert [m["role"] for m in one("sharegpt", bare)[0]["messages"]] == ["user", "assistant"]


def test_alpaca_reads_input_history_system_thumb_and_ranks():
    rows = sample("alpaca")
    assert said(rows[1]) == [("user", "Translate to French.\n\nGood evening"), ("assistant", "Bonsoir")]
    assert [role for role, _ in said(rows[2])] == ["system", "user", "assistant", "user", "assistant"]
    assert [(row["rank"], row["group_id"]) for row in rows[3:5]] == [(0, "s/f#000000003"), (1, "s/f#000000003")]
    assert (rows[5]["label"], rows[5]["rank"], rows[5]["group_id"]) == (False, None, None)


def test_openai_reads_parts_calls_reasoning_and_weight():
    rows = sample("openai")
    assert said(rows[0])[:2] == [("system", "Be brief."), ("user", "What is 2 + 2?\n\nShow no steps.")]
    assert rows[0]["messages"][2]["weight"] == 1.0
    assert (rows[1]["messages"][1]["reasoning"], said(rows[1])[1][1]) == ("7 times 13 is 91.", "No, 91 = 7 x 13.")
    call, result = rows[2]["messages"][1:3]
    assert (
        (call["content"], result["tool_call_id"]) == ("", "c1") and "clock" in call["tool_calls"] and "clock" in rows[2]["tools"]
    )
    assert (rows[3]["messages"][1]["reasoning"], rows[3]["label"]) == ("They are happy.", True)


@pytest.mark.parametrize(
    "content", [3, {"a": 1}, [{"type": "image_url", "image_url": "x"}], [None], [{"type": "text", "text": 3}]]
)
def test_content_that_is_not_text_is_unreadable(content):
    with pytest.raises(Unreadable) as error:
        message({"role": "user", "content": content})
    assert error.value.reason == "not_text" and not isinstance(error.value, NoRow)


def test_hh_splits_at_the_last_shared_turn():
    rows = sample("hh")
    best, worst, *others = rows
    assert said(best)[:-1] == said(worst)[:-1] and len(said(best)) == 4
    assert [row["rank"] for row in rows] == [0, 1, 0, 1]
    assert said(others[1])[-1] == ("assistant", "")
    with pytest.raises(NoRow) as error:
        one(
            "hh",
            {"chosen": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d", "rejected": "\n\nHuman: a\n\nAssistant: x"},
        )
    assert error.value.reason == "contexts_differ"


def test_preference_reads_every_shape_as_one_context_and_two_answers():
    rows = sample("preference")
    groups: dict[str, list[dict]] = {}
    for row in rows:
        groups.setdefault(row["group_id"], []).append(row)
    [thumb] = groups.pop(None)
    assert (thumb["label"], thumb["rank"]) == (True, None)
    same = groups.pop("s/f#000000010")
    assert [row["rank"] for row in same] == [0, 0]
    assert len(groups) == 15
    for best, worst in groups.values():
        assert said(best)[:-1] == said(worst)[:-1] != []
        assert said(best)[-1] != said(worst)[-1] and (best["rank"], worst["rank"]) == (0, 1)
    assert [row["score"] for row in groups["s/f#000000000"]] == [9.0, 2.0]
    assert [len(group[0]["messages"]) for group in groups.values()] == [2, 2, 2, 2, 2, 2, 2, 2, 4, 3, 4, 3, 2, 2, 2]
    assert said(groups["s/f#000000007"][0])[0] == ("user", "Add the numbers.\n\n2 and 5")


def test_ranked_turns_scores_and_ranks_into_dense_ranks():
    ranks = [row["rank"] for row in sample("ranked")]
    assert ranks == [0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 2]
    assert [row["score"] for row in sample("ranked")][:3] == [8.5, 3.0, 8.5]
    assert load("ranked").looks({"prompt": "p", "completions": ["a", "b"], "labels": [True, False]}) == 0


@pytest.mark.parametrize("name", ["oasst_flat", "oasst_tree"])
def test_trees_give_every_answer_on_a_sound_path(name):
    rows = sample(name)
    paths = {tuple(text for _, text in said(row)): (row["rank"], row["path_rank"]) for row in rows}
    moon, sun = "How far away is the Moon?", "And the Sun?"
    assert paths == {
        (moon, "About 384,000 km on average."): (0, 0),
        (moon, "Far."): (1, 1),
        (moon, "About 384,000 km on average.", sun, "About 150 million km."): (0, 0),
    }
    assert len({row["tree_id"] for row in rows}) == 1 and len({row["group_id"] for row in rows}) == 2
    assert [dict(row["scores"]) for row in rows if row["scores"]] == [{"quality": 0.9}]
    assert {row["raters"] for row in rows} == {3}


def test_a_mixed_file_is_what_a_good_part_of_it_is():
    messages = {"messages": [{"role": "user", "content": "x"}]}
    triple = {"instruction": "a", "input": "", "output": "b"}
    found = guess([messages] * 3 + [triple] * 7 + [5])
    assert found.format == "alpaca" and found.confidence == pytest.approx(7 / 11, abs=1e-4) and found.others[0][0] == "openai"
    assert guess([5] * 9 + [triple]).format is None


@pytest.mark.parametrize(
    "odd",
    [
        {"parent_id": ["m0"]},
        {"parent_id": {}},
        {"role": ["assistant"]},
        {"review_count": 2**40},
        {"review_count": True},
        {"labels": 7},
    ],
    ids=str,
)
@pytest.mark.parametrize("flat", [True, False])
def test_a_strange_field_of_a_message_costs_that_message_alone(odd, flat, tmp_path):
    asked = {"message_id": "m0", "parent_id": None, "role": "prompter", "text": "Which way is north?"}
    sound, strange = ({**asked, "message_id": name, "parent_id": "m0", "role": "assistant"} for name in ("m1", "m2"))
    strange |= odd
    values = [asked, sound, strange] if flat else [{"message_tree_id": "t", "prompt": {**asked, "replies": [sound, strange]}}]
    (tmp_path / "f.jsonl").write_text("\n".join(map(json.dumps, values)))
    [batch] = read(File("s", tmp_path / "f.jsonl", "f.jsonl"))
    assert batch.records == len(values) == len({*chain(*batch.rows["records"].to_pylist()), *batch.refused["id"].to_pylist()})
    assert "m1" in str(batch.rows["extra"].to_pylist())


def test_an_endless_chain_of_messages_costs_its_length_and_loses_none(tmp_path):
    import json

    from sources import File, read

    lines = [
        {
            "message_id": f"m{at}",
            "parent_id": f"m{at - 1}" if at else None,
            "role": ("prompter", "assistant")[at % 2],
            "text": f"turn {at}",
        }
        for at in range(3000)
    ]
    file = tmp_path / "chain.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    [batch] = read(File("s", file, "chain.jsonl"))
    assert batch.records == 3000 and len(batch.rows) == 100 and batch.rows.nbytes < 5_000_000
    named = {record for records in batch.rows["records"].to_pylist() for record in records}
    assert len(named) + len(batch.refused) == 3000
    assert set(batch.refused["reason"].to_pylist()) == {"too_deep"}
