"""What became of a row, in words: samples to read, one row's whole story, a dropped row beside its twin."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from flows import releases, screen
from flows.places import Places
from schemas import recipe as recipes
from schemas.faults import MissingFault, UsageFault
from sql import duck

_SAMPLE = """
SELECT * FROM ledger WHERE (fate = $reason OR reason = $reason OR reason = $reason || ' (unknown)'
                            OR list_contains(broken, $reason) OR list_contains(exports, $reason))
ORDER BY md5(id || $seed), id LIMIT $n
"""
_TWINS = """
SELECT * FROM ledger WHERE twin IS NOT NULL AND stage = 'overlap' AND similarity < 1
ORDER BY similarity, id LIMIT 1
"""


def ask(release: Path, query: str, **params: Any) -> list[dict[str, Any]]:
    """Rows of one query over a release."""
    return duck.query(duck.release(release), query, params or None).to_pylist()


def sample(release: Path, reason: str, n: int, seed: int) -> list[dict[str, Any]]:
    """A seeded draw of ledger lines with this fate, reason, broken rule or export. Raises UsageFault naming what there is."""
    lines = ask(release, _SAMPLE, reason=reason, n=n, seed=str(seed))
    if not lines:
        known = ask(release, "SELECT DISTINCT coalesce(reason, fate) AS name FROM ledger ORDER BY name")
        raise UsageFault(f"nothing is {reason!r} in this release; {recipes.nearest(reason, [each['name'] for each in known])}")
    return lines


def count(release: Path, reason: str) -> int:
    """How many ledger lines `sample` draws from."""
    return len(ask(release, _SAMPLE, reason=reason, n=2**62, seed=""))


def verdict(line: dict[str, Any]) -> str:
    """Fate, rule, values and twin of a ledger line, in one or two lines of words."""
    if line["fate"] == "kept":
        return f"kept: in {', '.join(line['exports'])}"
    said = f"{line['fate']} at {line['stage']}: {line['reason']}"
    if line["detail"]:
        said += f"\n  {line['detail']}"
    if line["twin"]:
        said += f"\n  twin {line['twin']}, similarity {line['similarity']:.3f}"
    others = [name for name in line["broken"] or [] if name != line["reason"]]
    return said + (f"\n  also: {', '.join(others)}" if others else "")


def raw(home: Places, release: Path, row: str) -> str:
    """The bytes of a quarantined record, as text; a few words where they are not at hand."""
    file = home.quarantine / f"{release.name}.parquet"
    found = pq.read_table(file, filters=[("id", "=", row)]).to_pylist() if file.is_file() else []
    if not found or found[0]["raw"] is None:
        return "(no text at hand: it lies in data/work, which was deleted or is on another machine; run the recipe again)"
    return found[0]["raw"].decode("utf-8", "backslashreplace")


def explain(home: Places, release: Path, row: str, to: Console, most: int | None) -> None:
    """Print one row's story. Raises MissingFault with the nearest ids."""
    found = ask(release, "SELECT * FROM ledger WHERE id = $id", id=row)
    if not found:
        near = ask(release, "SELECT id FROM ledger ORDER BY levenshtein(id, $id), id LIMIT 3", id=row[:200])
        raise MissingFault(f"no row {row!r} in {release}; nearest: {', '.join(each['id'] for each in near)}")
    line = found[0]
    to.rule(screen.safe(row), align="left")
    to.print(screen.safe(verdict(line)), style="yellow")
    to.print(screen.safe(f"from {line['source']}, file {line['file']}, record {line['record']:,}, byte {line['offset']:,}"))
    if line["group_id"]:
        _members(release, line["group_id"], to)
    _repairs(release, row, to)
    _values(release, row, to)
    texts = releases.texts(home, release, [each for each in (row, line["twin"]) if each])
    if row in texts:
        screen.conversation(texts[row], to, most)
    elif line["stage"] == "read":
        to.print(screen.safe(raw(home, release, row)), soft_wrap=True)
    if line["twin"] in texts:
        to.rule(screen.safe(f"its twin {line['twin']}"), align="left")
        screen.conversation(texts[line["twin"]], to, most)


def funnel(release: Path, to: Console) -> None:
    """The funnel, all sources together."""
    query = """WITH summed AS (
      SELECT stage, reason, sum(rows)::BIGINT AS rows, sum(words)::BIGINT AS words FROM funnel GROUP BY ALL)
    FROM summed ORDER BY list_position(['in', 'read', 'keep', 'overlap', 'export', 'kept'], stage), rows DESC, reason"""
    to.print(screen.rows(duck.query(duck.release(release), query), title="what became of every row"))


def evidence(release: Path, to: Console) -> None:
    """What each trained classifier showed on rows it had not seen, beside length alone."""
    for name, facts in sorted(releases.manifest(release).get("classifiers", {}).items()):
        held = sum(facts["held_out"].values())
        to.print(
            f"classifier {name}: AUC {facts['auc']:.3f} on {held:,} held-out rows; length alone {facts['auc_of_length']:.3f}"
        )


def twins(home: Places, release: Path, to: Console) -> None:
    """One row that fell as a near-duplicate, beside the row that it resembles."""
    for line in ask(release, _TWINS):
        texts = releases.texts(home, release, [line["id"], line["twin"]])
        for said, row in (("dropped", line["id"]), ("its twin, which stands", line["twin"])):
            to.rule(screen.safe(f"{said}: {row}"), align="left")
            if row == line["id"]:
                to.print(screen.safe(verdict(line)), style="yellow")
            if row in texts:
                screen.conversation(texts[row], to, 600)


def _members(release: Path, group: str, to: Console) -> None:
    members = ask(release, "SELECT id, fate, reason, exports FROM ledger WHERE group_id = $group ORDER BY id", group=group)
    to.print(screen.rows(pa.Table.from_pylist(members), title=f"its group of {len(members)} answers"))


def _repairs(release: Path, row: str, to: Console) -> None:
    repairs = ask(release, "SELECT turn, edit, count FROM edits WHERE id = $id ORDER BY turn, edit", id=row)
    said = ", ".join(f"{each['edit']} x{each['count']} in turn {each['turn']}" for each in repairs)
    to.print(screen.safe(f"edits: {said or 'none'}"))


def _values(release: Path, row: str, to: Console) -> None:
    for values in ask(release, "SELECT * FROM signals WHERE id = $id", id=row):
        said = ", ".join(f"{name} {screen.cell(value)}" for name, value in values.items() if name != "id" and value is not None)
        to.print(screen.safe(f"signals: {said}"))
