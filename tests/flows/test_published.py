"""Verdicts beside an index are those of one walk over both sides, the winning side first, spelled out slowly."""

from itertools import pairwise
from types import SimpleNamespace

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.overlap import index, twins
from filters.overlap.index import INDEX, Section, Setting
from filters.overlap.signatures import sign
from flows import indexing, judge, lists, published
from schemas import recipe as recipes

WORDS = [f"word{at}" for at in range(20)]
TEXTS = [" ".join(WORDS[first:last]) for first, last in ((0, 14), (1, 16), (2, 18), (3, 20), (6, 20), (0, 12))] + ["other words"]
SETTING, LIMIT = Setting("conversation", 2, chars=False, short=0), 0.7


@pytest.fixture(scope="module")
def alike(tmp_path_factory):
    """(one text, another) -> exact Jaccard; LSH must find every pair of TEXTS, for here only the walk is judged"""
    sets = {text: set(pairwise(text.split())) for text in TEXTS}
    found = {(a, b): len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for a in TEXTS for b in TEXTS}
    file = tmp_path_factory.mktemp("all") / "signed.arrow"
    sign(pa.array(TEXTS), pa.array(TEXTS), SETTING.shingle, file)
    near = {(a, b) for (a, b), value in found.items() if a < b and value >= LIMIT}
    for a, b in near:
        assert len(twins.walk([file], "k", LIMIT, pa.array([a, b]))[0]) == 1
    assert len(near) >= 3
    return found


row = st.tuples(st.integers(0, 9), st.sampled_from(TEXTS), st.sampled_from([None, None, "s", "t"]))
rows = st.lists(row, max_size=7, unique_by=lambda each: each[0])


def indexed(folder, given):
    """an index of rows (number, text, family), as `winnow index` writes them"""
    names = [f"a/a#{number}" for number, _, _ in given]
    texts = [text for _, text, _ in given]
    sign(pa.array(names, pa.string()), pa.array(texts, pa.string()), SETTING.shingle, folder / "old.arrow")
    signed = pa.ipc.open_file(folder / "old.arrow").read_all()
    said = {**SETTING._asdict(), "release": "x@0123456789ab"}
    columns = {name: pa.repeat(value, len(given)) for name, value in said.items()}
    columns |= {
        "unit": pa.nulls(len(given), pa.string()),
        "fingerprint": pa.array(texts, pa.string()),
        "family": pa.array([each[2] for each in given], pa.string()),
    }
    columns |= {name: signed[name] for name in signed.column_names}
    table = pa.table([columns[field.name].cast(field.type) for field in INDEX], schema=INDEX)
    index.write(folder / "index.parquet", [Section(SETTING, "x@0123456789ab", len(given))], [table], indexing.normal())
    return folder / "index.parquet"


def judged(folder, old, new, wins):
    """unit or published row -> twin, as the run says"""
    names, texts = [f"a/a#{number}" for number, _, _ in new], [text for _, text, _ in new]
    sign(pa.array(names, pa.string()), pa.array(texts, pa.string()), SETTING.shingle, folder / "new.arrow")
    family = [each[2] or name for each, name in zip(new, names, strict=True)]
    told = {"id": names, "fingerprint": texts, "family": family, "words": [len(text) for text in texts]}
    units = pl.DataFrame(told, schema={"id": pl.String, "fingerprint": pl.String, "family": pl.String, "words": pl.Int64})
    rules = {
        "published": {"index": "index.parquet", "wins": wins},
        "near": {"similarity": LIMIT, "shingle": SETTING.shingle, "short": 0, "prefer": ["words DESC"]},
    }
    recipe = recipes.Recipe.model_validate(
        {"name": "x", "sources": {"a": {"path": "a"}}, "overlap": rules, "exports": {"sft": {}}}
    )
    known = published.Remembered("published", wins == "published", indexed(folder, old), "0" * 64, folder / "work")
    shards = [SimpleNamespace(signed={"near": folder / "new.arrow"}, covered={})]
    unmarked = lists.Lists().marked(units.with_columns(unit="id").sort("id"))
    said = judge.judge(recipe, unmarked, [], shards, units.select(unit="id", id="id").head(0), known)
    fell = {line["id"]: (line["twin"], line["reason"]) for line in said.verdicts.to_dicts()}
    return fell, {f"{line['release']}:{line['id']}": line["twin"] for line in said.superseded.to_dicts()}


def walked(alike, old, new, wins):
    """the same, slowly: everything in one row, the winning side first, each beside those that stand"""
    again = {(number, text) for number, text, _ in new}
    beside = sorted((f"x@0123456789ab:a/a#{number}", text, family) for number, text, family in old if (number, text) not in again)
    mine = sorted((f"a/a#{number}", text, family) for number, text, family in new)
    mine.sort(key=lambda each: -len(each[1]))
    was = {f"a/a#{number}" for number, text, _ in new if (number, text) in {each[:2] for each in old}}
    same, fresh = [each for each in mine if each[0] in was], [each for each in mine if each[0] not in was]
    stands, twin = [], {}
    for name, text, family in beside + same + fresh if wins == "published" else fresh + same + beside:
        near = [(alike[text, other], -at, who) for at, (who, other, kin) in enumerate(stands) if not (family and kin == family)]
        best = max(near, default=(0.0, 0, ""))
        if best[0] >= LIMIT:
            twin[name] = best[2]
        else:
            stands.append((name, text, family))
    return twin, {name for name, _, _ in beside}, was


@settings(max_examples=60)
@given(rows, rows, st.sampled_from(["published", "new"]))
def test_verdicts_are_those_of_one_walk_over_both(alike, tmp_path_factory, old, new, wins):
    fell, gone = judged(tmp_path_factory.mktemp("day"), old, new, wins)
    twin, beside, was = walked(alike, old, new, wins)
    assert {name: said[0] for name, said in fell.items()} == {name: who for name, who in twin.items() if name not in beside}
    out = beside | was
    for who, reason in fell.values():
        assert reason == ("published" if wins == "published" and who in out else "near")
    taken = {name: who for name, who in twin.items() if name in out and who not in out}
    assert gone == {name if name in beside else f"x@0123456789ab:{name}": who for name, who in taken.items()}
    assert wins == "new" or not gone
