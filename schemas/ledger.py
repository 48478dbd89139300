"""What became of every record: the ledger and the side tables beside it, as Arrow schemas."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

KEPT, DROPPED, QUARANTINED = "kept", "dropped", "quarantined"

# Stages in the order in which a record meets them.
STAGES = ("read", "keep", "overlap", "export")

LEDGER = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        ("file", pa.string()),
        ("record", pa.int64()),
        ("offset", pa.int64()),  # bytes from the start of the decompressed file
        ("group_id", pa.string()),
        ("unit", pa.string()),  # the answer by which its group is judged; null for that one, and for a row alone
        ("tree_id", pa.string()),
        ("fingerprint", pa.string()),  # of its messages as read (schemas.rows): with the id it says which row this is
        pa.field("fate", pa.string(), nullable=False),  # kept | dropped | quarantined
        ("stage", pa.string()),  # where it fell, one of STAGES; null for kept
        ("reason", pa.string()),
        ("detail", pa.string()),  # the rule's text and values, a parser's message, in words
        ("broken", pa.list_(pa.string())),  # every rule that failed, not only the first
        ("twin", pa.string()),  # the standing row, or BENCHMARK#ITEM, that it resembles
        ("similarity", pa.float64()),
        ("words", pa.int64()),
        ("exports", pa.list_(pa.string())),  # sorted names
    ]
)

REFUSED = pa.schema(  # what reading gives beside rows
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        ("file", pa.string()),
        ("record", pa.int64()),
        ("offset", pa.int64()),
        pa.field("fate", pa.string(), nullable=False),  # quarantined | dropped
        pa.field("reason", pa.string(), nullable=False),
        ("detail", pa.string()),
        ("raw", pa.binary()),  # the record's bytes
    ]
)

EDITS = pa.schema([("id", pa.string()), ("turn", pa.int32()), ("edit", pa.string()), ("count", pa.int32())])

PAIRS = pa.schema(
    [("id", pa.string()), ("other", pa.string()), ("similarity", pa.float64()), ("key", pa.string())]  # id < other
)

COMPARISONS = pa.schema(  # one line for every two answers that a recipe's `pairs` compares
    [
        pa.field("id", pa.string(), nullable=False),  # <chosen id>|<rejected id>; of equal ones the first by id
        pa.field("chosen_id", pa.string(), nullable=False),
        pa.field("rejected_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("fate", pa.string(), nullable=False),  # kept | dropped
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("broken", pa.list_(pa.string())),  # every rule that failed
        ("twin", pa.string()),  # the pair that denies it
        ("similarity", pa.float64()),  # of its two answers, where they are too much alike
        ("score_margin", pa.float64()),
        ("margin_by", pa.string()),
        ("exports", pa.list_(pa.string())),  # sorted names
    ]
)

OMITTED = pa.schema(  # one line for every row that stands, and every export that does not hold it; kept rows too
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("export", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        ("detail", pa.string()),
        ("broken", pa.list_(pa.string())),  # every rule of the export that failed
        ("twin", pa.string()),
        ("similarity", pa.float64()),
    ]
)

SUPERSEDED = pa.schema(  # published rows whose place a kept row takes
    [
        ("id", pa.string()),  # of the published row
        ("release", pa.string()),  # NAME@FINGERPRINT that published it
        ("twin", pa.string()),  # the row of this release that takes its place
        ("similarity", pa.float64()),
        ("key", pa.string()),
    ]
)

CONTAMINATION = pa.schema(  # every row that holds an item of a benchmark, whether it fell for it or for something before
    [
        ("rule", pa.string()),
        ("id", pa.string()),
        ("benchmark", pa.string()),
        ("item", pa.int64()),  # the record's number in its file, the first is 0
        ("side", pa.string()),  # question | answer
        ("how", pa.string()),  # words | characters
        ("share", pa.float64()),  # of the item's words; or the cosine of the two texts
        ("span_words", pa.int64()),  # words of the longest run in both
        ("span_sha256", pa.string()),  # of that run, normalised; 32 hex digits: its text is not for a release
    ]
)

TASK = "^(bbh)-.*"  # names of one benchmark's many tasks: BIG-Bench Hard's 27 are counted as one

BENCHMARKS = pa.schema(  # what was looked for
    [
        ("rule", pa.string()),
        ("benchmark", pa.string()),
        ("items", pa.int64()),
        ("answers", pa.int64()),  # items with a worked answer that was looked for
        ("too_short", pa.list_(pa.int64())),  # items of which no text was long enough to be looked for
    ]
)

FUNNEL = pa.schema(
    [
        ("source", pa.string()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("rows", pa.int64()),
        ("words", pa.int64()),
    ]
)

BIAS = pa.schema(  # what else than quality wins pairs
    [
        ("signal", pa.string()),
        ("stage", pa.string()),  # before | after balancing; `before` is also what stands where nothing is balanced
        ("source", pa.string()),  # null: all
        ("gap_from", pa.float64()),  # null: every gap
        ("gap_to", pa.float64()),
        ("pairs", pa.int64()),
        ("wins", pa.float64()),  # of the side with more of it; weights add up where pairs have them
        ("losses", pa.float64()),
        ("share", pa.float64()),  # wins of wins and losses; null where there are none
        ("low", pa.float64()),  # 95 % interval (Wilson 1927)
        ("high", pa.float64()),
        ("effect", pa.float64()),  # Cohen's d of chosen against rejected, of length in ln(words); null where nothing varies
    ]
)


def of_its_comparison(line: Mapping[str, Any]) -> bool:
    """Whether a ledger line's twin and similarity are those of `unit`, the answer by which its comparison is judged."""
    return bool(line.get("unit")) and line["stage"] in ("keep", "overlap")
