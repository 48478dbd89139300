"""explain: one row's story by its id or by words of it, with what it shares with its twin marked."""

import io
import json

import pytest
from rich.console import Console

from flows import explaining, finding, releases, screen
from flows.places import Places
from schemas.faults import MissingFault
from sql import duck


def line(release, where):
    return duck.query(duck.release(release), f"SELECT * FROM ledger WHERE {where} ORDER BY id LIMIT 1").to_pylist()[0]


@pytest.fixture
def told(demo):
    """told(id or words, terminal=False) -> what explain prints."""

    def said(asked, *, terminal=False, most=None):
        to = Console(
            file=io.StringIO(),
            width=160,
            highlight=False,
            force_terminal=terminal,
            color_system="truecolor" if terminal else None,
        )
        explaining.explain(Places(demo[0]), demo[1], asked, to, most)
        return to.file.getvalue()

    return said


@pytest.fixture
def as_json(demo, capsys):
    """as_json(id or words) -> the objects that explain --json writes."""

    def said(asked):
        explaining.explain(Places(demo[0]), demo[1], asked, Console(), None, as_json=True)
        return [json.loads(each) for each in capsys.readouterr().out.splitlines()]

    return said


def between(text):
    return [part.split(screen.CLOSE)[0] for part in text.split(screen.OPEN)[1:]]


def test_a_near_duplicate_and_its_twin_have_the_same_words_between_brackets(demo, told):
    fell = line(demo[1], "reason = 'near_duplicates' AND similarity < 1")
    shown, _, twin = told(fell["id"]).partition(f"its twin {fell['twin']}")
    words = [" ".join(" ".join(between(part)[1 if part is shown else 0 :]).lower().split()) for part in (shown, twin)]
    assert words[0] and words[0][:200] == words[1][:200]  # the first bracket of the row is that of the legend
    assert f"{fell['similarity']:.1%} of all in either" in shown


def test_the_similarity_over_the_marks_is_that_of_the_ledger(demo, told):
    query = "SELECT id, similarity FROM ledger WHERE reason = 'near_duplicates' AND group_id IS NULL ORDER BY id"
    rows = duck.query(duck.release(demo[1]), query).to_pylist()
    assert len(rows) >= 6
    for row in rows:
        assert f"{row['similarity']:.1%} of all in either" in told(row["id"])


def test_a_benchmark_question_is_marked_in_the_row(demo, told, as_json):
    fell = line(demo[1], "reason = 'benchmarks'")
    marked = between(told(fell["id"]))[1]
    assert len(marked.split()) >= 8
    (found,) = as_json(fell["id"])
    (turn, start, end), *_ = found["shared"]["row"]
    assert found["messages"][turn]["content"][start:end] == marked
    assert found["shared"]["twin"] == []


def test_a_beginning_is_marked_in_the_longer_one(demo, told):
    fell = line(demo[1], "reason LIKE 'beginning of %'")
    shown, _, longer = told(fell["id"]).partition(f"its twin {fell['twin']}")
    rows = releases.texts(Places(demo[0]), demo[1], [fell["id"], fell["twin"]])
    turns = [row["messages"] for row in (rows[fell["id"]], rows[fell["twin"]])]
    assert f"the {len(turns[0])} turns that both begin with" in shown
    assert len(between(longer)) <= sum(len(turn["content"].splitlines()) for turn in turns[0])
    assert turns[1][len(turns[0])]["content"] in longer  # what comes after is not marked


def test_a_terminal_gets_colour_and_no_bracket(demo, told):
    fell = line(demo[1], "reason = 'near_duplicates' AND similarity < 1")
    shown = told(fell["id"], terminal=True)
    assert "\x1b[32m" in shown and screen.OPEN not in shown
    assert "\x1b[32m" not in told(fell["id"])


def test_marks_end_where_a_turn_is_cut(demo, told):
    fell = line(demo[1], "reason = 'near_duplicates' AND similarity < 1")
    shown = told(fell["id"], most=30)
    assert shown.count(screen.OPEN) == shown.count(screen.CLOSE) > 2
    assert "more characters" in shown


def test_json_tells_the_same(demo, as_json):
    fell = line(demo[1], "reason = 'near_duplicates' AND similarity < 1")
    (found,) = as_json(fell["id"])
    assert {name: found[name] for name in fell} == fell
    assert found["signals"] and found["twins"] and found["messages"] and found["twin_messages"]
    for side, messages in (("row", "messages"), ("twin", "twin_messages")):
        assert found["shared"][side]
        assert all(0 <= a < b <= len(found[messages][turn]["content"]) for turn, a, b in found["shared"][side])


def test_words_of_one_row_tell_its_story(demo, told):
    fell = line(demo[1], "reason = 'near_duplicates' AND similarity < 1")
    row = releases.texts(Places(demo[0]), demo[1], [fell["id"]])[fell["id"]]
    text = row["messages"][-1]["content"]
    fragments = (text[at : at + 60] for at in range(0, len(text) - 60, 7))
    alone = next(each for each in fragments if [row.id for row in finding.find(Places(demo[0]), demo[1], each)] == [fell["id"]])
    assert told(alone) == told(fell["id"]) == told("  ".join(alone.upper().split(" ")))


def test_words_of_several_rows_give_a_list(demo, told, as_json):
    shown = told("the")
    assert "rows hold 'the'" in shown and "explain one by its id" in shown
    found = as_json("the")
    assert len(found) > 50
    assert [each["id"] for each in found] == sorted(each["id"] for each in found)
    assert all("the" in each["text"].lower() for each in found)


def test_words_of_a_quarantined_record_are_found(demo, told):
    broken = line(demo[1], "reason = 'json_syntax'")
    shown = told(broken["id"])
    words = shown.splitlines()[-1].strip()[:25]
    assert broken["id"] in [row.id for row in finding.find(Places(demo[0]), demo[1], words)]


def test_words_that_nobody_says_name_the_nearest_ids(told):
    with pytest.raises(MissingFault, match=r"none that says so; nearest ids: "):
        told("colourless green ideas (.*) sleep")


@pytest.mark.parametrize("asked", ["", "   ", "(a+)+$" * 500])
def test_words_that_say_nothing_are_missing(asked, told):
    with pytest.raises(MissingFault):
        told(asked)


@pytest.mark.parametrize("asked", [".*", "[", "\\", "$1", "(?i)"])
def test_words_are_no_pattern(asked, demo):
    found = finding.find(Places(demo[0]), demo[1], asked)
    assert all(asked in row.around for row in found) and len(found) < 60
