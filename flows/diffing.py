"""Two releases beside each other: rows added, removed and changed, each with the reason, told from their files alone.

A row is in a release when its line of the ledger is kept. Rows are known by their ids: a record that moved is another.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows import releases
from schemas import recipe as recipes
from schemas.recipe import Recipe
from sql import duck

DIFF = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("change", pa.string()),  # added | removed | changed
        ("reason", pa.string()),  # the same words for all rows of one cause
        ("detail", pa.string()),  # of the release that has not the row, as its ledger says it
        ("twin", pa.string()),
        ("exports_before", pa.list_(pa.string())),
        ("exports_after", pa.list_(pa.string())),
    ]
)
_TURNS = ("messages", "prompt", "chosen", "rejected")
_ROWS = """
WITH texts AS (
  SELECT 'was' AS side, id, [{0}] AS turns FROM was_sft
  UNION ALL SELECT 'now', id, [{0}] FROM now_sft
  UNION ALL SELECT 'was', id, [{1}, {2}, {3}] FROM was_preference
  UNION ALL SELECT 'now', id, [{1}, {2}, {3}] FROM now_preference
),
edited AS (
  SELECT DISTINCT unnest(string_split(was.id, '|')) AS id
  FROM texts AS was JOIN texts AS now ON now.id = was.id
  WHERE was.side = 'was' AND now.side = 'now' AND was.turns <> now.turns
),
lines AS (
  SELECT coalesce(n.id, w.id) AS id, coalesce(n.source, w.source) AS source, coalesce(n.file, w.file) AS file,
    w.id AS was, w.fate AS was_fate, w.stage AS was_stage, w.reason AS was_reason, w.detail AS was_detail, w.twin AS was_twin,
    n.id AS now, n.fate AS now_fate, n.stage AS now_stage, n.reason AS now_reason, n.detail AS now_detail, n.twin AS now_twin,
    w.exports AS exports_before, n.exports AS exports_after, coalesce(n.id IN (FROM edited), false) AS edited
  FROM was_ledger AS w FULL JOIN now_ledger AS n ON n.id = w.id
)
SELECT lines.*, here.fate AS was_twin_now, there.id AS now_twin_was
FROM lines
LEFT JOIN now_ledger AS here ON here.id = was_twin
LEFT JOIN was_ledger AS there ON there.id = now_twin
WHERE coalesce(was_fate = 'kept', false) <> coalesce(now_fate = 'kept', false)
  OR (was_fate = 'kept' AND (exports_before <> exports_after OR edited))
ORDER BY lines.id
""".format(*(f"list_transform({turns}, lambda m: m.role || chr(31) || m.content)" for turns in _TURNS))

Row = dict[str, Any]


def diff(was: Path, now: Path) -> pa.Table:
    """Every row that is in one of two releases and not in the other, or in both and not the same (DIFF, sorted by id)."""
    con = duck.beside(was, now)
    recipe = [recipes.load(release / "recipe.yaml") for release in (was, now)]
    files = [{(each["source"], each["file"]) for each in releases.manifest(release)["inputs"]} for release in (was, now)]
    moved = _moved(*recipe)
    return pa.Table.from_pylist([_told(row, moved, *files) for row in duck.query(con, _ROWS).to_pylist()], DIFF)


def counts(found: pa.Table) -> list[Row]:
    """How many rows of each source changed, how, and why: the most first."""
    told = Counter(zip(*(found[name].to_pylist() for name in ("change", "reason", "source")), strict=True))
    lines = [
        {"change": change, "reason": reason, "source": source, "rows": rows} for (change, reason, source), rows in told.items()
    ]
    return sorted(lines, key=lambda line: (line["change"], -line["rows"], line["reason"], line["source"]))


def markdown(was: Path, now: Path, found: pa.Table) -> str:
    """The difference as a part of a dataset card."""
    before, after = (releases.manifest(release)["fingerprint"][:12] for release in (was, now))
    each = Counter(found["change"].to_pylist())
    lines = [
        f"### Changes since `{before}`",
        "",
        f"`{after}`: {each['added']:,} rows added, {each['removed']:,} removed, {each['changed']:,} changed.",
    ]
    if len(found):
        lines += ["", "| change | reason | source | rows |", "|---|---|---|---:|"]
        lines += [
            f"| {line['change']} | {_cell(line['reason'])} | {line['source']} | {line['rows']:,} |" for line in counts(found)
        ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _moved(was: Recipe, now: Recipe) -> set[str]:
    """The names of rules and parts that the two recipes have not alike."""
    said = [
        {
            **{name: str(rule) for name, rule in recipe.keep.items()},
            **{name: repr(rule) for name, rule in recipe.overlap.items()},
            **{
                name: str(rule)
                for each in (recipe.exports.sft, recipe.exports.preference)
                for name, rule in (each.keep if each else {}).items()
            },
            "budget": repr(recipe.exports.sft and recipe.exports.sft.select),
            "edits": repr(recipe.edits),
            "classifiers": repr(recipe.classifiers),
        }
        for recipe in (was, now)
    ]
    return {name for name in said[0].keys() | said[1].keys() if said[0].get(name) != said[1].get(name)}


def _told(row: Row, moved: set[str], old_files: set[tuple[str, str]], new_files: set[tuple[str, str]]) -> Row:
    stood, stands = row["was_fate"] == "kept", row["now_fate"] == "kept"
    if stood and stands:
        return {**row, "change": "changed", "reason": _changed(row, moved), "detail": None, "twin": None}
    side, files = ("was", old_files) if stands else ("now", new_files)
    if row[side] is None:
        reason = _absent(row, "new" if stands else "no longer a", files)
    else:
        reason = _fell(row, side, moved, stands=stands)
    told = {
        "change": "added" if stands else "removed",
        "reason": reason,
        "detail": row[f"{side}_detail"],
        "twin": row[f"{side}_twin"],
    }
    return row | told


def _absent(row: Row, word: str, files: set[tuple[str, str]]) -> str:
    """Why a release knows nothing of a row."""
    if row["source"] not in {source for source, _ in files}:
        return f"{word} source"
    return f"{word} record" if (row["source"], row["file"]) in files else f"{word} file"


def _fell(row: Row, side: str, moved: set[str], *, stands: bool) -> str:
    """What a row fell to on the side that has it not, and whether that is for a rule, a twin, an edit, or the rows around it."""
    stage, reason = row[f"{side}_stage"], row[f"{side}_reason"].removesuffix(" (unknown)")
    reason = next((f"{start} another row" for start in ("beginning of", "too like") if reason.startswith(start)), reason)
    said = f"{stage}: {reason}"
    if reason in moved:
        return f"{said} (the rule is another)"
    if stage == "overlap" and stands and row["was_twin_now"] != "kept":
        return f"{said} (its twin is not there any more)"
    if stage == "overlap" and not stands and row["now_twin_was"] is None:
        return f"{said} (its twin is new)"
    if stage != "read" and "edits" in moved:
        return f"{said} (the edits are others)"
    return said


def _changed(row: Row, moved: set[str]) -> str:
    if row["edited"]:
        return "text: the edits are others" if "edits" in moved else "text: the record is another"
    return f"exports: {' and '.join(row['exports_before'])} before, {' and '.join(row['exports_after'])} after"
