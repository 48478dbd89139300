"""What became of a row, in words: samples to read, one row's whole story, a dropped row beside its twin."""

import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from flows import releases, screen
from flows.places import Places
from schemas import recipe as recipes
from schemas.faults import UsageFault
from schemas.ledger import of_its_comparison
from sql import duck

_SAMPLE = """
WITH said AS (SELECT id, reason, broken FROM ledger UNION ALL SELECT id, reason, broken FROM omitted)
SELECT * FROM ledger WHERE fate = $reason OR list_contains(exports, $reason) OR id IN (
  SELECT id FROM said WHERE reason = $reason OR reason = $reason || ' (unknown)' OR list_contains(broken, $reason)
    OR regexp_replace(reason, '^(beginning of|too like) .*', '\\1 another row', 's') = $reason)
ORDER BY md5(id || $seed), id LIMIT $n
"""
_WINS = """SELECT * FROM bias WHERE source IS NULL AND gap_from IS NULL AND share IS NOT NULL
ORDER BY signal <> 'length', signal, stage DESC"""
_TWINS = """
SELECT * FROM ledger WHERE twin IS NOT NULL AND stage = 'overlap' AND unit IS NULL AND similarity < 1
ORDER BY similarity, id LIMIT 1
"""
AWAY = "(no text at hand: it lies in data/work, which was deleted or is on another machine; run the recipe again)"
_BAR = 10  # columns of the longest bar of the funnel
_NAMED = re.compile(r"^(beginning of|too like) .*", re.DOTALL)  # a row, which the funnel leaves out


def ask(release: Path, query: str, **params: Any) -> list[dict[str, Any]]:
    """Rows of one query over a release."""
    return duck.query(duck.release(release), query, params or None).to_pylist()


def sample(release: Path, reason: str, n: int, seed: int) -> list[dict[str, Any]]:
    """A seeded draw of ledger lines with this fate, reason, broken rule or export, kept rows that an export left out for it too.

    Raises UsageFault naming what there is.
    """
    lines = ask(release, _SAMPLE, reason=reason, n=n, seed=str(seed))
    if not lines:
        query = "SELECT DISTINCT coalesce(reason, fate) AS name FROM ledger UNION SELECT DISTINCT reason FROM omitted"
        known = {_NAMED.sub(r"\1 another row", each["name"]) for each in ask(release, query)} | {"dropped", "quarantined"}
        raise UsageFault(f"nothing is {reason!r} in this release; {recipes.nearest(reason, known)}")
    return lines


def count(release: Path, reason: str) -> int:
    """How many ledger lines `sample` draws from."""
    return len(ask(release, _SAMPLE, reason=reason, n=2**62, seed=""))


def verdict(line: dict[str, Any]) -> str:
    """Fate, rule, values and twin of a ledger line, in one or two lines of words."""
    if line["fate"] == "kept":
        said = f"kept: in {', '.join(line['exports'])}"
    else:
        said = f"{line['fate']} at {line['stage']}: {line['reason']}"
    if line["detail"]:
        said += f"\n  {line['detail']}"
    if line["twin"]:
        near = "" if line["similarity"] is None else f", similarity {line['similarity']:.3f}"
        who = f"its comparison, by {line['unit']}, is like {line['twin']}" if of_its_comparison(line) else f"twin {line['twin']}"
        said += f"\n  {who}{near}"
    others = [name for name in line["broken"] or [] if name != line["reason"]]
    return said + (f"\n  also: {', '.join(others)}" if others else "")


def raw(home: Places, release: Path, row: str) -> str:
    """The bytes of a quarantined record, as text; a few words where they are not at hand."""
    file = home.quarantine / f"{release.name}.parquet"
    found = pq.read_table(file, filters=[("id", "=", row)]).to_pylist() if file.is_file() else []
    if not found or found[0]["raw"] is None:
        return AWAY
    return found[0]["raw"].decode("utf-8", "backslashreplace")


def funnel(release: Path, to: Console) -> None:
    """The funnel, all sources together, a bar beside each share of the rows: within 80 columns, however long a reason is."""
    query = """WITH summed AS (
      SELECT stage, reason, sum(rows)::BIGINT AS rows, sum(words)::BIGINT AS words FROM funnel GROUP BY ALL)
    FROM summed ORDER BY list_position(['in', 'read', 'keep', 'overlap', 'export', 'kept'], stage), rows DESC, reason"""
    lines = ask(release, query)
    whole = max([line["rows"] for line in lines if line["stage"] == "in"], default=0)
    drawn = Table(title="what became of every row", title_justify="left", box=None, pad_edge=False, header_style="bold", width=80)
    for name, width, side in (("stage", 7, "left"), ("reason", 28, "left"), ("rows", 13, "right"), ("words", 14, "right")):
        drawn.add_column(name, width=width, justify=side, no_wrap=True, overflow="ellipsis")  # type: ignore[arg-type]
    drawn.add_column("", width=_BAR, no_wrap=True)
    for line in lines:
        bar = "█" * max(1, round(_BAR * line["rows"] / whole)) if line["rows"] and whole else ""
        told = (line["stage"], screen.line(line["reason"] or ""), f"{line['rows']:,}", f"{line['words']:,}")
        drawn.add_row(*told, bar, style="green" if line["stage"] == "kept" else "")
    to.print(drawn)


def paths(home: Places, release: Path, to: Console) -> None:
    """What to open of a release, a line each: links, where the terminal knows these. First the page with every text."""
    for file in (home.reports / f"{release.parent.name}.html", release / "README.md", release / "ledger.parquet"):
        if file.is_file():
            to.print(Text(f"  {file}", style=Style(link=file.absolute().as_uri())), soft_wrap=True)


def evidence(release: Path, to: Console) -> None:
    """What each trained classifier showed on rows it had not seen, beside length alone."""
    for name, facts in sorted(releases.manifest(release).get("classifiers", {}).items()):
        held = sum(facts["held_out"].values())
        to.print(
            f"classifier {name}: AUC {facts['auc']:.3f} on {held:,} held-out rows; length alone {facts['auc_of_length']:.3f}"
        )


def wins(release: Path, to: Console) -> None:
    """How often the longer answer of a pair wins, before and after balancing."""
    for line in ask(release, _WINS):
        what = "the longer answer wins" if line["signal"] == "length" else f"the side with more of {line['signal']} wins"
        told = f"{line['share']:.1%} ({line['low']:.1%} to {line['high']:.1%}) of {line['wins'] + line['losses']:,.0f} pairs"
        to.print(f"{line['stage']} balancing: {what} {told}" if line["stage"] == "after" else f"pairs: {what} {told}")


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
