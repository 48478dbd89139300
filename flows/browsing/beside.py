"""The pages of rows beside each other: clusters, pairs that are alike, pairs that leave, any two."""

from typing import Any

from exports.report import differences
from exports.report.harmless import shown
from exports.report.samples import AWAY
from flows.browsing import pieces
from flows.browsing.pieces import Shown, link
from schemas.faults import MissingFault

_CLUSTERS, _PAIRS = 40, 5  # of a page
_PAGE = "SELECT * FROM {table} WHERE line {than} $line ORDER BY line {order} LIMIT $most"

Row = dict[str, Any]
Place = tuple[int | None, int | None]  # the line after which a page begins, or before which it ends


def clusters(to: Shown, place: Place) -> str:
    """Rows that stand, with how many fell to each, the largest clusters first."""
    lines, ways = _page(to, "clusters", "clusters", _CLUSTERS, place)
    [sums] = to.of.ask("SELECT count(*) AS clusters, coalesce(sum(fell), 0)::BIGINT AS fell FROM clusters")
    told = f'<p class="soft">{sums["fell"]:,} rows fell to {sums["clusters"]:,} that stand, which they resemble.</p>'
    items = "".join(
        f'<li><a href="{link("cluster", id=line["twin"])}">{shown(line["twin"])}</a> and {line["fell"]:,} that fell to it</li>'
        for line in lines
    )
    return pieces.whole(to, "Clusters", f'{told}<ol class="plain" start="{_first(lines)}">{items}</ol>{ways}')


def cluster(to: Shown, id: str, after: int | None) -> str:
    """A row that stands, and those that fell to it, each with its differences."""
    [stands] = _rows(to, [id])
    fell = to.of.ask(
        "SELECT * FROM rows WHERE twin = $id AND stage = 'overlap' AND unit IS NULL AND line > $line ORDER BY line LIMIT $most",
        id=id,
        line=-1 if after is None else after,
        most=_PAIRS * 2 + 1,
    )
    texts = to.of.texts.read([stands, *fell])
    drawn = [pieces.article(to, stands, texts)]
    for line in fell[: _PAIRS * 2]:
        with_twin = {line["id"]: texts[line["id"]]._replace(read=texts[id].messages)} if {line["id"], id} <= texts.keys() else {}
        more = f'<p class="more"><a href="{link("pair", one=id, two=line["id"])}">beside each other</a></p>'
        drawn.append(pieces.article(to, {**line, "edits": None}, with_twin, more))
    told = '<p class="soft">Struck out: only in the row that stands; underlaid: only in the one that fell.</p>'
    on = fell[_PAIRS * 2 - 1]["line"] if len(fell) > _PAIRS * 2 else None
    return pieces.whole(to, "One cluster", f"{told}{''.join(drawn)}{pieces.ways('cluster', {'id': id}, None, on)}")


def alike(to: Shown, place: Place) -> str:
    """Pairs that a rule of `overlap` met, the most alike first, side by side."""
    lines, ways = _page(to, "alike", "alike", _PAIRS, place)
    said = [f"{line['similarity']:.1%} of the {line['key']}" for line in lines]
    told = '<p class="soft">Every pair that an overlap rule compared and found alike, the most alike first.</p>'
    return pieces.whole(to, "Alike", f"{told}{_beside(to, lines, said)}{ways}")


def preference(to: Shown, place: Place) -> str:
    """Pairs of the export `preference`, the chosen answer on the left."""
    lines, ways = _page(to, "preference_pairs", "preference", _PAIRS, place)
    said = [
        f"{line['split']}: the left is chosen"
        + ("" if line["score_margin"] is None else f", {line['score_margin']:g} apart by {line['margin_by']}")
        for line in lines
    ]
    many = to.of.ask("SELECT count(*) AS n FROM preference_pairs")[0]["n"]
    told = f'<p class="soft">{many:,} pairs: the chosen answer on the left, the rejected one on the right.</p>'
    return pieces.whole(to, "Preference", f"{told}{_beside(to, lines, said, 'preference')}{ways}")


def pair(to: Shown, one: str, two: str) -> str:
    """Any two rows side by side. Raises MissingFault."""
    _rows(to, [one, two])
    return pieces.whole(to, "Two rows", _beside(to, [{"one": one, "two": two}], [""]))


def _beside(to: Shown, pairs: list[Row], said: list[str], kind: str = "") -> str:
    lines = {line["id"]: line for line in to.of.lines("id", [pair[side] for pair in pairs for side in ("one", "two")])}
    texts = to.of.texts.read([*lines.values()])
    drawn = []
    for pair, told in zip(pairs, said, strict=True):
        one, two = ((texts[id].messages if id in texts else None) for id in (pair["one"], pair["two"]))
        heads = "".join(_head(to, pair[side], lines) for side in ("one", "two"))
        turns = differences.sides(one, two, pieces.MOST) if one is not None and two is not None else [(AWAY, AWAY)]
        cells = "".join(f"<div>{cell}</div>" for turn in turns for cell in turn)
        verdict = f'<p class="verdict">{shown(told)}</p>' if told else ""
        drawn.append(f'<article class="pair {kind}">{verdict}<div class="beside">{heads}{cells}</div></article>')
    return "".join(drawn)


def _head(to: Shown, id: str, lines: dict[str, Row]) -> str:
    line = lines.get(id)
    if line is None:
        return f'<div><div class="id">{shown(id)}</div><p class="soft">(of another release)</p></div>'
    fate = "kept" if line["fate"] == "kept" else f"{line['fate']} at {line['stage']}: {line['reason']}"
    top = f'<div class="id"><a id="r{line["line"]}" href="{link("row", id=id)}">{shown(id)}</a></div>'
    return f'<div>{top}<p class="soft">{shown(fate)}</p>{pieces.mark(to, line)}</div>'


def _page(to: Shown, table: str, view: str, most: int, place: Place) -> tuple[list[Row], str]:
    """Some lines of a table of ours in order, and links to those before and after."""
    after, before = place
    back = before is not None
    than, order, line = ("<", "DESC", before) if back else (">", "ASC", -1 if after is None else after)
    found = to.of.ask(_PAGE.format(table=table, than=than, order=order), line=line, most=most + 1)
    more, found = len(found) > most, found[:most][:: -1 if back else 1]
    if not found:
        return [], '<p class="soft">There is none.</p>'
    earlier = found[0]["line"] if found[0]["line"] > 0 else None
    later = found[-1]["line"] if more or back else None
    return found, pieces.ways(view, {}, earlier, later)


def _rows(to: Shown, ids: list[str]) -> list[Row]:
    found = to.of.lines("id", ids)
    if missing := {*ids} - {line["id"] for line in found}:
        raise MissingFault(f"no row {min(missing)!r} in this release")
    return found


def _first(lines: list[Row]) -> int:
    return lines[0]["line"] + 1 if lines else 1
