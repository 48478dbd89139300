"""The numbers of an audit: what rows are, what is wrong with them, and what a cleaned release would hold. No text, no value."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
import pyarrow as pa

import sources
from exports import licences
from exports.report.funnel import reason
from filters import pii
from flows.leave import Decided
from schemas.ledger import BIAS, TASK
from sources import archives
from sources.opening import opened

CHECKS: dict[str, pl.Expr] = {  # name -> rows that have it; the page says each in words
    "refuses": pl.col("refusal"),
    "cut off": pl.col("truncated"),
    "unanswered": ~pl.col("ends_with_assistant"),
    "empty turn": pl.col("empty_turns") > 0,
    "out of order": ~(pl.col("starts_with_user") & pl.col("roles_alternate")),
    "says it is a machine": pl.col("identity"),
    "repeats itself": pl.col("dup_10gram") > 0.5,
    "other language": ~pl.col("language_as_declared"),
}
WANTED = frozenset({"words", "answer_words", "language", *(name for expr in CHECKS.values() for name in expr.meta.root_names())})
PREFIX = "audit_"  # of the rules that only compare
_ITEMS, _PLACES = 40, 5  # benchmark items, and places of each kind, that are told


def numbers(frame: pl.DataFrame, refused: pa.Table, cleaned: Decided) -> dict[str, Any]:
    """Counts of rows (`units.rows`, measured by WANTED), and of what a recipe decides of them."""
    return {
        "rows": len(frame),
        "words": int(frame["words"].sum()),
        "comparisons": int(frame.filter(pl.col("group_size") > 1)["unit"].n_unique()),
        "read": _read(refused),
        "languages": _counted(frame["language"]),
        "checks": {name: int(frame.select(rows.fill_null(value=False).sum()).item()) for name, rows in CHECKS.items()},
        "flags": _counted(frame["flags"].explode().drop_nulls()),
        "cleaned": _cleaned(cleaned),
    }


def files(given: Iterable[sources.File], frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Files by format and container, with their rows: formats are told by content, and archives by their members."""
    rows = dict(frame.group_by(pl.concat_str("source", "file", separator="/")).len().iter_rows())
    found: dict[tuple[str, str], Counter[str]] = {}
    for file in given:
        for part in archives.parts(file):
            what = None if isinstance(part, archives.Refused) else opened(part)
            key = ((what.guess[0] if what else None) or "no known format", what.container if what else "archive")
            name = part.name if part.name.startswith(f"{file.source}/") else f"{file.source}/{part.name}"
            found.setdefault(key, Counter()).update(files=1, rows=rows.get(name, 0))
    order = sorted(found.items(), key=lambda each: (-each[1]["rows"], each[0]))
    return [{"format": format, "container": container, **count} for (format, container), count in order]


def contamination(hits: pl.DataFrame, known: pl.DataFrame) -> dict[str, Any]:
    """Of each benchmark the items found and the rows that hold one, the items held most often, and rows with tasks together."""
    keys = ["benchmark"]
    found = hits.group_by(keys).agg(rows=pl.col("id").n_unique(), held=pl.col("item").n_unique())
    lines = known.select("benchmark", "items").join(found, on=keys, how="left").fill_null(0).sort("benchmark")
    items = hits.group_by("benchmark", "item").agg(rows=pl.col("id").n_unique())
    most = items.sort("rows", "benchmark", "item", descending=[True, False, False]).head(_ITEMS)
    families = hits.group_by(benchmark=pl.col("benchmark").str.replace(TASK, "$1")).agg(pl.col("id").n_unique())
    return {"benchmarks": lines.to_dicts(), "items": most.to_dicts(), "rows": dict(families.sort("benchmark").iter_rows())}


