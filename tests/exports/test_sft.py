"""What a trainer gets to learn from."""

import polars as pl
import pyarrow as pa

from exports import sft
from schemas.rows import ROW


def row(at, turns=("Hi", "Hello"), **more):
    """One row of ROW; turns alternate, users first."""
    messages = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(turns)]
    return {"id": f"s/a#{at:09d}", "source": "s", "messages": messages, "fingerprint": "0"} | more


def rows(*each):
    return pa.Table.from_pylist(list(each), ROW)


def words(table):
    return pa.table({"id": table["id"], "words": pa.array(range(1, len(table) + 1), pa.int64())})


def test_plain_rows_have_the_fixed_columns_and_no_null():
    table = rows(row(0), row(1, license="mit"))
    out = sft.table(table, words(table))
    assert out.schema == sft.SCHEMA
    assert out.to_pylist() == [
        {
            "id": "s/a#000000000",
            "messages": plain("Hi", "Hello"),
            "source": "s",
            "license": "unknown",
            "words": 1,
        },
        {"id": "s/a#000000001", "messages": plain("Hi", "Hello"), "source": "s", "license": "mit", "words": 2},
    ]


def plain(*turns):
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(turns)]


def test_no_column_has_a_name_that_trainers_reserve():
    everything = set(sft.COLUMNS) | set(sft.FIELDS)
    assert not set(sft.schema(everything).names) & sft.RESERVED


def test_what_some_row_has_becomes_a_column_for_all():
    calls = {"role": "assistant", "content": "", "tool_calls": '[{"id": "1"}]', "reasoning": "hm", "weight": 0.0}
    table = rows(row(0), row(1, messages=[{"role": "user", "content": "x"}, calls], tools="[]", score=2.0))
    assert sft.more(table) == {"tools", "score", "tool_calls", "reasoning", "weight"}
    out = sft.table(table, words(table))
    assert out.schema.names == ["id", "messages", "source", "license", "words", "score", "tools"]
    last = out["messages"][1].as_py()[1]
    assert last == {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": '[{"id": "1"}]', "weight": 0.0}
    assert sft.table(rows(row(0)), words(table), sft.more(table)).schema == out.schema


def test_words_may_come_from_polars():
    table = rows(row(0), row(1))
    frame = pl.DataFrame({"id": ["x", "s/a#000000001", "s/a#000000000"], "words": [9, 7, 5]})
    assert sft.table(table, frame.to_arrow())["words"].to_pylist() == [5, 7]


def test_slices_and_chunks_give_the_same_turns():
    table = rows(*(row(at, [f"q{at}", f"a{at}", "more", "x"][: 2 + at % 3]) for at in range(9)))
    whole = sft.table(table, words(table))
    chunked = pa.concat_tables([table[:4], table[4:]])
    assert sft.table(chunked, words(table)).to_pylist() == whole.to_pylist()
    assert sft.table(table.slice(3, 4), words(table)).to_pylist() == whole.slice(3, 4).to_pylist()
    assert len(sft.table(table[:0], words(table))) == 0


def test_only_the_best_of_a_group_and_never_a_label_that_is_down():
    table = rows(
        row(0, group_id="g", rank=1),
        row(1, group_id="g", rank=0),
        row(2, group_id="h", score=1.0),
        row(3, group_id="h", score=2.0),
        row(4, group_id="k", label=False),
        row(5, group_id="k", label=True),
        row(6, label=False),
        row(7, label=True),
        row(8),
        row(9, group_id="m", rank=0, label=False),
        row(10, group_id="m", rank=1, label=True),
    )
    told = {each["id"][-2:]: each["reason"] for each in sft.left_out(table).to_pylist()}
    best = "not the best of its group"
    assert told == {"00": best, "02": best, "04": best, "06": "label is down", "09": "label is down", "10": best}
