"""Rows to read, by reason: the verdict in words, the text with its repairs marked, and fields to search and choose by."""

from collections.abc import Mapping
from typing import NamedTuple

from exports.report import differences
from exports.report.drawn import Drawn, Group, Line
from exports.report.harmless import shown

AWAY = '<p class="soft">(its text is not at hand)</p>'
REFUSED = '<p class="soft">(gave no row: its bytes lie in data/quarantine, and are never part of a release)</p>'


class Text(NamedTuple):
    """A row's messages as judged, and as read where an edit changed them."""

    messages: differences.Messages
    read: differences.Messages | None = None


def section(drawn: Drawn, texts: Mapping[str, Text], repairs: Mapping[str, str], most: int) -> str:
    """Every drawn row; `repairs`: edits of a row in words; `most` characters a turn."""
    rows = "".join(_row(group, line, texts, repairs, most) for group in drawn.groups for line in group.lines)
    return f"{_seek(drawn)}{rows}" if rows else "<p>No row came in.</p>"


def _seek(drawn: Drawn) -> str:
    reasons = "".join(
        f'<option value="{shown(_key(group))}">{shown(_key(group))} ({len(group.lines)} of {group.rows:,})</option>'
        for group in drawn.groups
    )
    names = sorted({line["source"] for group in drawn.groups for line in group.lines})
    sources = "".join(f'<option value="{shown(name)}">{shown(name)}</option>' for name in names)
    return (
        '<div class="seek" id="seek"><input id="words" type="search" placeholder="words to find" aria-label="words to find">'
        f'<select id="reason" aria-label="reason"><option value="">every reason</option>{reasons}</select>'
        f'<select id="source" aria-label="source"><option value="">every source</option>{sources}</select>'
        '<output id="told" aria-live="polite"></output></div>'
    )


def _key(group: Group) -> str:
    return group.reason if group.stage == group.reason else f"{group.stage}: {group.reason}"


def _row(group: Group, line: Line, texts: Mapping[str, Text], repairs: Mapping[str, str], most: int) -> str:
    text = texts.get(line["id"])
    drawn = differences.turns(text.messages, text.read, most) if text else REFUSED if line["stage"] == "read" else AWAY
    edited = (
        f'<p class="said">repaired: {shown(repairs[line["id"]])}; differences are marked</p>' if line["id"] in repairs else ""
    )
    twin = texts.get(line["twin"] or "")
    beside = (
        f"<details><summary>{shown(line['twin'])}, which stands</summary>{differences.turns(twin.messages, None, most)}</details>"
        if twin
        else ""
    )
    named = f'data-reason="{shown(_key(group))}" data-source="{shown(line["source"])}"'
    return (
        f'<article class="{shown(group.stage)}" {named}><div class="id">{shown(line["id"])}</div>'
        f'<p class="verdict">{shown(_verdict(group, line))}</p>{edited}{drawn}{beside}</article>'
    )


def _verdict(group: Group, line: Line) -> str:
    """Fate, the matched rule in words, and what else the row would have fallen to."""
    if line["fate"] == "kept":
        return f"kept: in {', '.join(line['exports'] or [])}"
    others = [name for name in line["broken"] or [] if name != line["reason"]]
    near = "" if line["similarity"] is None else f", similarity {line['similarity']:.3f}"
    parts = [
        f"{line['fate']} at {group.stage}: {line['reason']}",
        line["detail"] or "",
        f"it resembles {line['twin']}{near}" if line["twin"] else "",
        f"it would also have fallen to {', '.join(others)}" if others else "",
    ]
    return ". ".join(part for part in parts if part)
