"""One row's whole story, a line each: where it came from, its group, edits, every rule and what it read, twins, exports."""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from duckdb import DuckDBPyConnection
from rich.console import Console

from flows import finding, marking, releases, screen, story
from flows.places import Places
from schemas import recipe as recipes
from schemas.faults import MissingFault
from schemas.ledger import of_its_comparison
from schemas.rows import ROW_COLUMNS
from sql import duck, rules
from sql.judge import judge

_PAIRS = """
SELECT other, near.similarity, key, coalesce(fate, 'published') AS fate, coalesce(reason, '') AS reason FROM (
  SELECT other, similarity, key FROM pairs WHERE id = $id
  UNION ALL SELECT id, similarity, key FROM pairs WHERE other = $id) AS near
LEFT JOIN ledger ON ledger.id = other ORDER BY ALL
"""

_LISTED = 20  # rows that hold a fragment are shown up to so many

_EDITS = "SELECT turn, edit, count FROM edits WHERE id = $id ORDER BY turn, edit"

Row = dict[str, Any]


class Opened(NamedTuple):
    """A release that is asked."""

    home: Places
    release: Path
    recipe: recipes.Recipe
    con: DuckDBPyConnection

    def ask(self, query: str, **params: Any) -> list[Row]:
        """Rows of one query."""
        return duck.query(self.con, query, params).to_pylist()


def explain(home: Places, release: Path, asked: str, to: Console, most: int | None, *, as_json: bool = False) -> None:
    """Print the story of a row, by its id or by a fragment of its text; a list where several rows hold that.

    Raises MissingFault with the nearest ids.
    """
    of = Opened(home, release, recipes.load(release / "recipe.yaml"), duck.release(release))
    found = of.ask("SELECT * FROM ledger WHERE id = $id", id=asked)
    if not found:
        held = finding.find(home, release, asked)
        found = of.ask("SELECT * FROM ledger WHERE list_contains($ids, id) ORDER BY id", ids=[row.id for row in held])
        if len(found) > 1:
            return _list(found, held, asked, to, as_json=as_json)
    if not found:
        near = of.ask("SELECT id FROM ledger ORDER BY levenshtein(id, $id), id LIMIT 3", id=asked[:200])
        ids = ", ".join(each["id"] for each in near)
        raise MissingFault(f"no row {asked!r} in {release}, and none that says so; nearest ids: {ids}")
    if as_json:
        return _as_json(of, found[0])
    return _story(of, found[0], to, most)


def _story(of: Opened, line: Row, to: Console, most: int | None) -> None:
    row = line["id"]
    group = "SELECT id, fate, stage, reason, exports FROM ledger WHERE id = $id OR group_id = $group ORDER BY id"
    members = of.ask(group, id=row, group=line["group_id"])
    texts = releases.texts(of.home, of.release, [row, line["twin"] or row, *(member["id"] for member in members)])
    to.rule(screen.safe(row), align="left")
    to.print(screen.safe(story.verdict(line)), style="yellow")
    _say(
        to, "from", f"{line['source']}, file {line['file']}, record {line['record']:,} (the first is 0), byte {line['offset']:,}"
    )
    if line["stage"] == "read":
        to.print(screen.safe(story.raw(of.home, of.release, row)), soft_wrap=True)
        return
    if line["group_id"]:
        to.print(screen.rows(pa.Table.from_pylist(members), title=f"its group of {len(members)} answers"))
    _edits(of, row, to)
    _rules(of, line, members, texts, to)
    _twins(of, row, to)
    _exports(of, line, to)
    _texts(of.recipe, line, texts, to, most)


def _as_json(of: Opened, line: Row) -> None:
    """The same story for machines: one object; places of shared parts are turn, start and end in the text of that turn."""
    texts = releases.texts(of.home, of.release, [line["id"], line["twin"] or line["id"]])
    row, twin = (texts.get(id or "", {}) for id in (line["id"], line["twin"]))
    marks = marking.marked(of.recipe, line, row, twin or None) if row else None
    sides = {"row": marks.row, "twin": marks.twin} if marks else {}
    told = {
        **line,
        "edits": of.ask(_EDITS, id=line["id"]),
        "twins": of.ask(_PAIRS, id=line["id"]),
        "signals": of.ask("SELECT * EXCLUDE (id) FROM signals WHERE id = $id", id=line["id"])[:1],
        "messages": row.get("messages"),
        "twin_messages": twin.get("messages"),
        "shared": {side: [[turn, *span] for turn in sorted(spans) for span in spans[turn]] for side, spans in sides.items()},
    }
    sys.stdout.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")


def _list(lines: list[Row], held: list[finding.Found], asked: str, to: Console, *, as_json: bool) -> None:
    """Several rows that hold a fragment: ids, fates, and the words around it."""
    around = {row.id: row.around for row in held}
    told = [{name: line[name] for name in ("id", "fate", "reason")} | {"text": around[line["id"]]} for line in lines]
    if as_json:
        sys.stdout.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in told)
        return
    to.print(screen.rows(pa.Table.from_pylist(told[:_LISTED])))
    to.print(screen.safe(f"{len(told):,} rows hold {asked!r}: explain one by its id, or say more of its text"), soft_wrap=True)


def _say(to: Console, what: str, text: str) -> None:
    to.print(screen.safe(f"{what:<8} {text}"), soft_wrap=True)


