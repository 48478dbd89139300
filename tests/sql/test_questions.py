"""Every question binds against empty tables of our schemas, and answers small given tables with expected rows."""

import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sql
from schemas.faults import UsageFault
from schemas.ledger import EDITS, FUNNEL, LEDGER, PAIRS
from sql import duck

SIGNALS = pa.schema([("id", pa.string()), ("words", pa.int64())])
TURNS = pa.schema(
    [("id", pa.string()), ("turn", pa.int32()), ("role", pa.string()), ("words", pa.int64()), ("chars", pa.int64())]
)
TABLES = {"ledger": LEDGER, "edits": EDITS, "turns": TURNS, "signals": SIGNALS, "pairs": PAIRS, "funnel": FUNNEL}
FILES = sorted(sql.questions())


def line(id, fate="kept", stage=None, reason=None, **more):
    exports = ["sft"] if fate == "kept" else []
    row = {
        "id": id,
        "source": id.split("/")[0],
        "file": "f",
        "fate": fate,
        "stage": stage,
        "reason": reason,
        "words": 10,
        "exports": exports,
    }
    if stage == "keep":
        row["broken"] = [reason]
    return row | more


def dropped(id, stage, reason, **more):
    return line(id, "dropped", stage, reason, **more)


SOUND = [
    line("a/f#000000000"),
    line("a/f#000000001", words=100, exports=["preference", "sft"]),
    dropped("a/f#000000002", "keep", "english", detail="language 'de'", broken=["english", "long"]),
    dropped("a/f#000000003", "keep", "english", broken=["english"]),
    dropped("a/f#000000004", "overlap", "near", twin="a/f#000000000", similarity=0.9),
    line("b/g#000000000", "quarantined", "read", "json_syntax", words=None),
    dropped("b/g#000000001", "read", "deleted", words=None),
    dropped("b/g#000000002", "export", "budget", words=40),
]


def tables(ledger, funnel=None, signals=None, pairs=()):
    found = {name: schema.empty_table() for name, schema in TABLES.items()}
    found["ledger"] = pa.Table.from_pylist(ledger, LEDGER)
    if signals is None:
        signals = [{"id": row["id"], "words": row["words"]} for row in ledger if row["stage"] != "read"]
    found["signals"] = pa.Table.from_pylist(signals, SIGNALS)
    found["pairs"] = pa.Table.from_pylist(list(pairs), PAIRS)
    found["funnel"] = ask("funnel", found).cast(FUNNEL) if funnel is None else pa.Table.from_pylist(funnel, FUNNEL)
    return found


def ask(name, given, **params):
    con = duck.connect()
    for table, rows in given.items():
        con.register(table, rows)
    for export in duck.EXPORTS:
        if export not in given:
            con.register(export, pa.table({"id": pa.array([], pa.string()), "split": pa.array([], pa.string())}))
    return duck.query(con, sql.question(name), params or None)


def rows(table):
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("name", FILES)
def test_binds_against_empty_tables(name):
    empty = {table: schema.empty_table() for table, schema in TABLES.items()}
    params = dict.fromkeys(re.findall(r"\$(\w+)", sql.question(name)), "x")
    assert len(ask(name, empty, **params)) == 0


@pytest.mark.parametrize("name", FILES)
def test_begins_with_its_question(name):
    assert sql.question(name).startswith("-- ")
    assert "?" in sql.questions()[name]


def test_unknown_question_names_the_nearest():
    with pytest.raises(UsageFault, match="did you mean funnel"):
        sql.question("funel")


def test_no_question_reads_a_path():
    with pytest.raises(UsageFault):
        sql.question("../pyproject")


def test_funnel():
    assert rows(tables(SOUND)["funnel"]) == [
        ("a", "in", None, 5, 140),
        ("a", "keep", "english", 2, 20),
        ("a", "overlap", "near", 1, 10),
        ("a", "kept", None, 2, 110),
        ("b", "in", None, 3, 40),
        ("b", "read", "deleted", 1, 0),
        ("b", "read", "json_syntax", 1, 0),
        ("b", "export", "budget", 1, 40),
    ]


def test_why_dropped():
    found = rows(ask("why_dropped", tables(SOUND)))
    assert found[0] == ("keep", "english", 2, 33.3, 20, "a/f#000000002", "language 'de'")
    assert {row[1] for row in found} == {"english", "near", "json_syntax", "deleted", "budget"}


def test_duplicates_of():
    pairs = [
        {"id": "a/f#000000000", "other": "a/f#000000004", "similarity": 0.9, "key": "conversation"},
        {"id": "a/f#000000000", "other": "a/f#000000001", "similarity": 0.75, "key": "conversation"},
    ]
    given = tables(SOUND, pairs=pairs)
    assert rows(ask("duplicates_of", given, id="a/f#000000000")) == [
        ("a/f#000000004", 0.9, "conversation", "dropped", "near"),
        ("a/f#000000001", 0.75, "conversation", "kept", None),
    ]
    assert rows(ask("duplicates_of", given, id="a/f#000000004")) == [("a/f#000000000", 0.9, "conversation", "kept", None)]


