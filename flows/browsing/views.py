"""The pages of rows: those that fit what is asked for, and one row with all that is known of it."""

from collections.abc import Iterator
from typing import Any

from exports.report.harmless import shown, table
from flows.browsing import asking, ordering, pieces
from flows.browsing.asking import Asked
from flows.browsing.pieces import Shown, link
from schemas.faults import MissingFault, UsageFault
from schemas.ledger import KEPT, LEDGER, STAGES, of_its_comparison

_ORDER = {stage: at for at, stage in enumerate((KEPT, *STAGES))}
_BREAK = "<!--rows-->"  # no text of a row can hold it: all is escaped
_TWINS = """
SELECT other, near.similarity, key, fate, reason FROM (
  SELECT two AS other, similarity, key FROM alike WHERE one = $id
  UNION ALL SELECT one, similarity, key FROM alike WHERE two = $id) AS near
LEFT JOIN rows ON rows.id = other ORDER BY similarity DESC, other, key LIMIT 100
"""
_BESIDE = """
SELECT id, fate, reason, rank, score FROM rows
WHERE id <> $id AND (group_id = $group OR fingerprint = $fingerprint) ORDER BY id LIMIT 100
"""

Row = dict[str, Any]


def rows(to: Shown, asked: Asked, marked: str) -> Iterator[str]:
    """The page of rows that fit, its beginning at once, and where words are to be found each row as it is."""
    query = {name: getattr(asked, name) for name in ("find", "where", "reason", "source", "sort")} | {"marked": marked}
    try:
        fits = asking.fitting(to.of, asked)
        many, said = asking.count(fits), ""
    except UsageFault as fault:
        fits, many, said = None, 0, _wrong(fault)
    whole = sum(facet["rows"] for facet in to.of.facets)
    told = f"{many:,} of {whole:,} rows" + (_searched(to) if asked.find.split() else "")
    body = f"{_form(to, query, told)}{said}{_columns(to)}{_BREAK}"
    before, after = pieces.whole(to, "Rows", body, top=True).split(_BREAK)
    yield before
    if fits is not None:
        try:
            yield from _found(to, fits, asked, query) if asked.find.split() else _page(to, fits, asked, query)
        except UsageFault as fault:
            yield _wrong(fault)
    yield after


def _searched(to: Shown) -> str:
    ready = to.of.grams.share
    return ", searched in order" + (f"; {ready:.0%} made ready for rare words, which soon come faster" if ready < 1 else "")


def _wrong(fault: UsageFault) -> str:
    return f'<p class="wrong" role="alert">{shown(fault)}</p>'


def _page(to: Shown, fits: Any, asked: Asked, query: dict[str, Any]) -> Iterator[str]:
    page = asking.page(to.of, fits, asked)
    yield from _articles(to, page.lines, asked.sort)
    ends = (page.lines[0]["line"], page.lines[-1]["line"]) if page.lines else (None, None)
    yield pieces.ways("", query, ends[0] if page.earlier else None, ends[1] if page.later else None)


def _found(to: Shown, fits: Any, asked: Asked, query: dict[str, Any]) -> Iterator[str]:
    shown_rows, at, many = 0, asked.after, 0
    for at, many, lines in asking.search(to.of, fits, asked):
        shown_rows += len(lines)
        yield from _articles(to, lines, asked.sort)
        if at is not None and shown_rows < asking.ROWS:
            yield f'<p class="far" role="status">{many:,} rows searched ...</p>'  # the style shows the last of these alone
    far = "to the end" if at is None else "and there are more to search"
    yield f'<p class="said">{shown_rows:,} hold the words, of {many:,} rows searched from here, {far}</p>'
    yield pieces.ways("", query, None, at, "search on")


def _articles(to: Shown, lines: list[Row], sort: str) -> Iterator[str]:
    texts = to.of.texts.read(lines)
    named = [line["twin"] for line in lines if line["twin"]]
    twins = {each["id"] for each in (to.of.ask("SELECT id FROM rows WHERE list_contains($all, id)", all=named) if named else ())}
    for line in lines:
        yield pieces.article(to, line, texts, _beside(line) if line["twin"] in twins else "", _by(line, sort.removeprefix("-")))


def _by(line: Row, column: str) -> str:
    """The value that the row is sorted by, beside its id, which tells enough itself."""
    if not column or column == "id":
        return ""
    value = pieces.masked(line[column]) if isinstance(line[column], str) else line[column]
    said = "unknown" if value is None else f"{value:g}" if isinstance(value, float) else _said(value)
    return f'<span class="by">{shown(column)} {shown(said, 200)}</span>'


def _beside(line: Row) -> str:
    whose, row = ("its comparison's", line["unit"]) if of_its_comparison(line) else ("its", line["id"])
    return f'<p class="more"><a href="{link("pair", one=line["twin"], two=row)}">beside {whose} twin</a></p>'


