"""Rows to read, by reason: the verdict in words, the text with its repairs marked, and fields to search and choose by."""

from collections.abc import Mapping
from typing import NamedTuple

from exports.report import differences
from exports.report.drawn import KEPT, Drawn, Group, Line
from exports.report.harmless import shown
from schemas.ledger import of_its_comparison

AWAY = '<p class="soft">(its text is no part of this page)</p>'
REFUSED = '<p class="soft">(gave no row: its bytes lie in data/quarantine, and are never part of a release)</p>'


class Text(NamedTuple):
    """A row's messages as judged, and as read where an edit changed them."""

    messages: differences.Messages
    read: differences.Messages | None = None


def section(drawn: Drawn, texts: Mapping[str, Text], repairs: Mapping[str, str], most: int) -> str:
    """Every drawn row; `repairs`: edits of a row in words; `most` characters a turn."""
    rows = "".join(row(named(group), line, texts, repairs, most) for group in drawn.groups for line in group.lines)
    more = '<button id="more" type="button" hidden>show more</button>'
    return f"{_seek(drawn)}{rows}{more}" if rows else "<p>No row came in.</p>"


def _seek(drawn: Drawn) -> str:
    reasons = "".join(
        f'<option value="{shown(named(group))}">{shown(named(group))} ({len(group.lines)} of {group.rows:,})</option>'
        for group in drawn.groups
    )
    names = sorted({line["source"] for group in drawn.groups for line in group.lines})
    sources = "".join(f'<option value="{shown(name)}">{shown(name)}</option>' for name in names)
    return (
        '<p class="soft">A seeded draw of each reason, and of what was kept. Repairs are marked: '
        "<del>as read</del> <ins>as judged</ins>.</p>"
        '<div class="seek" id="seek"><input id="words" type="search" placeholder="words to find" aria-label="words to find">'
        f'<select id="reason" aria-label="reason"><option value="">every reason</option>{reasons}</select>'
        f'<select id="source" aria-label="source"><option value="">every source</option>{sources}</select>'
        '<output id="told" aria-live="polite"></output></div>'
    )


def named(group: Group) -> str:
    """Stage and reason, as one writes them."""
    return group.reason if group.stage == group.reason else f"{group.stage}: {group.reason}"


def row(
    reason: str, line: Line, texts: Mapping[str, Text], repairs: Mapping[str, str], most: int, *, top: str = "", more: str = ""
) -> str:
    """One row to read; `line` is its line of the ledger, `reason` what it is chosen by; `top` is HTML instead of its id."""
    edited = f'<p class="said">repaired: {shown(repairs[line["id"]])}</p>' if line["id"] in repairs else ""
    chosen = f'class="{shown(line["stage"] or KEPT)}" data-reason="{shown(reason)}" data-source="{shown(line["source"])}"'
    return (
        f'<article {chosen}><div class="id">{top or shown(line["id"])}</div>'
        f"{verdict(line)}{edited}{_told(line, texts, most)}{more}</article>"
    )


def _told(line: Line, texts: Mapping[str, Text], most: int) -> str:
    """The row's turns, and beside them the row that it resembles, or another answer of its group."""
    text = texts.get(line["id"])
    if text is None:
        return REFUSED if line["stage"] == "read" else AWAY
    other = next((texts[id] for id in line.get("beside") or [] if id in texts), None)
    if other and not text.read:
        return differences.side_by_side(text.messages, other.messages, ("this answer", "another answer to the same"), most)
    drawn = differences.turns(text.messages, text.read, most)
    if line["twin"] not in texts or of_its_comparison(line):
        return drawn
    twin = differences.turns(texts[line["twin"]].messages, text.messages, most)
    said = f"beside {line['twin']}, which stands: differences are marked"
    return f"{drawn}<details><summary>{shown(said)}</summary>{twin}</details>"


def verdict(line: Line) -> str:
    """Fate, the matched rule in words, and what else the row would have fallen to."""
    if line["fate"] == "kept":
        more = f"<small>{shown(line['detail'])}</small>" if line["detail"] else ""
        return f'<p class="verdict">kept: in {shown(", ".join(line["exports"] or []))}{more}</p>'
    others = [name for name in line["broken"] or [] if name != line["reason"]]
    near = "" if line["similarity"] is None else f", similarity {line['similarity']:.3f}"
    who = f"its comparison, by {line['unit']}," if of_its_comparison(line) else "it"
    parts = [
        line["detail"] or "",
        f"{who} resembles {line['twin']}{near}" if line["twin"] else "",
        f"it would also have fallen to {', '.join(others)}" if others else "",
    ]
    fell = f"{line['fate']} at {line['stage']}: {line['reason']}"
    said = ". ".join(part for part in parts if part)
    return f'<p class="verdict">{shown(fell)}<small>{shown(said)}</small></p>'
