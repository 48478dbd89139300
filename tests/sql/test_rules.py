"""Rules: what is allowed works as at the DuckDB prompt, and everything else is one clear message."""

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.faults import UsageFault
from sql import rules

SIDE = pa.struct([("words", pa.int64()), ("refusal", pa.bool_())])
COLUMNS = {
    "words": pa.int64(),
    "rank": pa.int32(),
    "label": pa.bool_(),
    "source": pa.string(),
    "language": pa.string(),
    "quality": pa.float64(),
    "truncated": pa.bool_(),
    "tags": pa.list_(pa.string()),
    "chosen": SIDE,
    "rejected": SIDE,
}

REFUSED = {
    "true) from signals; drop table signals; --": "not one SQL expression",
    "true; drop table signals": "more than one statement",
    "true) or (true": "not one SQL expression",
    "true from signals": "FROM clause",
    "words > 1 limit 1": "not one SQL expression",
    "words as w": "not one SQL expression",
    "words > 1, true": "not one SQL expression",
    "": "not one SQL expression",
    "words > 1 and": "not one SQL expression",
    "/* unclosed": "not one SQL expression",
    "wrods > 3": "unknown column 'wrods'; did you mean words",
    "chosen.wrds > 3": "did you mean words",
    "chosen": "write one of chosen.refusal, chosen.words",
    "chosen['words'] > 1": "write one of chosen.refusal, chosen.words",
    "(chosen).words > 1": "write chosen.words",
    "words.x > 1": "words has no parts",
    "signals.words > 1": "unknown column 'signals.words'",
    "words": "must be true or false, and is BIGINT",
    "'true'": "must be true or false, and is VARCHAR",
    "NULL": "must be true or false",
    "(select true)": "subquery",
    "words in (select 1)": "subquery",
    "exists (select 1)": "subquery",
    "words = ANY([1])": "subquery",
    "count(*) > 1": "many rows",
    "max(words) > 1": "many rows",
    "any_value(truncated)": "many rows",
    "row_number() over () > 1": "window",
    "random() > 0.5": "its answer changes",
    "now() is null": "its answer changes",
    "nextval('s') > 1": "its answer changes",
    "current_date > '2020-01-01'": "unknown column 'current_date'",
    "getenv('HOME') = 'x'": "unknown",
    "read_text('/etc/passwd') is null": "not allowed",
    "query('select 1') is null": "not allowed",
    "current_setting('threads') is null": "not allowed",
    "repeat('x', 1000000000) = ''": "not allowed",
    "replace('x', 'x', 'xx') = ''": "not allowed",
    "unnest(tags) = 'a'": "not allowed",
    "list_filter(tags, lambda x: x = 'a') is null": "not allowed",
    "main.abs(words) > 1": "without a prefix",
    "system.main.abs(words) > 1": "without a prefix",
    "abss(words) > 1": "did you mean abs",
    "words > 'x'": "Could not convert",
    "source > 3": "Cannot compare",
    "*": "star",
    "columns('w') > 1": "star",
    "$1": "parameter",
    "? > 1": "parameter",
    "language collate nocase = 'a'": "COLLATE",
    "cast(words as json) is null": "cast to json",
    "words::blob is null": "cast to blob",
    "abs(x := words) > 1": "plain arguments",
    "grouping(words) > 1": "not allowed",
    f"'{'x' * 5000}' = 'a'": "4000 is the most",
    "not " * 990 + "truncated and " + "(" * 1000 + "truncated" + ")" * 1000: "",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text):
    with pytest.raises(UsageFault) as told:
        rules.check("mine", text, COLUMNS)
    assert str(told.value).startswith("rule mine: ")
    assert REFUSED[text] in str(told.value)
    assert "\n" not in str(told.value)
    assert told.value.code == 64


