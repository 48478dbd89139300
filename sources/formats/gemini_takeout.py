"""Gemini's activity from Google Takeout: one question and its answer an item; which items were one talk is not told.

The question is the title behind a word like "Prompted", in the language of the account; a title that begins with none of the
known words is kept whole, with the flag `unknown_prefix`. The answer is HTML and becomes Markdown. Several answers to one
question are a group without an order. An activity with a picture or another file is not ours to read.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from sources.turns import NoRow, Unreadable, extra, in_words

_ASKED = re.compile(
    r"(?:(?:Prompted|Asked|Said)\s+|(?:Eingegebener Prompt|Prompt|Prompt inviato|Requête|Petición|Instrucción|Запрос"
    r"|プロンプト|送信したメッセージ|提示|프롬프트)\s?[:：]\s*)"
)
_OTHERS = ("Gave feedback", "Selected preferred draft", "Used ", "Created ", "Viewed ")
_FILE = re.compile(r"Attached \d+ file")
_TAG = re.compile(r"<[^<>]*>")


def looks(value: Any) -> float:
    """Sure of an activity of Gemini (or Bard, as it was called) with a title and a time."""
    if not isinstance(value, dict) or not isinstance(value.get("title"), str) or "time" not in value:
        return 0.0
    products = value.get("products")
    named = f"{value.get('header')} {products if isinstance(products, list) else ''}"
    return float("Gemini" in named or "Bard" in named)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row, or one an answer."""
    title, held = value.get("title"), value.get("safeHtmlItem") or []
    if not isinstance(title, str):
        raise Unreadable("not_text", f"the title is not text but {in_words(title)}")
    pages = [page.get("html") for page in held if isinstance(page, dict)] if isinstance(held, list) else []
    answers = [text for page in pages if isinstance(page, str) and (text := _markdown(page))]
    found = _ASKED.match(title)
    if not found and title.startswith(_OTHERS):
        raise NoRow("not_a_message", f"an activity that is no question: {title[:60]}")
    if _has_file(value):
        raise Unreadable("not_text", "a file came with the question or with its answer")
    if not answers:
        raise NoRow("no_answer", "the activity holds no answer")
    question = title[found.end() :] if found else title
    flags = [] if found else ["unknown_prefix"]
    for answer in answers:
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        yield {"messages": messages, "extra": extra(value, ("title", "safeHtmlItem")), "flags": flags}


def _has_file(value: dict[str, Any]) -> bool:
    notes = value.get("subtitles")
    told = [note.get("name") for note in notes if isinstance(note, dict)] if isinstance(notes, list) else []
    return bool(value.get("attachedFiles") or value.get("imageFile")) or any(_FILE.match(str(name)) for name in told)


def _markdown(html: str) -> str:
    """HTML as Markdown; where that would lose letters, its text as it is."""
    from html_to_markdown import ConversionError, ConversionOptions, convert

    options = ConversionOptions(extract_metadata=False, autolinks=False, bullets="-")
    try:
        text = (convert(html, options).content or "").strip()
    except ConversionError:
        text = ""
    plain = unescape(_TAG.sub(" ", html)).strip()
    return text if sum(map(str.isalnum, text)) >= sum(map(str.isalnum, plain)) else plain
