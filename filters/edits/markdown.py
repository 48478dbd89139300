"""A chat page's own HTML becomes Markdown; HTML that somebody writes or asks about stays.

Two kinds of turns are the page's own beyond doubt: those with the page's classes (`markdown prose`, `hljs language-python`),
and answers that are wholly plain tags of prose (`<p>`, `<ol>`, `<pre>`) where no question is about markup. All else stays.
"""

import re
from collections.abc import Callable
from html import unescape

import polars as pl

from filters.edits import _fences
from schemas.rows import Message

_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)((?:\s[^<>]*)?)/?>")
_BLOCK = "p|div|pre|ol|ul|h[1-6]|blockquote|table"
_WHOLE = re.compile(rf"(?s)\s*<(?:{_BLOCK}|hr)\b[^>]*>.*(?:</(?:{_BLOCK})>|<hr ?/?>)\s*")
_PROSE = re.compile(
    "p|div|pre|ol|ul|li|h[1-6]|blockquote|table|thead|tbody|tr|th|td|strong|em|b|i|u|s|del|br|hr|a|code|span|sup|sub"
)
_PAGE_TAGS = re.compile(
    f"{_PROSE.pattern}|button|svg|path|rect|line|polyline|img|math|semantics|annotation|mrow|mi|mo|mn|msup|msub|mfrac"
)
_VOID = frozenset({"br", "hr", "img", "path", "rect", "line", "polyline"})
_ATTRIBUTES = re.compile(r'\s*(?:(?:class|href|start|rel|target|align|dir)(?:="[^"]*")?\s*)*/?')
_SIGNATURE = re.compile(
    r'<(?:div|pre|code|span)\b[^<>]*\bclass="[^"<>]*(?:\bmarkdown prose\b|\bprose (?:w-full|dark:)'
    r"|!?whitespace-pre(?:-wrap)?\b|\bhljs language-|\bbg-black "
    r"|\bmin-h-\[20px\]|\bbreak-words\b)"
)
_ABOUT = re.compile(
    r"(?i)\bhtml|\bcss\b|\bxml\b|\bjsx\b|\bsvg\b|\bdom\b|\btags?\b|mark-?up|web ?(?:page|site|app)|\bdiv\b"
    r"|\bpage\b|template|javascript|\bphp\b|\breact\b|\bvue\b"
    r"|angular|scrap(?:e|ing)|pars(?:e|er|ing)|selector|\bbuttons?\b|e-?mail template|newsletter|wordpress"
    r"|blogger|shopify|网页|标签|网站|页面|\bсайт|тег"
    r"|\bweb\b|\bcode (?:to|that|for)\b|</?[a-z][a-z0-9]*[\s>/]|&lt;"
)
_PLAIN_TURN = re.compile(r'\s*<div class="[^"<>]*\bwhitespace-pre-wrap\b[^"<>]*">([^<]*)</div>\s*')
_PRE = re.compile(r"<pre\b[^<>]*>((?:[^<]|<(?!/?pre\b))*+)</pre>")
_PRE_LINE = re.compile(rf"(?m)^[ \t]*{_PRE.pattern}[ \t]*$")
_CODE = re.compile(r"<code\b([^<>]*)>")
_MATH = re.compile(
    r'(?s)<span class="katex-mathml">(?:(?!</math>|<span'
    r"|<annotation).)*+<annotation[^<>]*>([^<]*)</annotation>\s*</semantics>\s*</math></span>"
)
_BUTTONS = [re.compile(rf"<{name}\b(?:[^<]|<(?!/?{name}\b))*+</{name}>") for name in ("svg", "button")]
_SPAN = re.compile(r"<(/?)span\b[^<>]*>")
_DRAWN = re.compile(r'<span class="katex-html"[^<>]*>')
_HELD = re.compile("(?m)^(.*?)\ue000(\\d+)\ue001")


def might(texts: pl.Series) -> pl.Series:
    """True where a block element ends."""
    return texts.str.contains(rf"</(?:{_BLOCK})>")


def repair(messages: list[Message]) -> list[tuple[str, int]]:
    """Each turn as Markdown where it was the page's HTML, and 1 where it was."""
    texts = [_turn(message["content"], certain=True) if message["role"] == "user" else message["content"] for message in messages]
    asked = [text for text, message in zip(texts, messages, strict=True) if message["role"] in ("user", "system")]
    certain = not asked or any(_ABOUT.search(text) for text in asked)
    for number, message in enumerate(messages):
        if message["role"] == "assistant":
            texts[number] = _turn(texts[number], certain)
            if texts[number] == message["content"]:
                texts[number] = _settled(texts[number], _blocks)
    return [(text, int(text != message["content"])) for text, message in zip(texts, messages, strict=True)]


def _turn(text: str, certain: bool) -> str:
    """The turn as Markdown if it is wholly a page's; `certain` asks for the page's own classes."""
    return _settled(text, lambda turn: _converted(turn) if _is_page(turn, certain) else turn)


