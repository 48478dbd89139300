"""Every question binds against empty tables of our schemas, and answers small given tables with expected rows."""

import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sql
from exports import preference, sft
from schemas.faults import UsageFault
from schemas.ledger import BENCHMARKS, BIAS, COMPARISONS, CONTAMINATION, EDITS, FUNNEL, LEDGER, OMITTED, PAIRS
from sql import duck

SIGNALS = pa.schema([("id", pa.string()), ("words", pa.int64()), ("format", pa.string())])
TURNS = pa.schema(
    [("id", pa.string()), ("turn", pa.int32()), ("role", pa.string()), ("words", pa.int64()), ("chars", pa.int64())]
)
TABLES = {"ledger": LEDGER, "edits": EDITS, "turns": TURNS, "signals": SIGNALS, "pairs": PAIRS, "funnel": FUNNEL, "bias": BIAS}
TABLES |= {"comparisons": COMPARISONS, "contamination": CONTAMINATION, "benchmarks": BENCHMARKS, "omitted": OMITTED}
SPLIT = pa.field("split", pa.string())
EXPORTED = {
    "sft": sft.SCHEMA.append(SPLIT),
    "preference": preference.schema(set()).append(SPLIT),
    "ties": preference.schema(set(), ties=True).append(SPLIT),
}
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


HELD = pa.schema([("export", pa.string()), ("id", pa.string()), ("split", pa.string())])


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
    for export, schema in EXPORTED.items():
        con.register(export, given.get(export, schema.empty_table()))
    con.register("exported", given.get("exported", HELD.empty_table()))
    return duck.query(con, sql.question(name), params or None)


def leaving(export, lines):
    return pa.Table.from_pylist(lines, EXPORTED[export])


def params(text):
    return dict.fromkeys(re.findall(r"\$([a-z]+)", text), "x")


def rows(table):
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("name", FILES)
def test_binds_against_empty_tables(name):
    empty = {table: schema.empty_table() for table, schema in TABLES.items()}
    assert len(ask(name, empty, **params(sql.question(name)))) == 0


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


def test_contamination_adds_up_with_the_ledger():
    def hit(id, benchmark, item, side="question", how="words"):
        return {
            "rule": "tests",
            "id": id,
            "benchmark": benchmark,
            "item": item,
            "side": side,
            "how": how,
            "share": 1.0,
            "span_words": 0,
            "span_sha256": "",
        }

    ledger = [
        line("a/f#000000000"),
        dropped("a/f#000000001", "overlap", "tests", twin="gsm8k#7", similarity=1.0),
        dropped("a/f#000000002", "overlap", "tests", twin="gsm8k#8", similarity=0.4),
        dropped("a/f#000000003", "keep", "english"),
        dropped("a/f#000000004", "overlap", "near", twin="a/f#000000000", similarity=0.9),
    ]
    hits = [
        hit("a/f#000000001", "gsm8k", 7),
        hit("a/f#000000001", "arc", 1),
        hit("a/f#000000002", "gsm8k", 8, "answer", "characters"),
        hit("a/f#000000003", "gsm8k", 7),
    ]
    known = [
        {"rule": "tests", "benchmark": "arc", "items": 5, "answers": 0, "too_short": [0, 4]},
        {"rule": "tests", "benchmark": "gsm8k", "items": 10, "answers": 6, "too_short": []},
        {"rule": "tests", "benchmark": "mmlu", "items": 3, "answers": 0, "too_short": []},
    ]
    given = tables(ledger)
    given["contamination"] = pa.Table.from_pylist(hits, CONTAMINATION)
    given["benchmarks"] = pa.Table.from_pylist(known, BENCHMARKS)
    found = rows(ask("contamination", given))
    assert found == [
        ("tests", "gsm8k", 10, 6, 0, 2, 3, 2, 2, 1, 2),
        ("tests", "arc", 5, 0, 2, 1, 1, 0, 1, 0, 1),
        ("tests", "mmlu", 3, 0, 0, 0, 0, 0, 0, 0, 0),
    ]
    assert sum(row[7] for row in found) == sum(row["reason"] == "tests" for row in ledger)