ALLOWED = {
    "NOT truncated": ("truncated",),
    "WORDS > 3 AND words < 5": ("words",),
    '"words" > 3': ("words",),
    "rank = 0 OR label": ("rank", "label"),
    "source IN ('a', 'b')": ("source",),
    "source NOT IN ('a', 'b')": ("source",),
    "words IN [1, 2]": ("words",),
    "words NOT BETWEEN 1 AND 3": ("words",),
    "language ILIKE 'E%' ESCAPE '!'": ("language",),
    "language NOT LIKE '%x'": ("language",),
    "language GLOB 'e*'": ("language",),
    "language ~ '^e'": ("language",),
    "language SIMILAR TO 'e.'": ("language",),
    "CASE WHEN words > 1 THEN truncated ELSE false END": ("words", "truncated"),
    "CASE source WHEN 'a' THEN true END": ("source",),
    "if(truncated, words > 1, words < 4)": ("truncated", "words"),
    "coalesce(quality, 0) >= 0.5": ("quality",),
    "nullif(words, 0) IS NOT NULL": ("words",),
    "words::double / 2 > 1.5e1": ("words",),
    "try_cast(language AS int) IS NULL": ("language",),
    "truncated IS NOT TRUE": ("truncated",),
    "words IS DISTINCT FROM 3": ("words",),
    "chosen.words > 2 * rejected.words": ("chosen.words", "rejected.words"),
    "tags[1] = 'a' AND list_contains(tags, 'b')": ("tags",),
    "source || language = 'aen'": ("source", "language"),
    "-words % 7 // 2 < 2 ** 3": ("words",),
    "ln(words) > 0 -- words of\nAND words > 1": ("words",),
    "round(quality, 2) > -1 AND least(words, 3) < greatest(words, 4)": ("quality", "words"),
    "true": (),
}


@pytest.mark.parametrize("text", ALLOWED)
def test_allowed(text):
    rule = rules.check("mine", text, COLUMNS)
    assert rule.columns == ALLOWED[text]
    assert rules.columns_used(text) == set(ALLOWED[text])


@pytest.mark.parametrize("function", sorted(rules.FUNCTIONS - {"list_value"}))
def test_functions_are_pure_scalars(function):
    ask = "SELECT function_type, stability FROM duckdb_functions() WHERE function_name = ?"
    kinds = set(duckdb.connect().execute(ask, [function]).fetchall())
    assert kinds <= {("scalar", "CONSISTENT"), ("macro", None)}
    assert kinds or function in ("coalesce", "ifnull", "if", "position")  # syntax, not functions


def test_columns_used_before_types_are_known():
    assert rules.columns_used("Quality DESC") == {"quality"}
    assert rules.columns_used("quality") == {"quality"}
    assert rules.columns_used("chosen.words > anything_else") == {"chosen.words", "anything_else"}
    with pytest.raises(UsageFault):
        rules.columns_used("true) from signals; --")


def test_prefer():
    assert rules.prefer("Words desc", COLUMNS) == ("words", "DESC")
    assert rules.prefer("words", COLUMNS) == ("words", "ASC")
    assert rules.prefer({"Words": ["b", "a"]}, COLUMNS) == ("words", ["b", "a"])
    with pytest.raises(UsageFault, match="did you mean words"):
        rules.prefer({"wrods": ["a"]}, COLUMNS)
    for text, said in {
        "wrods DESC": "did you mean words",
        "words DESC, rank": "expected a column",
        "random() DESC": "expected",
    }.items():
        with pytest.raises(UsageFault, match=said):
            rules.prefer(text, COLUMNS)


PIECES = (
    "words quality truncated chosen.words ( ) ; -- /* */ , . ' \" and or not > = + select from true null case when then end "
    "count(*) random() :: as int [ ] * $1 with x lambda over 1 'a' \n in between"
)
TOKENS = st.sampled_from(PIECES.split(" "))


@settings(max_examples=300, deadline=None)
@given(st.lists(TOKENS, max_size=12).map(" ".join) | st.text(max_size=30))
@example("\0")
@example("\ud800")
@example("words > 1 \0 and true")
def test_any_text_is_a_rule_or_one_clear_message(text):
    try:
        rule = rules.check("mine", text, COLUMNS)
    except UsageFault as told:
        assert "\n" not in str(told).removeprefix("rule mine: ").replace(text, "")
    else:
        assert set(rule.columns) <= {*COLUMNS, "chosen.words", "chosen.refusal"}


def test_numbers_are_what_a_rule_compares_columns_with() -> None:
    from sql.rules import numbers

    found = numbers("Words BETWEEN 3 AND 1_000 AND NOT (0.5 < dup_lines OR score <= -1e-3) AND language = 'en' AND words > turns")
    assert found == [("words", 3.0), ("words", 1000.0), ("dup_lines", 0.5), ("score", -0.001)]