def test_sources():
    assert rows(ask("sources", tables(SOUND))) == [("a", 1, 5, 0, 3, 2, 40.0, 140, 110), ("b", 1, 3, 1, 2, 0, 0.0, 40, 0)]


def test_length_histogram():
    ledger = [line(f"a/f#{at:09d}", words=words) for at, words in enumerate([0, 1, 2, 3, 7, 8])]
    found = rows(ask("length_histogram", tables(ledger)))
    assert [row[:4] for row in found] == [(0, 0, 1, 1), (1, 1, 1, 1), (2, 3, 2, 2), (4, 7, 1, 1), (8, 15, 1, 1)]


def test_rule_costs_counts_a_group_once():
    ledger = [dropped(f"a/f#{at:09d}", "keep", "short", group_id="g", broken=["short", "english"]) for at in range(2)]
    ledger.append(dropped("a/f#000000002", "keep", "english", broken=["english"]))
    assert rows(ask("rule_costs", tables(ledger))) == [("english", 2, 3, 1, 1), ("short", 1, 2, 0, 2)]


def test_edits_made():
    given = tables(SOUND)
    edits = [{"id": "a", "turn": 0, "edit": "unicode", "count": 2}, {"id": "a", "turn": 1, "edit": "unicode", "count": 3}]
    given["edits"] = pa.Table.from_pylist(edits, EDITS)
    assert rows(ask("edits_made", given)) == [("unicode", 1, 2, 5)]


def test_exported():
    given = tables(SOUND)
    given["sft"] = pa.table({"id": ["a/f#000000000", "a/f#000000002"]})
    given["preference"] = pa.table({"id": ["a/f#000000001|a/f#000000009"]})
    assert rows(ask("exported", given)) == [
        ("preference", "a/f#000000009", "exported, but the ledger does not say so"),
        ("sft", "a/f#000000001", "named by the ledger, but not exported"),
        ("sft", "a/f#000000002", "exported, but the ledger does not say so"),
    ]


def test_conservation_holds():
    assert rows(ask("conservation", tables(SOUND))) == []


def changed(at, **more):
    return [row | more if index == at else row for index, row in enumerate(SOUND)]


FUNNEL_OFF = [{"source": "a", "stage": "in", "reason": None, "rows": 5, "words": 0}]
GROUP = [dropped("a/f#000000005", "keep", "short", group_id="g"), line("a/f#000000006", group_id="g")]
BREACHES = {
    "one line for each id": tables([*SOUND, SOUND[0]]),
    "kept, dropped or quarantined": tables([*SOUND, line("a/f#000000009", "lost", "keep", "x")]),
    "kept: in an export, and nothing against it": tables(changed(0, exports=[])),
    "fallen: a stage, a reason, and in no export": tables(changed(7, exports=["sft"])),
    "quarantined at read only": tables([*SOUND, line("a/f#000000009", "quarantined", "export", "x")]),
    "a rule names the first that failed": tables(changed(2, broken=["long", "english"])),
    "a twin stood when it dropped its like": tables(changed(4, twin="a/f#000000002")),
    "a group falls as one": tables(SOUND + GROUP),
    "every row that was read is measured": tables(SOUND, signals=[]),
    "a pair is two rows of the ledger": tables(SOUND, pairs=[{"id": "a", "other": "b", "similarity": 0.9, "key": "prompt"}]),
    "the funnel adds up": tables(SOUND, funnel=FUNNEL_OFF),
}


@pytest.mark.parametrize("law", BREACHES)
def test_conservation_names_each_breach(law):
    assert {row[0] for row in rows(ask("conservation", BREACHES[law]))} == {law}


def test_every_law_has_a_breach():
    assert set(re.findall(r"SELECT '([^']{12,})'(?: AS law)?, ", sql.question("conservation"))) == set(BREACHES)


def test_twin_that_is_not_there():
    assert rows(ask("conservation", tables(changed(4, twin="a/f#000000099"))))[0][2] == "twin a/f#000000099 is not in the ledger"
    assert rows(ask("conservation", tables(changed(4, twin="gsm8k#000000099")))) == []


def test_views_in_a_plain_duckdb(tmp_path, monkeypatch):
    for name, table in tables(SOUND).items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    for export in ("sft", "preference", "ties"):
        (tmp_path / export).mkdir()
        for at, split in enumerate(("train", "test")):
            pq.write_table(pa.table({"id": [str(at)]}), tmp_path / export / f"{split}-00000-of-00001.parquet")
    monkeypatch.chdir(tmp_path)
    con = duckdb.connect()
    con.execute(Path(sql.__file__).with_name("views.sql").read_text())
    assert con.execute("SELECT id, split FROM sft ORDER BY id").fetchall() == [("0", "train"), ("1", "test")]
    for name in FILES:
        text = sql.question(name)
        con.execute(text, {"id": "x"} if "$id" in text else None).fetchall()
    ours = duck.release(tmp_path)
    for view in [*duck.TABLES, *duck.EXPORTS]:
        there = con.execute(f"SELECT * FROM {view} ORDER BY ALL").fetchall()
        assert there == rows(duck.query(ours, f"SELECT * FROM {view} ORDER BY ALL"))
