"""Length bias of real pairs before and after balancing: in HH harmless the shorter answer wins, in Auto-J the longer."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from schemas import recipe as recipes
from sql import duck

DUMPS = {
    "hh": "anthropics__hh-rlhf/harmless-base/test.jsonl.gz",
    "autoj": "GAIR-NLP__auto-j/data/test/testdata_pairwise.jsonl",
}
RECIPE = """
name: even
sources: {NAME: {path: "PATH", license: mit}}
exports: {preference: {refusals: keep, at_most_similar: 1, balance: length}}
limits: off
"""


@pytest.fixture(scope="module", params=sorted(DUMPS))
def release(request, curated, dumps, tmp_path_factory) -> tuple[str, Path]:
    home = tmp_path_factory.mktemp(request.param)
    (home / "recipe.yaml").write_text(RECIPE.replace("NAME", request.param).replace("PATH", DUMPS[request.param]), "utf-8")
    return request.param, curated(recipes.load(home / "recipe.yaml"), dumps, home)


# wins and losses of the longer answer before; Cohen's d before and after; the fewest pairs that can be lost
KNOWN = {"hh": (991, 1267, -0.21, -0.08, 1267 - 991 * 52 // 48), "autoj": (719, 286, 0.34, 0.02, 719 - 286 * 52 // 48)}


def test_the_stated_share_at_the_smallest_loss(release) -> None:
    name, folder = release
    wins, losses, before, after, fewest = KNOWN[name]
    lines = pq.read_table(folder / "bias.parquet").to_pylist()
    whole = {line["stage"]: line for line in lines if not line["source"] and line["gap_from"] is None}
    assert (whole["before"]["wins"], whole["before"]["losses"]) == (wins, losses)
    assert 0.48 <= whole["after"]["share"] <= 0.52
    assert whole["before"]["pairs"] - whole["after"]["pairs"] == fewest
    assert (round(whole["before"]["effect"], 2), round(whole["after"]["effect"], 2)) == (before, after)


def test_the_curve_is_flatter_at_every_ratio(release) -> None:
    lines = pq.read_table(release[1] / "bias.parquet", filters=[("source", "=", release[0])]).to_pylist()
    shares = {
        stage: [line["share"] for line in lines if line["stage"] == stage and line["gap_from"]] for stage in ("before", "after")
    }
    assert len(shares["before"]) == len(shares["after"]) == 6
    spread = {stage: max(each) - min(each) for stage, each in shares.items()}
    assert spread["after"] < 0.6 * spread["before"]


def test_the_table_says_what_the_pairs_say(release) -> None:
    asked = """SELECT count(*) FILTER (c.answer_words > r.answer_words), count(*) FILTER (c.answer_words < r.answer_words)
    FROM preference p JOIN signals c ON c.id = split_part(p.id, '|', 1) JOIN signals r ON r.id = split_part(p.id, '|', 2)"""
    found = duck.query(duck.release(release[1]), asked)
    [whole] = pq.read_table(release[1] / "bias.parquet").to_pylist()[7 * 2 : 7 * 2 + 1]
    assert [column[0].as_py() for column in found.columns] == [whole["wins"], whole["losses"]]
    left = pq.read_table(release[1] / "ledger.parquet", filters=[("reason", "=", "balance")])
    assert len(left) == 2 * KNOWN[release[0]][4]