def _edits(of: Opened, row: str, to: Console) -> None:
    repairs = of.ask(_EDITS, id=row)
    _say(to, "edits", ", ".join(f"{each['edit']} x{each['count']} in turn {each['turn']}" for each in repairs) or "none")


def _rules(of: Opened, line: Row, members: list[Row], texts: dict[str, Row], to: Console) -> None:
    """The rules of `keep` over the row that its group is judged by, those of `sft` over the row itself, and all signals."""
    best = min((member["id"] for member in members), key=lambda member: _place(texts.get(member, {}), member))
    own = _values(of, line["id"], len(members), texts)
    _checked("keep", of.recipe.keep, own if best == line["id"] else _values(of, best, len(members), texts), to)
    if best != line["id"]:
        _say(to, "", f"(of {best}, the best answer of the group, by which the group is judged)")
    if best != line["id"] and of.recipe.exports.sft:
        _say(to, "sft", "not asked: it learns from the best answer of a group alone")
    elif of.recipe.exports.sft and line["stage"] not in ("keep", "overlap"):
        _checked("sft", of.recipe.exports.sft.keep, own, to)
    said = [f"{name} {screen.cell(value[0])}" for name, value in own.to_pydict().items() if value[0] is not None]
    _say(to, "signals", ", ".join(said))


def _place(row: Row, id: str) -> tuple[Any, ...]:
    """Where an answer stands in its group, as `units` has it: by rank, else by score, those marked as bad last, ties by id."""
    rank, score = row.get("rank"), row.get("score")
    return (rank is None, rank or 0, score is None, -(score or 0), row.get("label") is False, id)


def _values(of: Opened, row: str, size: int, texts: dict[str, Row]) -> pa.Table:
    """What a rule could read of one row, as a table of one line; without its text at hand, its signals alone."""
    found = duck.query(of.con, "SELECT * EXCLUDE (id) FROM signals WHERE id = $id", {"id": row})
    source = row.split("/", 1)[0]
    license = releases.manifest(of.release)["sources"][source]["license"]
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


def _twins(of: Opened, row: str, to: Console) -> None:
    """Every verified look-alike, and what became of it."""
    what = "twins"
    for pair in of.ask(_PAIRS, id=row):
        fate = pair["fate"] if pair["fate"] in ("kept", "published") else f"{pair['fate']}: {pair['reason']}"
        _say(to, what, f"{pair['other']}, the same {pair['key']} by {pair['similarity']:.0%} ({fate})")
        what = ""
    if what:
        _say(to, what, "none: no other row is as similar as a rule of `overlap` asks for")


def _splits(of: Opened, export: str, id: str) -> list[str]:
    """The splits in which an export holds a row, whole, in parts, or as one side of a pair."""
    query = """SELECT DISTINCT split FROM exported WHERE export = $export
        AND (id = $id OR starts_with(id, $id || '/part') OR starts_with(id, $id || '|') OR ends_with(id, '|' || $id))
        ORDER BY split"""
    return [each["split"] for each in of.ask(query, export=export, id=id)]


def _exports(of: Opened, line: Row, to: Console) -> None:
    """Which export took the row, in which split, and in a pair with whom."""
    found = []
    if "sft" in line["exports"]:
        found += [f"sft/{split}" for split in _splits(of, "sft", line["id"])]
    if "preference" in line["exports"]:
        query = "SELECT id, split, score_margin FROM preference WHERE $id IN (split_part(id, '|', 1), split_part(id, '|', 2))"
        for pair in of.ask(query, id=line["id"]):
            better, worse = pair["id"].split("|", 1)
            role = f"chosen over {worse}" if better == line["id"] else f"rejected for {better}"
            margin = "" if pair["score_margin"] is None else f", {pair['score_margin']:g} points apart"
            found.append(f"preference/{pair['split']}, {role}{margin}")
    if "ties" in line["exports"]:
        query = "SELECT id, split FROM ties WHERE $id IN (split_part(id, '|', 1), split_part(id, '|', 2))"
        for tie in of.ask(query, id=line["id"]):
            other = next(id for id in tie["id"].split("|") if id != line["id"])
            found.append(f"ties/{tie['split']}, even with {other}")
    for name in sorted({*line["exports"]} - {"sft", "preference", "ties"}):
        found += [f"{name}/{split}" for split in _splits(of, name, line["id"])]
    _say(to, "exports", "; ".join(found) or "none")


def _texts(asked: recipes.Recipe, line: Row, texts: dict[str, Row], to: Console, most: int | None) -> None:
    """The conversation as it was judged, and that of its twin, with what both share marked."""
    row, twin = texts.get(line["id"]), texts.get(line["twin"] or "")
    if row is None:
        to.print(story.AWAY)
        return
    marks = marking.marked(asked, line, row, twin)
    if marks:
        how = "green" if to.is_terminal else f"between {screen.OPEN} and {screen.CLOSE}"
        _say(to, "shared", f"{how}: {marks.said}")
    screen.conversation(row, to, most, marks and marks.row)
    if twin:
        whose = "its comparison's twin" if of_its_comparison(line) else "its twin"
        to.rule(screen.safe(f"{whose} {line['twin']}"), align="left")
        screen.conversation(twin, to, most, marks and marks.twin)
