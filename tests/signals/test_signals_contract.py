"""What every family owes, found by listing the folder; and hostile conversations, which must not break it."""

import subprocess
import sys

import polars as pl
import pyarrow as pa
import pytest

from filters import signals
from schemas.faults import UsageFault

HOSTILE = [
    [],
    [("u", "")],
    [("a", "")],
    [("s", "Be kind."), ("u", "Hi"), ("a", "")],
    [("u", "?"), ("a", "🙂")],
    [("u", "long"), ("a", "x" * 1_000_000)],
    [("u", "long"), ("a", "x " * 20_000)],
    [("u", "code"), ("a", "```python\nprint(1)\n```")],
    [("u", "open"), ("a", "```")],
    [("u", "你好"), ("a", "你好！很高兴认识你。")],
    [("u", "مرحبا"), ("a", "أهلا وسهلا بك في هذا المكان الجميل.")],
    [("u", "\n"), ("a", "\n")],
    [("u", "\u200b\ufeff"), ("a", "\u202e\u0301\U0010ffff\x00\x1f")],
    [("t", "{}"), ("t", "[]")],
    [("a", "No user here.")],
    [("u", "No assistant here.")],
    [("u", "x"), ("a", "```\n" * 999)],
    [("u", "<b>"), ("a", "&nbsp;" * 1000)],
    [("u", " " * 9), ("a", " " * 50_000)],
    [("u", "\u2028\x85"), ("a", "\n\u3000\x1c" * 5_000)],
    *(
        [("u", piece), ("a", piece * 20_000)]
        for piece in [".", '."', "<a ", "&#1", "www.", "a@", "a, ", "- ", "as an ai ", "1" * 9, "猫"]
    ),
]


@pytest.fixture(scope="module")
def measured(talks):
    return signals.measure(talks(*HOSTILE), set(signals.columns()))


@pytest.mark.parametrize("family", signals.families(), ids=lambda family: family.__name__.split(".")[-1])
def test_a_family_declares_what_it_measures(family, talks):
    assert family.__doc__ and family.ROW
    for kind, definition in [*family.ROW.values(), *getattr(family, "TURN", {}).values()]:
        assert isinstance(kind, pa.DataType) and len(definition) > 12
    talk = signals.Talk(talks(*HOSTILE))
    assert family.measure(talk).keys() == family.ROW.keys()
    if hasattr(family, "TURN"):
        assert family.by_turn(talk).keys() == family.TURN.keys()


@pytest.mark.parametrize("column", ["dup_10gram", "top_2gram", "dup_6gram", "dup_lines", "identity", "provider_mentions"])
def test_a_column_asked_for_alone_is_what_it_is_among_all(column, measured, talks):
    alone = signals.measure(talks(*HOSTILE), {column})[1]
    assert alone.column_names == sorted({"id", "words", column}, key=lambda name: (name != "id", name))
    assert alone[column].equals(measured[1][column])


def test_columns_and_types_name_the_same():
    assert signals.columns().keys() == signals.types().keys() and len(signals.columns()) > 30


def test_hostile_conversations_have_every_column_in_order_and_type(measured):
    _, values = measured
    assert values.column_names == ["id", *sorted(signals.columns())]
    assert values["id"].to_pylist() == [f"t/t#{n:09d}" for n in range(len(HOSTILE))]
    assert {name: values.schema.field(name).type for name in signals.types()} == signals.types()


def test_nothing_is_ever_nan_or_infinite(measured):
    for side in measured:
        frame = pl.from_arrow(side)
        for name in frame.select(pl.selectors.float()).columns:
            assert frame[name].drop_nulls().is_finite().all(), name


def test_shares_lie_within_0_and_1(measured):
    values = pl.from_arrow(measured[1])
    shares = [
        name for name in values.columns if name.endswith(("_share", "gram", "_confidence")) or name.startswith(("dup_", "echo"))
    ]
    assert len(shares) >= 15
    for name in shares:
        assert values[name].drop_nulls().is_between(0, 1).all(), name


def test_turns_have_one_line_each(measured):
    turns = measured[0]
    assert len(turns) == sum(map(len, HOSTILE))
    assert turns.column_names[:5] == ["id", "turn", "role", "words", "chars"]
    assert turns["turn"].to_pylist() == [n for talk in HOSTILE for n in range(len(talk))]
    assert {"refusal", "identity", "unclosed_fence", "markup_left", "pii_count"} <= set(turns.column_names)


def test_a_batch_does_not_change_a_value(talks, measured):
    every = set(signals.columns())
    alone = [signals.measure(talks(talk), every)[1].drop(["id"]).to_pylist()[0] for talk in HOSTILE]
    assert alone == measured[1].drop(["id"]).to_pylist()


def test_no_rows_give_empty_tables(talks):
    turns, values = signals.measure(talks()[:0], set(signals.columns()))
    assert len(turns) == len(values) == 0 and values.schema.field("words").type == pa.int64()


def test_a_slice_of_a_table_is_measured_as_it_is(talks):
    table = talks(*HOSTILE)
    every = set(signals.columns())
    assert signals.measure(table[5:9], every)[1].to_pylist() == signals.measure(table, every)[1].to_pylist()[5:9]


def test_words_always_come_and_only_owners_run(talks, monkeypatch):
    language = next(family for family in signals.families() if "language" in family.ROW)
    monkeypatch.setattr(language, "measure", lambda talk: pytest.fail("nobody wanted the language"))
    assert signals.measure(talks([("u", "one two")]), {"turns"})[1].column_names == ["id", "turns", "words"]


def test_an_unknown_column_is_named_with_its_neighbour(talks):
    with pytest.raises(UsageFault, match="no signal is called refusals; did you mean refusal"):
        signals.measure(talks([]), {"refusals"})


def test_columns_are_known_without_compiling_anything():
    code = "import sys; from filters import signals; signals.columns(); print('numba' in sys.modules, 'py3langid' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]


def test_a_file_of_ones_own_is_a_family(talks, tmp_path, monkeypatch):
    (tmp_path / "shouting.py").write_text(
        '"""Shouting."""\nimport pyarrow as pa\nROW = {"shouts": (pa.int64(), "exclamation marks of all turns")}\n'
        'def measure(talk):\n    return {"shouts": talk.sum(talk.content.str.count_matches("!", literal=True))}\n'
    )
    monkeypatch.setattr(signals, "__path__", [*signals.__path__, str(tmp_path)])
    signals.families.cache_clear()
    try:
        assert signals.measure(talks([("u", "Hey!"), ("a", "Ho!!")], []), {"shouts"})[1]["shouts"].to_pylist() == [3, 0]
    finally:
        signals.families.cache_clear()
