"""One HTML page around sections, its style and script inside and named by their hashes, so that no other may run."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from string import Template
from typing import NamedTuple

from exports.report.harmless import shown

ALONE = "form-action 'none'"  # a page that asks nobody
_HERE = Path(__file__).parent


class Section(NamedTuple):
    """A part of a page: its anchor, and as HTML its heading and body."""

    name: str
    title: str
    body: str


def document(
    title: str,
    head: str,
    links: str,
    sections: list[Section],
    *,
    foot: str = "",
    style: str = "",
    script: str = "",
    policy: str = ALONE,
) -> str:
    """The page; `title` is plain text, `head`, `links` and `foot` are HTML; `style` and `policy` come after the report's own."""
    style = report_file("css") + style
    return Template(report_file("html")).substitute(
        title=shown(title),
        head=head,
        links=links,
        foot=foot,
        sections="\n".join(f'<section id="{name}"><h2>{said}</h2>\n{body}\n</section>' for name, said, body in sections),
        style=style,
        script=script,
        policy=allowed(style, script, policy),
    )


def allowed(style: str, script: str, policy: str) -> str:
    """The content security policy of a page with this style and script: nothing else is loaded or run."""
    return f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; {policy}"


@cache
def report_file(kind: str) -> str:
    """The report's own `css`, `html` or `js`."""
    return (_HERE / f"page.{kind}").read_text("utf-8")


@cache
def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