def private(places: pl.DataFrame) -> dict[str, Any]:
    """What was found of each kind in each role, and where the first of a kind are: a row and the number of its turn."""
    kinds = places.group_by("kind", "role").agg(rows=pl.col("id").n_unique(), found=pl.col("count").sum()).sort("kind", "role")
    first = places.sort("kind", "id", "turn").group_by("kind", maintain_order=True).head(_PLACES)
    rows = places.group_by("kind").agg(pl.col("id").n_unique()).sort("kind")
    some = places.filter(pl.col("kind").is_in(pii.DEFAULT))["id"].n_unique()  # a row may hold several kinds
    return {
        "some": some,
        "rows": dict(rows.iter_rows()),
        "kinds": kinds.to_dicts(),
        "places": first.select("kind", "id", "turn").to_dicts(),
    }


def licence(given: Mapping[str, str], beside: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """What is known of the sources' licences, what a release of all may be licensed as, and why it may not be public.

    `beside`: source -> file -> the licence that it says; where such files agree it is the source's.
    """
    said = {name: {licences.normal(each) for each in beside.get(name, {}).values()} for name in given}
    known = {name: said[name].pop() if len(said[name]) == 1 else license for name, license in sorted(given.items())}
    whole = licences.roll_up(known)
    bars = licences.bars(known, edited=True)
    where = {name: dict(files) for name, files in sorted(beside.items()) if files}
    return {"sources": known, "said_in": where, "release": whole.license, "reason": whole.reason, "not_public": bars}


def _read(refused: pa.Table) -> dict[str, dict[str, int]]:
    lines = pl.DataFrame(refused).group_by("fate", "reason").len().sort("fate", "len", "reason", descending=[False, True, False])
    found: dict[str, dict[str, int]] = {}
    for fate, why, count in lines.iter_rows():
        found.setdefault(fate, {})[why] = count
    return found


def _counted(values: pl.Series) -> dict[str, int]:
    counts = values.drop_nulls().value_counts(name="rows")
    return dict(counts.sort(["rows", values.name], descending=[True, False]).iter_rows())


def duplicates(decided: Decided) -> dict[str, int]:
    """Rows like another: copies, nearly the same, with the same prompt."""
    ledger = pl.DataFrame(decided.ledger)
    fell = ledger.filter(pl.col("stage") == "overlap").with_columns(pl.col("reason").str.strip_prefix(PREFIX))
    counts = dict(fell["reason"].value_counts().iter_rows())
    alike = fell.filter(pl.col("reason").is_in(["copies", "near"]))
    counted = {"copies": "copies", "near": "near", "same prompt": "prompts"}
    return {"clusters": alike["twin"].n_unique(), **{name: counts.get(rule, 0) for name, rule in counted.items()}}


def pairs(decided: Decided) -> dict[str, Any]:
    """Pairs as the source ordered them: how often the longer answer wins, and what is doubtful about them."""
    found = next(each for each in decided.taken if each.name == "preference")
    assert found.compared is not None
    leaves = found.compared.filter(pl.col("reason").is_null())
    told: dict[str, Any] = {"pairs": len(leaves), "flags": dict(sorted(_counted(leaves["flags"].explode().drop_nulls()).items()))}
    bias = pl.DataFrame(found.bias or BIAS.empty_table())
    whole = bias.filter((pl.col("signal") == "length") & pl.col("source").is_null() & pl.col("gap_from").is_null())
    length = whole.drop_nulls("share").head(1)
    if len(length):
        told |= {f"longer_{name}": length[name][0] for name in ("share", "low", "high")}
    return told


def _cleaned(decided: Decided) -> dict[str, Any]:
    ledger = pl.DataFrame(decided.ledger)
    stage = pl.when(pl.col("fate") == "kept").then(pl.lit("kept")).otherwise("stage")
    funnel = ledger.select(stage=stage, reason=reason()).group_by("stage", "reason").len("rows")
    lines = funnel.sort("stage", "rows", "reason", descending=[False, True, False]).to_dicts()
    exports = dict(sorted((each.name, len(each.ids)) for each in decided.taken))
    return {"kept": int((ledger["fate"] == "kept").sum()), "exports": exports, "funnel": lines}