def test_formats():
    signals = [{"id": row["id"], "words": 1, "format": "hh" if row["id"] < "a/f#000000002" else "alpaca"} for row in SOUND[:5]]
    told = ask("formats", tables(SOUND, signals=signals))
    assert rows(told) == [("a", "alpaca", 3, 3, 0, 0.0), ("a", "hh", 2, 0, 2, 100.0)]


def test_sources():
    assert rows(ask("sources", tables(SOUND))) == [("a", 1, 5, 0, 3, 2, 40.0, 140, 110), ("b", 1, 3, 1, 2, 0, 0.0, 40, 0)]


def test_length_histogram():
    ledger = [line(f"a/f#{at:09d}", words=words) for at, words in enumerate([0, 1, 2, 3, 7, 8])]
    found = rows(ask("length_histogram", tables(ledger)))
    assert [row[:4] for row in found] == [(0, 0, 1, 1), (1, 1, 1, 1), (2, 3, 2, 2), (4, 7, 1, 1), (8, 15, 1, 1)]


def test_what_wins():
    whole = {"signal": "length", "stage": "before", "pairs": 5, "wins": 3.0, "losses": 1.0, "share": 0.75}
    whole |= {"low": 0.301, "high": 0.954}
    part = whole | {"source": "a", "gap_from": 1.5, "gap_to": 2.0, "effect": 0.5}
    given = {"bias": pa.Table.from_pylist([part, part | {"gap_from": 3.0, "gap_to": None}, whole], BIAS)}
    found = rows(ask("what_wins", given))
    assert [row[:4] for row in found] == [
        ("length", "before", "all sources", "any"),
        ("length", "before", "a", "1.5 to 2.0"),
        ("length", "before", "a", "from 3.0"),
    ]
    assert found[1][4:] == (5, 3, 1, 75.0, 30.1, 95.4, 0.5, "#" * 30)


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
    held = {
        "sft": ["a/f#000000000/part1of2", "a/f#000000000/part2of2", "a/f#000000002"],
        "preference": ["a/f#000000001|a/f#000000009"],
    }
    lines = [{"export": export, "id": id, "split": "train"} for export, ids in held.items() for id in ids]
    given["exported"] = pa.Table.from_pylist(lines, HELD)
    assert rows(ask("exported", given)) == [
        ("preference", "a/f#000000009", "exported, but the ledger does not say so"),
        ("sft", "a/f#000000001", "named by the ledger, but not exported"),
        ("sft", "a/f#000000002", "exported, but the ledger does not say so"),
    ]


def pair(id, other, similarity, key="conversation"):
    return {"id": id, "other": other, "similarity": similarity, "key": key}


A0, A1, A2, A3, A4, B1, B2 = *(f"a/f#{n:09d}" for n in range(5)), "b/g#000000001", "b/g#000000002"
ALIKE = [  # A1 and B1 fell to A0; A3, a second answer, fell with its group; B2 fell to a cap, A4 stands beside A0
    line(A0, words=50),
    dropped(A1, "overlap", "near", twin=A0, similarity=0.9),
    dropped(A2, "overlap", "near", twin=A4, similarity=0.82, group_id="g"),
    dropped(A3, "overlap", "near", twin=A4, similarity=0.82, group_id="g"),
    line(A4, words=70),
    dropped(B1, "overlap", "near", twin=A0, similarity=1.0),
    dropped(B2, "overlap", "cap", twin=A0, similarity=1.0),
]
PAIRED = [pair(A0, A1, 0.9), pair(A0, B1, 1.0), pair(A2, A4, 0.82), pair(A0, A4, 0.79), pair(A0, A2, 0.71, "prompt")]


def test_clusters():
    assert rows(ask("clusters", tables(ALIKE, pairs=PAIRED))) == [
        (A0, "kept", 3, 0.9, 1.0, [A1, B1]),
        (A4, "kept", 2, 0.82, 0.82, [A2]),
    ]


def test_near_misses():
    assert rows(ask("near_misses", tables(ALIKE, pairs=PAIRED))) == [
        (0.79, "conversation", A0, A4, "kept", "kept"),
        (0.71, "prompt", A0, A2, "kept", "dropped"),
    ]


