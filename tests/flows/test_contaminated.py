"""Decontamination in a release: each side in its place, groups as a whole, and a report that adds up with the ledger."""

import hashlib
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import sql
from flows import marking, plan, releases
from flows.places import Places
from schemas import recipe as recipes
from schemas.faults import UsageFault
from sql import duck

QUESTION = (
    "A glass blower in Murano makes 14 vases a day and breaks one in seven of them on the way to the kiln. How many vases does "
    "she sell in a week of five days if a quarter of the rest stays in the shop window?"
)
REWORDED = (
    "In Murano a glass blower makes 14 vases every day, and on the way to the kiln she breaks one in seven of them. If a quarter "
    "of the rest stays in her shop window, how many vases are sold in a week of five days?"
)
ANSWER = (
    "She makes 14 vases a day, and one in seven of these breaks, so 14 / 7 = 2 are lost and 12 are left every day. In five days "
    "that makes 12 * 5 = 60 vases. A quarter of 60 is 15, which stay in the window, so that she sells 60 - 15 = 45 of them."
)
OTHER = "Please tell me how the tide turns in a lagoon."
REPLY = "The moon pulls at the water, the water comes in through three mouths, and six hours later it leaves again."
TALKS = {
    "asked": [QUESTION, REPLY],
    "later": [OTHER, REPLY, f"Thank you. And now this one: {QUESTION}", REPLY],
    "answered": [OTHER, ANSWER],
    "quoted": [OTHER, f"You could ask this: {QUESTION}"],  # a question that only an answer holds
    "reworded": [REWORDED, REPLY],
    "clean": [OTHER, REPLY],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    roles = ("user", "assistant") * 2
    lines = [
        {"messages": [{"role": role, "content": text} for role, text in zip(roles, talk, strict=False)]}
        for talk in TALKS.values()
    ]
    (tmp_path / "chats.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    pairs = [
        {"prompt": OTHER, "chosen": REPLY, "rejected": ANSWER},
        {"prompt": OTHER + " Briefly.", "chosen": REPLY, "rejected": "It just does."},
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in pairs))
    items = [{"question": QUESTION, "answer": ANSWER}, {"question": "Why?", "answer": "So."}]
    (tmp_path / "vases.jsonl").write_text("".join(json.dumps(line) + "\n" for line in items))
    return tmp_path


def recipe(data: Path, rule: str, source: str = "chats") -> recipes.Recipe:
    file = data / "recipe.yaml"
    file.write_text(
        f"name: t\nsources: {{{source}: {{path: {source}.jsonl}}}}\noverlap: {{tests: {{{rule}}}}}\n"
        "exports: {sft: {}, preference: {pairs: best_worst}}\nlimits: off\n"
    )
    return recipes.load(file)


@pytest.fixture
def fallen(curated, data: Path, tmp_path: Path):
    """rule, source -> what fell for it: the name of the talk (or the id) -> the ledger's line; and the report."""

    def run(rule: str, source: str = "chats", **more):
        release = curated(recipe(data, rule, source), data, tmp_path / "home", **more)
        ledger = [line for line in pq.read_table(release / "ledger.parquet").to_pylist() if line["reason"] == "tests"]
        names = list(TALKS)
        lines = {names[line["record"]] if source == "chats" else line["id"]: line for line in ledger}
        report = duck.query(duck.release(release), sql.question("contamination")).to_pylist()
        assert sum(line["rows_dropped"] for line in report) == len(ledger)
        return lines, report

    return run