def _settled(text: str, convert: Callable[[str], str]) -> str:
    """What a conversion gives, unless converting again would change it: then text and markup cannot be told apart."""
    if "</" not in text:
        return text
    new = convert(text)
    return new if convert(new) == new and _keeps(_fences.code(text), _fences.code(new)) else text


def _keeps(old: list[str], new: list[str]) -> bool:
    rest = iter(new)
    return all(piece in rest for piece in old)


def _is_page(text: str, certain: bool) -> bool:
    pieces = [piece for is_code, piece in _fences.split(text) if not is_code and piece.strip()]
    if not pieces or not all(_WHOLE.fullmatch(piece) for piece in pieces):
        return False
    signed = any(_SIGNATURE.search(piece) for piece in pieces)
    written = any(re.search(r"<(?:p|li)\b", piece) for piece in pieces)
    return (signed or (written and not certain)) and all(_sound(_PRE.sub("", piece), signed) for piece in pieces)


def _sound(html: str, signed: bool) -> bool:
    """Every tag one of prose (or of a page's buttons), opened as often as closed, and nothing else that looks like a tag."""
    balance: dict[str, int] = {}
    for close, name, attributes in _TAG.findall(html):
        if not (_PAGE_TAGS if signed else _PROSE).fullmatch(name) or not (signed or _ATTRIBUTES.fullmatch(attributes)):
            return False
        if name not in _VOID:
            balance[name] = balance.get(name, 0) + (-1 if close else 1)
    return not any(balance.values()) and not re.search(r"<[/!?a-zA-Z]", _TAG.sub("", html))


def _converted(text: str) -> str:
    pieces = list(_fences.split(text))
    done = [piece if is_code or not piece.strip() else _markdown(piece) for is_code, piece in pieces]
    for number, (is_code, piece) in enumerate(pieces):
        if not is_code and piece.strip():
            done[number] = (
                ("\n\n" if number else "") + done[number] + ("\n\n" if number + 1 < len(pieces) and pieces[number + 1][1] else "")
            )
    return "".join(done)


def _markdown(html: str) -> str:
    from html_to_markdown import ConversionError, ConversionOptions, convert

    if re.search("[\ue000-\ue002]", html):
        return html
    if plain := _PLAIN_TURN.fullmatch(html):
        return unescape(plain[1])
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(_fenced(match[1]))
        return f"<p>\ue000{len(held) - 1}\ue001</p>"

    def put(match: re.Match[str]) -> str:
        margin = re.sub(r"[^>\t]", " ", match[1])
        return match[1] + held[int(match[2])].replace("\n", "\n" + margin)

    bare = _undrawn(_MATH.sub(r"$\1$", _unbuttoned(_PRE.sub(hold, html))))
    options = ConversionOptions(extract_metadata=False, autolinks=False, bullets="-")
    try:
        new = (convert(bare.replace("\\", "\ue002"), options).content or "").replace("\ue002", "\\").strip("\n")
    except ConversionError:
        return html
    return _HELD.sub(put, new) if _letters(new) >= _letters(unescape(_TAG.sub("", bare))) else html


def _unbuttoned(html: str) -> str:
    for pattern in _BUTTONS:
        html = pattern.sub("", html)
    return html


def _undrawn(html: str) -> str:
    """Without the spans in which KaTeX draws a formula: its TeX stands beside them."""
    kept, at = [], 0
    for drawn in _DRAWN.finditer(html):
        if drawn.start() < at:
            continue
        depth, end = 1, drawn.end()
        for tag in _SPAN.finditer(html, end):
            depth += -1 if tag[1] else 1
            end = tag.end()
            if not depth:
                break
        kept.append(html[at : drawn.start()])
        at = end
    return "".join(kept) + html[at:]


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _fenced(inner: str) -> str:
    """What stands between `<pre>` and `</pre>` as a fence with its language; the page's header and spans of colour go."""
    code, end = _CODE.search(inner), inner.rfind("</code>")
    code = code if code and code.end() <= end else None
    body = unescape(_SPAN.sub("", inner[code.end() : end] if code else inner)).strip("\n")
    told = re.search(r"\blanguage-([\w+#.-]+)", code[1]) if code else None
    header = _TAG.sub("", _unbuttoned(inner[: code.start()])).strip() if code else ""
    language = told[1] if told else header if re.fullmatch(r"[\w+#.-]{1,20}", header) else ""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", body))])
    return f"{fence}{language}\n{body}\n{fence}"


def _blocks(text: str) -> str:
    """Code blocks with the page's classes inside an answer that is Markdown otherwise."""

    def block(match: re.Match[str]) -> str:
        return _fenced(match[1]) if _SIGNATURE.search(match[0]) else match[0]

    return "".join(piece if is_code else _PRE_LINE.sub(block, piece) for is_code, piece in _fences.split(text))
