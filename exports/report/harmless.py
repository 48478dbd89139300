"""Text of strangers as text of a page: escaped, its controls and direction marks made visible."""

import html
import re

# What a parser changes or drops, what steers a terminal or the direction of a line, and what no UTF-8 can hold.
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)


def shown(value: object, most: int | None = None) -> str:
    """Escaped for an element's text or a quoted attribute; cut after `most` characters, which is said."""
    text = str(value)
    cut = 0 if most is None else max(0, len(text) - most)
    return html.escape(plain(text[: len(text) - cut])) + (f" … ({cut:,} more characters)" if cut else "")


def plain(text: str) -> str:
    """The text with what cannot be seen made visible; not yet escaped."""
    return _ODD.sub(lambda found: f"⟨{ord(found[0]):04X}⟩", text)


def table(head: list[str], lines: list[list[object]]) -> str:
    """A table of escaped cells; a number stands to the right. Nothing where there is no line."""
    if not lines:
        return ""
    numbers = [all(isinstance(line[at], int | float | None) for line in lines) for at in range(len(head))]
    kinds = [' class="n"' if number else "" for number in numbers]
    names = "".join(f"<th{kind}>{shown(name)}</th>" for kind, name in zip(kinds, head, strict=True))
    body = (
        "<tr>" + "".join(f"<td{kind}>{_cell(value)}</td>" for kind, value in zip(kinds, line, strict=True)) + "</tr>"
        for line in lines
    )
    return f'<div class="wide-table"><table><thead><tr>{names}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else shown("" if value is None else value)
