"""Duplicates that are known to be in the real dumps, and pairs that people judged: what the overlap says of them, to the row."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import sources
from filters.overlap.signatures import sign
from filters.overlap.tokens import normalise
from filters.overlap.twins import walk
from flows import keys
from schemas import parquet
from schemas.recipe import Source
from schemas.rows import ROW

JUDGED = [json.loads(line) for line in (Path(__file__).parents[1] / "overlap" / "judged.jsonl").read_text("utf-8").splitlines()]
ALPACA = "hikariming__alpaca_chinese_dataset/history/原始英文数据/*.json"
LONG = "tml-epfl__long-is-more-for-alignment/data/alpaca"
SUBSETS = {
    "gpt4life__alpagasus/data/filtered/claude_t45.json": 5_305,
    "gpt4life__alpagasus/data/filtered/helpfulness_t45.json": 2_022,
    "gpt4life__alpagasus/data/random/random_9k.json": 9_229,
    "tianyi-lab__Cherry_LLM/cherry_data_v1/cherrt_alpaca/cherry_alpaca_5_percent.json": 3_111,
}
TREE = "LAION-AI__Open-Assistant/model/model_eval/manual/data/en_100_tree.jsonl"


def rows(data: Path, **paths: str) -> pa.Table:
    """The rows of sources, each a path or glob below `data`."""
    found = [
        batch.rows
        for name, path in sorted(paths.items())
        for file in sources.files(name, Source(path=path), data)
        for batch in sources.read(file)
    ]
    return pa.concat_tables([ROW.empty_table(), *found])


@pytest.fixture
def met(tmp_path: Path) -> Callable[..., tuple[list[dict], list[dict]]]:
    """met(rows, first=source, key=..., similarity=0.8) -> (drops, pairs) as the everyday rule has them, `first` preferred."""

    def said(table: pa.Table, first: str = "", key: str = "conversation", similarity: float = 0.8, *, families: bool = True):
        ids, texts = table["id"].cast(pa.string()), keys.compared(table, key)
        sign(ids, texts, 5, tmp_path / "signed.arrow", short=100, threads=2)
        frame = pl.DataFrame(table.select(["id", "source", "tree_id", "group_id"])).with_columns(
            words=-pl.Series(normalise(pa.array(texts).cast(pa.large_string())).tokens),
            family=pl.coalesce("tree_id", "group_id"),
        )
        frame = frame.sort(pl.col("source") != first, "words", "id").select("id", "family")
        order = frame.to_arrow().cast(pa.schema([("id", pa.string()), ("family", pa.string())]))
        how = {"families": order["family"]} if families else {}
        drops, pairs = walk([tmp_path / "signed.arrow"], key, similarity, order["id"], threads=2, **how)
        return drops.to_pylist(), pairs.to_pylist()

    return said


def test_published_selections_of_alpaca_are_found_to_the_row(dumps, met):
    table = rows(dumps, alpaca=ALPACA, **{f"subset{n}": path for n, path in enumerate(SUBSETS)})
    drops, _ = met(table, "alpaca", similarity=1.0)
    fell = Counter(drop["id"].split("/")[0] for drop in drops)
    assert fell == {f"subset{n}": count for n, count in enumerate(SUBSETS.values())}
    assert all(drop["twin"].startswith("alpaca/") and drop["similarity"] == 1.0 for drop in drops)


def test_the_thousand_row_selections_are_found_to_the_row(dumps, met):
    """LIMA-sized: the longest and the best rated thousand of Alpaca, in a template; by their answers each is one of its rows."""
    picked = {"longest": f"{LONG}/filtered_alpaca_1k_longest.json", "rated": f"{LONG}/filtered_alpaca_1k_score.json"}
    table = rows(dumps, alpaca=ALPACA, rewritten=f"{LONG}/refined_alpaca_1k_longest.json", **picked)
    drops, _ = met(table, "alpaca", "response", 1.0)
    fell = {drop["id"]: drop["twin"] for drop in drops if not drop["id"].startswith("alpaca/")}
    assert Counter(id.split("/")[0] for id in fell) == {"longest": 1000, "rated": 1000, "rewritten": 4}
    asked = {id: talk[0]["content"] for id, talk in zip(table["id"].to_pylist(), table["messages"].to_pylist(), strict=True)}
    longest = [id for id in fell if id.startswith("longest/")]
    opening = {id: " ".join(asked[fell[id]].split("\n")[0].split()) for id in longest}
    right = sum(first in " ".join(asked[id].split()) for id, first in opening.items())
    assert right == 999, right  # the very row, and a multiplication table that two rows ask for; `rated` has short answers


def test_rewritten_answers_are_no_duplicates_of_their_originals(dumps, met):
    table = rows(dumps, original=f"{LONG}/filtered_alpaca_1k_longest.json", rewritten=f"{LONG}/refined_alpaca_1k_longest.json")
    assert table["source"].value_counts().to_pylist() == [{"values": name, "counts": 1000} for name in ("original", "rewritten")]
    drops, _ = met(table, "original")
    identical = [drop for drop in drops if drop["similarity"] == 1.0]
    assert len(identical) == 4, identical  # the three that are, and one that differs in marks alone
    assert len(drops) <= 40, len(drops)  # of 1,000: those whose answer was hardly touched
    prompts, _ = met(table, "original", "prompt", 1.0)
    assert (
        len({drop["id"] for drop in prompts if drop["id"].startswith("rewritten/")}) == 1000
    )  # and yet all prompts are the same


def messages(tree: dict) -> Iterable[dict]:
    """A tree as the flat dumps of Open Assistant write it: one message a record."""
    todo = [(tree["prompt"], None)]
    while todo:
        message, parent = todo.pop()
        todo += [(reply, message["message_id"]) for reply in message.get("replies", [])]
        told = {name: value for name, value in message.items() if name != "replies"}
        yield told | {"parent_id": parent, "message_tree_id": tree["message_tree_id"], "tree_state": tree["tree_state"]}


def test_the_same_trees_in_two_layouts_are_the_same_rows(dumps, met, tmp_path):
    trees = [json.loads(line) for line in (dumps / TREE).read_text("utf-8").splitlines()]
    (tmp_path / "flat.jsonl").write_text("".join(json.dumps(each) + "\n" for tree in trees for each in messages(tree)), "utf-8")
    (tmp_path / "tree.jsonl").write_bytes((dumps / TREE).read_bytes())
    table = rows(tmp_path, flat="flat.jsonl", tree="tree.jsonl")
    counts = {each["values"]: each["counts"] for each in table["source"].value_counts().to_pylist()}
    assert counts["flat"] == counts["tree"] > 100
    drops, _ = met(table, "tree")
    flat = [drop for drop in drops if drop["id"].startswith("flat/")]
    assert len(flat) == counts["flat"]
    assert all(drop["similarity"] == 1.0 and drop["twin"].startswith("tree/") for drop in flat)


def test_judged_pairs_have_the_similarity_at_which_they_were_judged(dumps, tmp_path):
    wanted = sorted({pair[side] for pair in JUDGED for side in ("id", "other")})
    parts = []
    for name, ids in groupby(wanted, key=lambda id: id.partition("/")[2].partition("#")[0]):
        here = pa.array(list(ids))
        read = sources.read(sources.File("dumps", dumps / name, name))
        parts += [parquet.take_ids(batch.rows, here) for batch in read]
    table = pa.concat_tables(parts)
    assert len(table) == len(wanted) > 250
    signed = tmp_path / "signed.arrow"
    sign(table["id"], keys.compared(table, "conversation"), 5, signed, short=100)
    for pair in JUDGED:
        drops, met = walk([signed], "conversation", 0.8, pa.array([pair["other"], pair["id"]]))
        assert [round(each["similarity"], 6) for each in met.to_pylist()] == [pair["similarity"]], pair
        assert len(drops) == (pair["sample"] != "near miss, spread"), pair


def test_what_people_said_of_the_judged_pairs_is_what_is_published():
    said = Counter((pair["sample"], pair["right"]) for pair in JUDGED)
    table = (Path(__file__).parents[2] / "benchmarks" / "README.md").read_text("utf-8")
    for sample in ("dropped, random", "dropped, spread", "near miss, spread"):
        yes, doubtful, no = (said[sample, answer] for answer in ("yes", "doubtful", "no"))
        assert yes + doubtful + no == 50
        assert f"| {sample} | {yes} | {doubtful} | {no} |" in table