RULES = {
    "against: vases.jsonl": {"asked", "later", "answered", "reworded"},
    "against: vases.jsonl, similar: off": {"asked", "later", "answered"},
    "against: vases.jsonl, sides: question, similar: off": {"asked", "later"},
    "against: vases.jsonl, sides: [answer]": {"answered"},
    "against: vases.jsonl, key: prompt": {"asked", "reworded"},
    "against: vases.jsonl, key: conversation, similar: off": {"asked", "later", "answered", "quoted"},
    "against: [vases.jsonl, public], similar: 0.9": {"asked", "later", "answered"},
    "against: public": set(),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_side_is_looked_for_in_its_place(fallen, rule: str) -> None:
    assert set(fallen(rule)[0]) == RULES[rule]


def test_the_ledger_names_benchmark_item_side_and_span_and_the_report_counts(fallen) -> None:
    lines, report = fallen("against: vases.jsonl")
    assert {line["twin"] for line in lines.values()} == {"vases#0"}
    said = "holds 100% of the words of the {} of item 0 of vases (from 50% on a row falls); both have {} words in a row, "
    said += "sha256 {}"
    for name, side, text in (("later", "question", QUESTION), ("answered", "answer", ANSWER)):
        words = re.findall("[a-z0-9]+", text.lower())
        sealed = hashlib.sha256(" ".join(words).encode()).hexdigest()[:32]
        assert lines[name]["detail"] == said.format(side, len(words), sealed)
    assert "like the question of item 0 of vases by its characters (from 0.35 on" in lines["reworded"]["detail"]
    expected = {"rule": "tests", "benchmark": "vases", "items": 2, "answers": 1, "too_short": 1, "items_hit": 1, "rows_hit": 4}
    assert report == [expected | {"rows_dropped": 4, "by_question": 3, "by_answer": 1, "by_words": 3}]


def strings(value) -> list[str]:
    """Every text in a table, a list or an object, dates and numbers aside."""
    if isinstance(value, dict):
        return [text for each in value.items() for text in strings([*each])]
    return [text for each in value for text in strings(each)] if isinstance(value, list) else [value] * isinstance(value, str)


def test_what_a_release_holds_quotes_no_benchmark_and_explain_still_marks_it(fallen, tmp_path: Path) -> None:
    lines, _ = fallen("against: vases.jsonl, key: conversation, similar: 0.3")
    assert set(lines) == {"asked", "later", "answered", "quoted", "reworded"}
    [release] = (path for path in tmp_path.rglob("releases/*/*") if len(path.name) == 32)
    held = [text for file in release.rglob("*.parquet") for text in strings(pq.read_table(file).to_pylist())]
    held += [file.read_text() for file in release.rglob("*") if file.is_file() and file.suffix != ".parquet"]
    folded = [" ".join(re.findall("[a-z0-9]+", text.lower())) for text in held]
    assert any("the tide turns in a lagoon" in text for text in folded), "it looks at texts"
    for item in (QUESTION, ANSWER):
        words = re.findall("[a-z0-9]+", item.lower())
        runs = {" ".join(words[at : at + 4]) for at in range(len(words) - 3)}
        assert not [run for run in runs if any(run in text for text in folded)]
    asked = recipes.load(release / "recipe.yaml")
    rows = releases.texts(Places(tmp_path / "home"), release, [line["id"] for line in lines.values()])
    for name, line in lines.items():
        [(turn, spans)] = marking.marked(asked, line, rows[line["id"]], None).row.items()
        marked = rows[line["id"]]["messages"][turn]["content"][spans[0][0] : spans[0][1]]
        assert marked in (QUESTION + ANSWER if name != "reworded" else REWORDED) and len(marked.split()) > 3


def test_shards_of_any_size_say_the_same(fallen) -> None:
    assert fallen("against: vases.jsonl")[0] == fallen("against: vases.jsonl", shard=200)[0]


def test_a_comparison_falls_whole_by_any_of_its_answers(fallen) -> None:
    lines, report = fallen("against: vases.jsonl", "pairs")
    assert [line["record"] for line in lines.values()] == [0, 0]
    assert (report[0]["rows_hit"], report[0]["rows_dropped"]) == (1, 2)


WRONG = {
    "against: 'public:gsm'": "no public benchmark 'gsm'; did you mean gsm8k",
    "against: public, similar: 0.5": "name its file, or leave it out",
    "against: public, ngram: 13": "write `ngram: 8`",
    "against: vases.jsonl, sides: []": "sides",
    "against: vases.jsonl, sides: prompt": "question",
    "against: vases.jsonl, similar: on": "off",
}


@pytest.mark.parametrize("rule", WRONG)
def test_senseless_choices_are_refused_with_the_way_out(curated, data: Path, tmp_path: Path, rule: str) -> None:
    with pytest.raises(UsageFault, match=WRONG[rule]):
        curated(recipe(data, rule), data, tmp_path / "home")


def test_benchmarks_that_ship_are_part_of_the_fingerprint(data: Path) -> None:
    one, other = (plan.make(recipe(data, f"against: 'public:{name}'"), data) for name in ("gsm8k", "mt_bench"))
    assert [Path(path).name for path in one.extra] == ["gsm8k.parquet", "common_grams.parquet"]
    assert one.fingerprint != other.fingerprint