def _form(to: Shown, query: dict[str, str], told: str) -> str:
    fates = reasons(to)
    marks = {name: sum(mark.list == name for mark in to.marks.values()) for name in ("keep", "block")}
    marks = {name: count for name, count in marks.items() if count or query["marked"] == name}
    return (
        '<form class="seek" method="get" action="./">'
        f'<input name="find" type="search" value="{shown(query["find"])}" placeholder="words to find" aria-label="words to find">'
        f'<input name="where" list="columns" value="{shown(query["where"])}" spellcheck="false" autocomplete="off" '
        'placeholder="SQL, as in a rule: words &gt; 200 AND NOT refusal" aria-label="SQL expression">'
        f"{_select('reason', 'every fate', list(fates), fates, query['reason'])}"
        f"{_select('source', 'every source', sorted(_sums(to, 'source')), _sums(to, 'source'), query['source'])}"
        f"{_select('marked', 'marked or not', list(marks), marks, query['marked'])}{_sorts(to, query['sort'])}"
        f'<button>show</button><output id="told" aria-live="polite">{told}</output></form>'
    )


def reasons(to: Shown) -> dict[str, int]:
    """How many rows have each fate, in the order of stages."""
    found = _sums(to, "chosen_by")
    order = sorted(found, key=lambda name: (_ORDER.get(name.split(":")[0], len(_ORDER)), -found[name], name))
    return {name: found[name] for name in order}


def _sums(to: Shown, name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for facet in to.of.facets:
        found[facet[name]] = found.get(facet[name], 0) + facet["rows"]
    return found


def _select(name: str, every: str, values: list[str], counts: dict[str, int], now: str) -> str:
    options = "".join(
        f'<option value="{shown(value)}"{" selected" if value == now else ""}>{shown(value)} ({counts[value]:,})</option>'
        for value in values
    )
    return f'<select name="{name}" aria-label="{name}"><option value="">{every}</option>{options}</select>'


def _sorts(to: Shown, now: str) -> str:
    ways = [(f"{sign}{name}", f"{name} {arrow}") for name in ordering.columns(to.of) for sign, arrow in (("-", "↓"), ("", "↑"))]
    options = "".join(
        f'<option value="{shown(value)}"{" selected" if value == now else ""}>{shown(said)}</option>' for value, said in ways
    )
    return f'<select name="sort" aria-label="sort by"><option value="">in the order read</option>{options}</select>'


def _columns(to: Shown) -> str:
    lines: list[list[object]] = [[name, str(kind)] for name, kind in sorted(to.of.columns.items())]
    return f"<details><summary>the columns an expression may name</summary>{table(['column', 'holds'], lines)}</details>"


def row(to: Shown, id: str) -> str:
    """All that is known of one row. Raises MissingFault."""
    found = to.of.lines("id", [id])
    if not found:
        raise MissingFault(f"no row {id!r} in this release")
    line = found[0]
    twin = to.of.lines("id", [line["twin"]] if line["twin"] else [])
    texts = to.of.texts.read(found + twin)
    facts: list[list[object]] = [
        [name, value if isinstance(value, int | float) and not isinstance(value, bool) else _said(value)]
        for name, value in line.items()
        if name in to.of.columns and value is not None and name not in ("id", "detail", "edits", "exports", "broken")
    ]
    ours = [fact for fact in facts if fact[0] in LEDGER.names]
    measured = sorted((fact for fact in facts if fact[0] not in LEDGER.names), key=lambda fact: str(fact[0]))
    parts = [
        pieces.article(to, line, texts, _beside(line) if twin else ""),
        _list("Alike", "alike by", to.of.ask(_TWINS, id=id), id),
    ]
    beside = to.of.ask(_BESIDE, id=id, group=line["group_id"], fingerprint=line["fingerprint"])
    parts.append(_list("Answers to the same context, and rows of the same content", "", beside, id))
    both = (("Where it is from, and its verdict", ours), ("What was measured", measured))
    tables = "".join(f"<div><h3>{title}</h3>{table(['', ''], lines)}</div>" for title, lines in both)
    return pieces.whole(to, "One row", "".join([*parts, f'<div class="halves">{tables}</div>']))


def _list(title: str, what: str, lines: list[Row], id: str) -> str:
    items = "".join(
        f'<li><a href="{link("pair", one=other, two=id)}">{shown(other)}</a> {shown(_told(what, line))}</li>'
        for line in lines
        for other in [line.get("other") or line["id"]]
    )
    return f"<h3>{title}</h3><ul>{items}</ul>" if items else ""


def _told(what: str, line: Row) -> str:
    near = f"{what} {line['similarity']:.1%} of the {line['key']}" if what else ""
    fate = line["fate"] or "published"
    rank = "" if line.get("rank") is None else f"rank {line['rank']}"
    score = "" if line.get("score") is None else f"score {line['score']:g}"
    return ", ".join(part for part in (near, rank, score, fate if fate == KEPT else f"{fate}: {line['reason'] or ''}") if part)


def _said(value: object) -> str:
    return (
        ", ".join(map(str, value)) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
    )
