"""What the pages share: the shell around them, a row with its marks, links, and the way to earlier and later rows."""

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from exports.report import samples
from exports.report.document import Section, document, report_file
from exports.report.harmless import shown
from flows import reporting
from flows.browsing.opened import Opened
from flows.lists import KINDS, Mark

MOST = 20_000  # characters shown of a turn
POLICY = "connect-src 'self'; form-action 'self'"
VIEWS = {"": "Rows", "charts": "Charts", "clusters": "Clusters", "alike": "Alike", "preference": "Preference"}
_STYLE, _SCRIPT = ((Path(__file__).parent / f"browse.{kind}").read_text("utf-8") for kind in ("css", "js"))

Row = dict[str, Any]


class Shown(NamedTuple):
    """What a page is drawn from: the release, the marks of its reader, and the address of the page itself."""

    of: Opened
    marks: dict[str, Mark]
    here: str  # view and query, relative


def whole(to: Shown, title: str, body: str, *, top: bool = False) -> str:
    """A page with one section."""
    return sections(to, [Section("rows", shown(title), body)], top=top)


def sections(to: Shown, told: list[Section], *, top: bool = False) -> str:
    """A page: the way to the others, what the release is (all of it at the `top`), and some sections."""
    manifest = to.of.manifest
    views = {**VIEWS, "report": "Report"} if (to.of.release / "report.html").is_file() else VIEWS
    view = to.here.partition("?")[0]
    links = "".join(
        f'<a href="./{name}"{" aria-current=page" if name == view else ""}>{said}</a>' for name, said in views.items()
    )
    head = to.of.head if top else f'<p class="soft">release {shown(manifest["fingerprint"])}</p>'
    return document(
        f"{manifest['name']}: every row", head, links, told, style=_STYLE, script=report_file("js") + _SCRIPT, policy=POLICY
    )


def article(to: Shown, line: Row, texts: dict[str, samples.Text], links: str = "", by: str = "") -> str:
    """A row to read, with its marks below; `by` is HTML beside its id."""
    repairs = {line["id"]: line["edits"]} if line["edits"] else {}
    top = f'<a id="r{line["line"]}" href="{link("row", id=line["id"])}">{shown(line["id"])}</a>'
    told = {**line, "detail": masked(line["detail"])}  # it may quote the text
    return samples.row(line["chosen_by"], told, texts, repairs, MOST, top=top + by, more=mark(to, line) + links)


def masked(text: str | None) -> str:
    """A text without its secrets and personal data."""
    return reporting.masked({"messages": [{"role": "assistant", "content": text}]})[0]["content"] if text else ""


def mark(to: Shown, line: Row) -> str:
    """Buttons that put a row's content on a list, or take it off again; nothing where it gave no row."""
    if not line["fingerprint"]:
        return ""
    now = to.marks.get(line["fingerprint"])
    on = now.list if now else ""
    buttons = f'<button name="list" value="{on}" hidden></button>' + "".join(  # the first is what the return key presses
        f'<button name="list" data-list="{name}" value="{"" if name == on else name}" aria-pressed="{str(name == on).lower()}">'
        f"{name}</button>"
        for name in KINDS
    )
    hidden = {"id": line["id"], "back": f"./{to.here}#r{line['line']}"}
    kept = "".join(f'<input type="hidden" name="{name}" value="{shown(value)}">' for name, value in hidden.items())
    return (
        f'<form class="mark" method="post" action="mark" data-content="{shown(line["fingerprint"])}">{kept}{buttons}'
        f'<input name="note" value="{shown(now.note if now else "")}" placeholder="why (goes into the list)" aria-label="why">'
        "</form>"
    )


def link(view: str, **query: Any) -> str:
    """The address of a page, relative to any other, escaped for an attribute."""
    return shown(address(view, **query))


def address(view: str, **query: Any) -> str:
    """The same, not escaped; what is empty is left out."""
    said = urlencode({name: value for name, value in query.items() if value not in (None, "")}, errors="backslashreplace")
    return f"./{view}{f'?{said}' if said else ''}"


def ways(view: str, query: dict[str, Any], earlier: int | None, later: int | None, said: str = "later") -> str:
    """Links to the rows before and after those of a page; None: there are none."""
    back = "" if earlier is None else f'<a rel="prev" href="{link(view, **query, before=earlier)}">← earlier</a>'
    on = "" if later is None else f'<a rel="next" href="{link(view, **query, after=later)}">{said} →</a>'
    return f'<p class="ways">{back} {on}</p>' if back or on else ""
