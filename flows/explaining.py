"""One row's whole story, a line each: where it came from, its group, edits, every rule and what it read, twins, exports."""

from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from flows import releases, screen, story
from flows.places import Places
from flows.units import ROW_COLUMNS
from schemas import recipe as recipes
from schemas.faults import MissingFault
from sql import duck, rules
from sql.judge import judge

_PAIRS = """
SELECT other, near.similarity, key, fate, reason FROM (
  SELECT other, similarity, key FROM pairs WHERE id = $id
  UNION ALL SELECT id, similarity, key FROM pairs WHERE other = $id) AS near
JOIN ledger ON ledger.id = other ORDER BY ALL
"""

Row = dict[str, Any]


def explain(home: Places, release: Path, row: str, to: Console, most: int | None) -> None:
    """Print one row's story. Raises MissingFault with the nearest ids."""
    found = story.ask(release, "SELECT * FROM ledger WHERE id = $id", id=row)
    if not found:
        near = story.ask(release, "SELECT id FROM ledger ORDER BY levenshtein(id, $id), id LIMIT 3", id=row[:200])
        raise MissingFault(f"no row {row!r} in {release}; nearest: {', '.join(each['id'] for each in near)}")
    line = found[0]
    group = "SELECT id, fate, stage, reason, exports FROM ledger WHERE id = $id OR group_id = $group ORDER BY id"
    members = story.ask(release, group, id=row, group=line["group_id"])
    texts = releases.texts(home, release, [row, line["twin"] or row, *(member["id"] for member in members)])
    to.rule(screen.safe(row), align="left")
    to.print(screen.safe(story.verdict(line)), style="yellow")
    _say(
        to, "from", f"{line['source']}, file {line['file']}, record {line['record']:,} (the first is 0), byte {line['offset']:,}"
    )
    if line["stage"] == "read":
        to.print(screen.safe(story.raw(home, release, row)), soft_wrap=True)
        return
    if line["group_id"]:
        to.print(screen.rows(pa.Table.from_pylist(members), title=f"its group of {len(members)} answers"))
    _edits(release, row, to)
    _rules(release, line, members, texts, to)
    _twins(release, row, to)
    _exports(release, line, to)
    _texts(row, line["twin"], texts, to, most)


def _say(to: Console, what: str, text: str) -> None:
    to.print(screen.safe(f"{what:<8} {text}"), soft_wrap=True)


def _edits(release: Path, row: str, to: Console) -> None:
    repairs = story.ask(release, "SELECT turn, edit, count FROM edits WHERE id = $id ORDER BY turn, edit", id=row)
    _say(to, "edits", ", ".join(f"{each['edit']} x{each['count']} in turn {each['turn']}" for each in repairs) or "none")


def _rules(release: Path, line: Row, members: list[Row], texts: dict[str, Row], to: Console) -> None:
    """The rules of `keep` over the row that its group is judged by, those of `sft` over the row itself, and all signals."""
    asked = recipes.load(release / "recipe.yaml")
    best = min((member["id"] for member in members), key=lambda member: _place(texts.get(member, {}), member))
    own = _values(release, line["id"], len(members), texts)
    _checked("keep", asked.keep, own if best == line["id"] else _values(release, best, len(members), texts), to)
    if best != line["id"]:
        _say(to, "", f"(of {best}, the best answer of the group, by which the group is judged)")
    if best != line["id"] and asked.exports.sft:
        _say(to, "sft", "not asked: it learns from the best answer of a group alone")
    elif asked.exports.sft and line["stage"] not in ("keep", "overlap"):
        _checked("sft", asked.exports.sft.keep, own, to)
    said = [f"{name} {screen.cell(value[0])}" for name, value in own.to_pydict().items() if value[0] is not None]
    _say(to, "signals", ", ".join(said))


def _place(row: Row, id: str) -> tuple[Any, ...]:
    """Where an answer stands in its group, as `units` has it: by rank, else by score, those marked as bad last, ties by id."""
    rank, score = row.get("rank"), row.get("score")
    return (rank is None, rank or 0, score is None, -(score or 0), row.get("label") is False, id)


def _values(release: Path, row: str, size: int, texts: dict[str, Row]) -> pa.Table:
    """What a rule could read of one row, as a table of one line; without its text at hand, its signals alone."""
    found = duck.query(duck.release(release), "SELECT * EXCLUDE (id) FROM signals WHERE id = $id", {"id": row})
    source = row.split("/", 1)[0]
    license = releases.manifest(release)["sources"][source]["license"]
    beside = {"source": source, "license": license, **texts.get(row, {}), "group_size": size}
    for name, kind in ROW_COLUMNS.items():
        if name in beside and name not in found.column_names:
            found = found.append_column(name, pa.array([beside[name]], kind))
    return found


def _checked(what: str, asked: dict[str, recipes.Rule], row: pa.Table, to: Console) -> None:
    """Each rule with its verdict on one row, and the values it read."""
    types = {field.name: field.type for field in row.schema}
    for name, rule in asked.items():
        missing = rules.columns_used(rule.sql) - types.keys()
        if missing:
            said, read = "not told", f"{', '.join(sorted(missing))} lies in data/work, which is not at hand"
        else:
            checked = rules.check(name, rule.sql, types, rule.why)
            broken = judge(row, [checked])["broken"][0].as_py()
            said = "passed" if not broken else "FAILED" if broken == [name] else "unknown"
            read = ", ".join(f"{column} {screen.cell(row[column][0].as_py()) or 'unknown'}" for column in checked.columns)
        _say(to, what, f"{said:<9}{name}: {' '.join(rule.sql.split())}  [{read}]")
        what = ""


def _twins(release: Path, row: str, to: Console) -> None:
    """Every verified look-alike, and what became of it."""
    what = "twins"
    for pair in story.ask(release, _PAIRS, id=row):
        fate = pair["fate"] if pair["fate"] == "kept" else f"{pair['fate']}: {pair['reason']}"
        _say(to, what, f"{pair['other']}, the same {pair['key']} by {pair['similarity']:.0%} ({fate})")
        what = ""
    if what:
        _say(to, what, "none: no other row is as similar as a rule of `overlap` asks for")


def _exports(release: Path, line: Row, to: Console) -> None:
    """Which export took the row, in which split, and in a pair with whom."""
    found = []
    if "sft" in line["exports"]:
        found += [f"sft/{each['split']}" for each in story.ask(release, "SELECT split FROM sft WHERE id = $id", id=line["id"])]
    if "preference" in line["exports"]:
        query = "SELECT id, split, score_margin FROM preference WHERE $id IN (split_part(id, '|', 1), split_part(id, '|', 2))"
        for pair in story.ask(release, query, id=line["id"]):
            better, worse = pair["id"].split("|", 1)
            role = f"chosen over {worse}" if better == line["id"] else f"rejected for {better}"
            margin = "" if pair["score_margin"] is None else f", {pair['score_margin']:g} points apart"
            found.append(f"preference/{pair['split']}, {role}{margin}")
    _say(to, "exports", "; ".join(found) or "none")


def _texts(row: str, twin: str | None, texts: dict[str, Row], to: Console, most: int | None) -> None:
    """The conversation as it was judged, and that of its twin."""
    if row in texts:
        screen.conversation(texts[row], to, most)
    else:
        to.print(story.AWAY)
    if twin in texts:
        to.rule(screen.safe(f"its twin {twin}"), align="left")
        screen.conversation(texts[twin], to, most)
