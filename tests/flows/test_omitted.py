"""What a release says of a row that leaves in one export and not in another, and of a rejected answer whose comparison fell."""

import json

import pyarrow.parquet as pq
import pytest

import sql
from exports.report import samples
from flows import marking, releases, story
from flows.places import Places
from schemas import recipe as recipes
from sql import duck

RECIPE = """
name: few
sources: {a: {path: a.jsonl}}
overlap: {near: {key: conversation, similarity: 0.6, short: 0}}
exports: {sft: {keep: {polite: NOT refusal}}, preference: {refusals: keep}}
limits: off
"""
TALK = "The grebe swims and dives well, and carries its young on its back through the reeds of the lake each spring"


def pair(asked, chosen, rejected):
    turns = [[{"role": "user", "content": asked}, {"role": "assistant", "content": text}] for text in (chosen, rejected)]
    return dict(zip(("chosen", "rejected"), turns, strict=True))


RECORDS = [
    pair(
        "Name a bird that swims and say how it lives.", TALK, "Grebe. It sits on lakes and eats what it finds there, mostly fish."
    ),
    pair(
        "Name a bird that swims and say how it lives.",
        f"{TALK} now",
        "Grebe. It sits on lakes and eats what it finds there, mostly fish!",
    ),
    pair(
        "How do I open a lock?",
        "I'm sorry, but I can't help with that.",
        "With a hammer, and some patience, like everybody else.",
    ),
]


@pytest.fixture(scope="module")
def made(curated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("few")
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, RECORDS)))
    (folder / "recipe.yaml").write_text(RECIPE)
    return Places(folder / "home"), curated(recipes.load(folder / "recipe.yaml"), folder, folder / "home")


def test_a_row_in_preference_alone_says_why_it_is_not_in_sft(made):
    _, release = made
    lines = story.sample(release, "polite", 9, 0)
    [row] = [line for line in lines if line["fate"] == "kept"]
    assert row["exports"] == ["preference"] and row["reason"] is None
    assert "not in sft: polite: NOT refusal: refusal true" in story.verdict(row)
    assert len(lines) == story.count(release, "polite") == 1
    told = duck.query(duck.release(release), sql.question("omitted")).to_pylist()
    assert [(each["export"], each["reason"], each["rows"], each["kept_elsewhere"]) for each in told] == [
        ("sft", "not the best of its group", 2, 2),
        ("sft", "polite", 1, 1),
    ]


def test_every_standing_row_is_in_an_export_or_its_omission_has_a_reason(demo):
    ledger = pq.read_table(demo[1] / "ledger.parquet").to_pylist()
    omitted = pq.read_table(demo[1] / "omitted.parquet").to_pylist()
    standing = {line["id"]: line["exports"] for line in ledger if line["fate"] == "kept" or line["stage"] == "export"}
    held = {(id, export) for id, exports in standing.items() for export in exports}
    left = [(line["id"], line["export"]) for line in omitted]
    assert left == sorted(set(left)) and not held & set(left)
    assert held | set(left) == {(id, export) for id in standing for export in ("sft", "preference")}
    assert all(line["reason"] for line in omitted)


def test_what_names_a_row_is_found_by_its_name_in_the_funnel(made, demo):
    [line] = story.sample(demo[1], "beginning of another row", 1, 0)
    assert (line["reason"] or line["detail"]).startswith(("beginning of ", "not in sft: beginning of "))


def test_a_rejected_answer_is_told_by_the_twin_of_its_comparison(made):
    home, release = made
    fell = {line["id"]: line for line in story.sample(release, "near", 9, 0)}
    [best, other] = [fell[f"a/a.jsonl#00000000{which}"] for which in sorted(id[-3:] for id in fell)]
    assert best["unit"] is None and other["unit"] == best["id"] and other["twin"] == best["twin"]
    assert f"twin {best['twin']}, similarity" in story.verdict(best)
    assert f"its comparison, by {best['id']}, is like {best['twin']}, similarity" in story.verdict(other)
    assert f"its comparison, by {best['id']}, resembles" in samples.verdict(other)
    assert f"it resembles {best['twin']}" in samples.verdict(best)
    texts = releases.texts(home, release, [best["id"], other["id"], best["twin"]])
    recipe = recipes.load(release / "recipe.yaml")
    assert marking.marked(recipe, best, texts[best["id"]], texts[best["twin"]])
    assert marking.marked(recipe, other, texts[other["id"]], texts[best["twin"]]) is None
    found = duck.query(duck.release(release), sql.question("duplicates_of"), {"id": best["twin"]}).to_pylist()
    assert [each["id"] for each in found] == [best["id"]]