def test_across_sources():
    assert rows(ask("across_sources", tables(ALIKE, pairs=PAIRED))) == [
        ("a", "a", "near", 3, 0.847),
        ("b", "a", "cap", 1, 1.0),
        ("b", "a", "near", 1, 1.0),
    ]


def test_similarity_histogram():
    assert rows(ask("similarity_histogram", tables(ALIKE, pairs=PAIRED))) == [
        ("conversation", 1.0, 1, 1),
        ("conversation", 0.9, 1, 1),
        ("conversation", 0.8, 1, 1),
        ("conversation", 0.75, 1, 0),
        ("prompt", 0.7, 1, 0),
    ]


def test_reasons_by_source():
    more = [dropped("a/f#000000008", "export", f"beginning of {A0}"), dropped("a/f#000000009", "export", f"beginning of {A1}")]
    assert rows(ask("reasons_by_source", tables(SOUND + more))) == [
        ("a", "export", "beginning of another row", 2, 28.6),
        ("a", "keep", "english", 2, 28.6),
        ("a", "overlap", "near", 1, 14.3),
        ("b", "export", "budget", 1, 33.3),
        ("b", "read", "deleted", 1, 33.3),
        ("b", "read", "json_syntax", 1, 33.3),
    ]


def test_files():
    ledger = [*SOUND, line("a/h#000000000", file="h")]
    assert rows(ask("files", tables(ledger))) == [
        ("b", "f", 3, 1, 2, 0, 0.0),
        ("a", "f", 5, 0, 3, 2, 40.0),
        ("a", "h", 1, 0, 0, 1, 100.0),
    ]


def test_rows_of_file():
    ledger = [
        line(A1, file="x", record=1),
        dropped(A0, "keep", "short", file="x", record=0, detail="words 1"),
        line(A2, file="y"),
    ]
    assert rows(ask("rows_of_file", tables(ledger), file="x")) == [
        (0, A0, "dropped", "keep", "short", "words 1", 10),
        (1, A1, "kept", None, None, None, 10),
    ]


def test_longest_kept():
    assert rows(ask("longest_kept", tables(SOUND))) == [(A1, 100, ["preference", "sft"]), (A0, 10, ["sft"])]


def test_lengths_before_after():
    ledger = [line(A0, words=10), line(A1, words=20), dropped(A2, "keep", "x", words=90), *SOUND[5:6]]
    assert rows(ask("lengths_before_after", tables(ledger))) == [("a", 3, 20, 40, 2, 15, 15)]


def test_turns_by_role():
    given = tables(SOUND)
    turns = [(A0, 0, "user", 5), (A0, 1, "assistant", 9), (A0, 2, "user", 7), (A1, 0, "user", 6)]
    lines = [dict(zip(("id", "turn", "role", "words"), each, strict=True)) for each in turns]
    given["turns"] = pa.Table.from_pylist(lines, TURNS)
    assert rows(ask("turns_by_role", given)) == [("user", 3, 2, 6, 7), ("assistant", 1, 1, 9, 9)]


def test_edits_by_source():
    given = tables(SOUND)
    edits = [{"id": A0, "turn": turn, "edit": "unicode", "count": 2} for turn in range(2)]
    edits += [{"id": A1, "turn": 0, "edit": "unicode", "count": 1}, {"id": B2, "turn": 0, "edit": "markdown", "count": 4}]
    given["edits"] = pa.Table.from_pylist(edits, EDITS)
    assert rows(ask("edits_by_source", given)) == [("a", "unicode", 2, 40.0, 5), ("b", "markdown", 1, 100.0, 4)]


def test_rules_together():
    ledger = [dropped(A0, "keep", "x", broken=["x", "y"]), dropped(A1, "keep", "y", broken=["y", "x", "z"]), *SOUND[3:4]]
    assert rows(ask("rules_together", tables(ledger))) == [("x", "y", 2), ("x", "z", 1), ("y", "z", 1)]


def test_freed_by():
    ledger = [*SOUND[:4], dropped("a/f#000000009", "keep", "english (unknown)", broken=["english (unknown)"], words=30)]
    assert [row[0] for row in rows(ask("freed_by", tables(ledger), rule="english"))] == ["a/f#000000009", A3]


