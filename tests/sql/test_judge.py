"""Judging: the verdict equals DuckDB's own answer, unknown is not true, and nothing at run time is a crash."""

import time

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.judge import judge
from sql.rules import check

UNITS = pa.table(
    {
        "id": ["a", "b", "c", "d"],
        "words": pa.array([10, 0, 3, None], pa.int64()),
        "language": ["en", "de", None, "it's"],
        "quality": pa.array([0.91237, 0.2, None, 0.5]),
        "good": pa.array([{"words": 5}, {"words": None}, None, {"words": 1}], pa.struct([("words", pa.int64())])),
    }
)
COLUMNS = dict(zip(UNITS.column_names, UNITS.schema.types, strict=True))


def verdict(units=UNITS, **texts):
    return judge(units, [check(name, text, COLUMNS) for name, text in texts.items()]).to_pylist()


def test_first_all_and_why():
    found = verdict(long="words > 5", english="language = 'en'")
    assert [row["reason"] for row in found] == [None, "long", "long", "long (unknown)"]
    assert [row["broken"] for row in found] == [
        [],
        ["long", "english"],
        ["long", "english (unknown)"],
        ["long (unknown)", "english"],
    ]
    assert [row["detail"] for row in found] == [None, "words > 5: words 0", "words > 5: words 3", "words > 5: words unknown"]


def test_detail_names_the_reason_and_every_value():
    rule = check("good", "quality >= 0.95 AND\n language = 'en' OR good.words > 9", COLUMNS, why="like the good pile")
    found = judge(UNITS, [rule]).to_pylist()
    assert found[0]["detail"] == (
        "quality >= 0.95 AND language = 'en' OR good.words > 9 (like the good pile): quality 0.9124, language 'en', good.words 5"
    )
    assert found[2]["detail"].endswith("quality unknown, language unknown, good.words unknown")


def test_comments_and_new_lines_keep_their_meaning():
    assert [row["reason"] for row in verdict(a="words >= 0 -- any\nAND words > 5")] == [None, "a", "a", "a (unknown)"]


def test_what_fails_for_a_unit_is_unknown_there_alone():
    assert [row["reason"] for row in verdict(a="ln(words) > 0")] == [None, "a (unknown)", None, "a (unknown)"]
    assert [row["reason"] for row in verdict(a="6 / words > 1")] == ["a", "a (unknown)", None, "a (unknown)"]
    assert [row["reason"] for row in verdict(a="abs(words * 9223372036854775807) > 1")] == [
        "a (unknown)",
        "a",
        "a (unknown)",
        "a (unknown)",
    ]
    assert [row["reason"] for row in verdict(a="CAST(language AS INT) = 1")] == ["a (unknown)"] * 4


def test_no_rules_and_no_units():
    assert [row["reason"] for row in verdict()] == [None] * 4
    assert [row["broken"] for row in verdict()] == [[]] * 4
    assert verdict(UNITS.slice(0, 0), a="true") == []
    assert [row["reason"] for row in verdict(a="false", b="true")] == ["a"] * 4


TEXTS = [
    "words > 2",
    "language = 'en' OR quality > 0.4",
    "good.words IS NULL",
    "quality IS NOT NULL AND words IN (0, 10)",
    "NOT (words < 3)",
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(TEXTS), max_size=5), st.permutations(range(4)), st.integers(1, 3))
def test_agrees_with_duckdb_in_any_order_and_chunking(texts, order, step):
    units = UNITS.take(pa.array(order))
    units = pa.concat_tables([units.slice(at, step) for at in range(0, 4, step)])
    found = judge(units, [check(f"r{at}", text, COLUMNS) for at, text in enumerate(texts)])
    con = duckdb.connect()
    con.register("units", units)
    for at, text in enumerate(texts):
        truth = dict(con.execute(f"SELECT id, {text} FROM units").fetchall())
        for row in found.to_pylist():
            label = {True: None, False: f"r{at}", None: f"r{at} (unknown)"}[truth[row["id"]]]
            assert [each for each in row["broken"] if each.split()[0] == f"r{at}"] == ([label] if label else [])
            assert row["reason"] == next(iter(row["broken"]), None)


def test_fast():
    units = pa.concat_tables([UNITS] * 25_000)
    rules = [check(f"r{at}", f"words > {at} AND (language = 'en' OR quality > 0.{at})", COLUMNS) for at in range(10)]
    start = time.process_time()
    judge(units, rules)
    assert time.process_time() - start < 5  # 0.4 s
