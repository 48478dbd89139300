"""How a dataset card says things: a stranger's words made harmless, tables, numbers."""

import re
from collections.abc import Iterable
from typing import Any


def shown(value: object, most: int = 120) -> str:
    """A stranger's text as words of Markdown: one line, no control or direction marks, every mark of syntax made harmless."""
    text = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    text = text if len(text) <= most else text[: most - 1] + "…"
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = (
        re.sub(r"([\\`*{}\[\]()!|~$@:]|(?<![A-Za-z0-9])[_#]|_(?![A-Za-z0-9]))", r"\\\1", text)
        .replace(r"\:", "&#58;")
        .replace(r"\@", "&#64;")
    )
    return re.sub(r"^(\d*)([-+=.])(?=\s|$)", r"\1\\\2", text)


def section(title: str, head: list[str], body: Iterable[list[str]], level: int = 2) -> str:
    """A heading and a table, or nothing where there is no line."""
    lines = [f"| {' | '.join(line)} |" for line in body]
    head = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    return "\n".join([f"{'#' * level} {title}", "", *head, *lines]) if lines else ""


def number(value: Any) -> str:
    """A number with its thousands, or nothing."""
    return f"{value:,}" if isinstance(value, int | float) else ""