LEAVES = {
    "sft": [
        {"id": A0, "source": "a", "license": "mit", "split": "train"},
        {"id": A1, "source": "a", "license": "mit", "split": "test"},
        {"id": B1, "source": "b", "license": "unknown", "split": "train"},
    ],
    "preference": [
        {"id": f"{A0}|{A1}", "source": "a", "license": "mit", "split": "train", "score_margin": 1.5, "margin_by": "score"},
        {"id": f"{A2}|{A3}", "source": "a", "license": "mit", "split": "train", "score_margin": 1.0, "margin_by": "rank"},
        {"id": f"{A2}|{A4}", "source": "a", "license": "mit", "split": "train", "score_margin": 1.9, "margin_by": "score"},
    ],
}


def left():
    ledger = [line(id, words=words) for id, words in ((A0, 9), (A1, 5), (A2, 8), (A3, 20), (A4, 8), (B1, 1))]
    return tables(ledger) | {name: leaving(name, lines) for name, lines in LEAVES.items()}


def test_licences():
    assert rows(ask("licences", left())) == [("preference", "mit", 3, 1), ("sft", "mit", 2, 1), ("sft", "unknown", 1, 1)]


def test_splits():
    assert rows(ask("splits", left())) == [("preference", "a", 3, 0, 0.0), ("sft", "a", 1, 1, 50.0), ("sft", "b", 1, 0, 0.0)]


def test_pair_margins():
    assert rows(ask("pair_margins", left())) == [("a", "rank", 1.0, 1), ("a", "score", 1.0, 2)]


def test_longer_wins_leaves_out_answers_of_one_length():
    assert rows(ask("longer_wins", left())) == [("a", 3, 1, 1, 50.0, 0)]


def test_groups_without_pairs():
    ledger = [
        *(line(f"a/f#{n:09d}", group_id="paired", exports=["preference"]) for n in range(2)),
        *(dropped(f"a/f#{n:09d}", "export", "tie", group_id=f"tie{n // 2}") for n in range(2, 6)),
        line("a/f#000000006", group_id="half"),
        dropped("a/f#000000007", "export", "not the best of its group", group_id="half"),
        *(dropped(f"b/g#{n:09d}", "keep", "short", group_id="short") for n in range(2)),
        line("b/g#000000009", group_id="alone"),
    ]
    assert rows(ask("groups_without_pairs", tables(ledger))) == [
        ("a", "export: tie", 2, 4, "tie1"),
        ("a", "export: not the best of its group", 1, 2, "half"),
        ("b", "keep: short", 1, 2, "short"),
    ]


def test_every_question_has_a_test_of_its_own():
    tested = set(re.findall(r"(?:ask|tables)\((?:\"(\w+)\")?", Path(__file__).read_text())) | {"funnel"}
    assert set(FILES) <= tested


def test_an_export_that_a_release_has_not_has_the_columns_of_one(tmp_path):
    for name, table in tables(SOUND).items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    con = duck.release(tmp_path)
    for export, schema in EXPORTED.items():
        assert con.sql(f"SELECT * FROM {export}").columns == schema.names
    for name in FILES:
        duck.query(con, sql.question(name), params(sql.question(name)))


def test_comparisons_made():
    fell = compared(id="a/f#000000000|a/f#000000003", fate="dropped", reason="tie", exports=[], score_margin=0.0)
    given = {"comparisons": pa.Table.from_pylist(compared(score_margin=2.0) + fell, COMPARISONS)}
    assert rows(ask("comparisons_made", given)) == [
        ("a", "kept", None, 1, 50.0, 2.0, PAIR),
        ("a", "dropped", "tie", 1, 50.0, 0.0, "a/f#000000000|a/f#000000003"),
    ]


def test_conservation_holds():
    assert rows(ask("conservation", tables(SOUND))) == []
    assert rows(ask("conservation", beside())) == []


def test_a_twin_may_be_published_elsewhere():
    elsewhere = "daily@0123456789ab:z/f#000000000"
    pair = {"id": "a/f#000000004", "other": elsewhere, "similarity": 0.9, "key": "prompt"}
    assert rows(ask("conservation", tables(changed(4, twin=elsewhere), pairs=[pair]))) == []


def changed(at, **more):
    return [row | more if index == at else row for index, row in enumerate(SOUND)]


FUNNEL_OFF = [{"source": "a", "stage": "in", "reason": None, "rows": 5, "words": 0}]
GROUP = [dropped("a/f#000000005", "keep", "short", group_id="g"), line("a/f#000000006", group_id="g")]
PAIR = "a/f#000000000|a/f#000000001"


def compared(**more):
    """The line of one comparison that leaves."""
    sides = dict(zip(("chosen_id", "rejected_id"), PAIR.split("|"), strict=True))
    return [{"id": PAIR, "source": "a", "fate": "kept", "exports": ["preference"], **sides, **more}]


def beside(comparisons=None, exported=({"export": "preference", "id": PAIR, "split": "train"},)):
    """SOUND, a comparison, and what is in the exports."""
    made = pa.Table.from_pylist(compared() if comparisons is None else comparisons, COMPARISONS)
    return tables(SOUND) | {"comparisons": made, "exported": pa.Table.from_pylist(list(exported), HELD)}


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
    "a comparison leaves or has a reason": beside(comparisons=compared(fate="dropped")),
    "one line for each comparison": beside(comparisons=compared() * 2),
    "both sides of a comparison stood": beside(comparisons=compared(rejected_id="a/f#000000002")),
    "an export holds the comparisons that leave in it": beside(exported=[]),
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


@pytest.mark.parametrize("there", [("sft", "preference", "ties"), ("sft",), ("preference", "kto")])
@pytest.mark.parametrize("inside", [True, False])
def test_views_in_a_plain_duckdb(tmp_path, monkeypatch, there, inside):
    for name, table in tables(SOUND).items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    for export in there:
        (tmp_path / export).mkdir()
        for at, split in enumerate(("train", "test")):
            shape = export if export in EXPORTED else "sft"
            held = leaving(shape, [{"id": str(at)}]).drop(["split"])
            pq.write_table(held, tmp_path / export / f"{split}-00000-of-00001.parquet")
    con = duckdb.connect()
    if inside:
        monkeypatch.chdir(tmp_path)
    else:
        con.execute(f"SET VARIABLE release = '{tmp_path}/'")
    con.execute(Path(sql.__file__).with_name("views.sql").read_text())
    assert con.execute(f"SELECT id, split FROM {there[0]} ORDER BY id").fetchall() == [("0", "train"), ("1", "test")]
    ours = duck.release(tmp_path)
    for name in FILES:
        text = sql.question(name)
        asked = params(text)
        assert con.execute(text, asked or None).fetchall() == rows(duck.query(ours, text, asked or None)), name
    for view in [*duck.TABLES, *duck.EXPORTS, "exported"]:
        held = con.execute(f"SELECT * FROM {view} ORDER BY ALL").fetchall()
        assert held == rows(duck.query(ours, f"SELECT * FROM {view} ORDER BY ALL"))


def test_a_row_whose_name_has_a_newline_is_one_reason():
    lines = [dropped(f"a/f#00000000{at}", "export", f"too like a/g\n{at}") for at in range(2)]
    for name in ("funnel", "why_dropped", "reasons_by_source"):
        told = [each["reason"] for each in ask(name, tables(lines)).to_pylist() if each["reason"]]
        assert told == ["too like another row"], name


def test_omitted():
    lines = [line("a/f#000000000", exports=["preference"]), dropped("a/f#000000001", "export", "polite")]
    told = [
        {"id": "a/f#000000000", "export": "sft", "reason": "polite", "detail": "NOT refusal"},
        {"id": "a/f#000000001", "export": "preference", "reason": "alone"},
        {"id": "a/f#000000001", "export": "sft", "reason": "polite", "detail": "said"},
    ]
    given = tables(lines) | {"omitted": pa.Table.from_pylist(told, OMITTED)}
    assert rows(ask("omitted", given)) == [
        ("preference", "alone", 1, 0, 10, "a/f#000000001", ""),
        ("sft", "polite", 2, 1, 20, "a/f#000000000", "NOT refusal"),
    ]
