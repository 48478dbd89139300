"""What the buttons and labels of a chat page leave in a copied text; only where it stands as the page puts it, never in prose.

The list is that of FastChat's clean_sharegpt.py ("Copy code" under a language name, "1 / 3" pagers, "N chars / N words"), and of
what real dumps showed beside it ("Share Prompt" glued to a prompt, footers, marks of citations that a page shows as links).
"""

import re

import polars as pl

from filters.edits import _fences
from schemas.rows import Message

ALONE = True

_COPY = (
    "Copy code|Copy Code|复制代码|複製程式碼|コードをコピーする|コードをコピー|코드 복사|Copier le code|Code kopieren"
    "|Copiar código|Copia codice|Скопировать код"
)
_LANGUAGE = (
    "python|javascript|typescript|java|csharp|c#|cpp|c\\+\\+|c|go|rust|ruby|php|perl|lua|swift|kotlin|scala|dart"
    "|r|julia|matlab|haskell"
    "|bash|sh|shell|powershell|sql|html|css|scss|less|xml|json|yaml|yml|toml|ini|makefile|dockerfile|graphql"
    "|vbnet|vb|glsl|latex|tex"
    "|markdown|diff|plaintext|text|arduino|objectivec|jsx|tsx|vue|nginx|http|clojure|elixir|erlang|fsharp|groovy"
    "|sas|solidity|mathematica"
    "|lisp|scheme|prolog|fortran|cobol|pascal|delphi|assembly|wasm|verilog|vhdl|applescript|awk|sed|vim|ada"
    "|stata|abap|apache|basic"
)
# The first two lines of a fence: its language, then what the page wrote over the code.
_HEAD = re.compile(
    rf"\A(?P<open>[ \t>]*(?:`{{3,}}|~{{3,}}))(?P<told>[^\n`]*)\n[ \t>]*(?P<name>{_LANGUAGE})?\s?(?:{_COPY})[ \t]*\r?\n"
)
_BARE = re.compile(rf"(?m)^[ \t]*(?:{_LANGUAGE})[ \t]*\n?(?:{_COPY})[ \t]*\n(?=[ \t]*\S)")
_TAILS = re.compile(
    r"(?:(?:\A|\n)[ \t]*(?:(?:Copy)?\d[\d,]{0,8} chars? / \d[\d,]{0,8} words?"
    r"|Was this response better or worse\?(?:\s*Better\s*Worse\s*Same)?"
    r"|Regenerate response|Stop generating|Free Research Preview\.? .{0,200}|ChatGPT (?:may produce inaccurate"
    r"|can make mistakes).{0,160}"
    r"|ChatGPT (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2} Version.{0,160}))+\s*\Z"
)
_HEADS = re.compile(r"\A\s*(?:ChatGPT said:[ \t]*\n\s*(?=\S)|ChatGPT[ \t]*\n\s*(?=[^\n]{60}))")  # else a list of bots
_SHARE = re.compile(r"(?:\n[ \t]*|(?<=\S))Share Prompt\s*\Z")
_PAGER = re.compile(r"\A[ \t]*(\d{1,2}) / (\d{1,2})[ \t]*\n\s*(?=\S)|\n[ \t]*(\d{1,2}) / (\d{1,2})\s*\Z")
_SUMS = re.compile(
    r"(?i)fraction|divi[ds]|simplif|percent|decimal|ratio|calculat|evaluat|quotient|convert|numerator|score"
    r"|rating|rate|probab|equa|math"
)

_CITES = "[\ue200-\ue206]|【[0-9]+(?::[0-9]+)?†"
_MARK = "(?:\ue200[^\ue200\ue201]{0,200}\ue201|【[0-9]+(?::[0-9]+)?†[^】]{0,100}】|[\ue200-\ue206])++"
_CITED = re.compile(rf"(?:(?<=\S)[ \t]++(?={_MARK}(?:[\s.,;:!?)]|\Z)))?{_MARK}")  # with the space before, but between two words


def might(texts: pl.Series) -> pl.Series:
    """True where a text holds one of the page's words or marks."""
    words = texts.str.contains(
        rf"{_COPY}|Share Prompt|Regenerate response|Stop generating|chars? / [0-9]|better or worse\?"
        rf"|Free Research Preview|ChatGPT (?:may|can|said|[A-Z])"
        r"|ChatGPT\s*\n"
    )
    words |= texts.str.contains(_CITES)
    return words | texts.str.contains(r"^\s*[0-9]{1,2} / [0-9]{1,2}[ \t]*\n|\n\s*[0-9]{1,2} / [0-9]{1,2}\s*$")


def repair(messages: list[Message]) -> list[tuple[str, int]]:
    """Each turn's text without residue, and how many pieces went. A turn that is nothing else stays."""
    return [_clean(message["content"], message["role"]) for message in messages]


def _clean(text: str, role: str) -> tuple[str, int]:
    changes = 0
    while True:
        heads = [_head(piece) if is_code else (piece, 0) for is_code, piece in _fences.split(text)]
        new, bare = _fences.outside("".join(piece for piece, _ in heads), lambda piece: _BARE.subn("", piece))
        new, cited = _fences.outside(new, lambda piece: _CITED.subn("", piece)) if role == "assistant" else (new, 0)
        new, edges = _edges(new, role)
        if new == text or not new.strip():
            return text, changes
        text, changes = new, changes + sum(count for _, count in heads) + bare + cited + edges


def _head(piece: str) -> tuple[str, int]:
    return _HEAD.subn(lambda match: f"{match['open']}{match['told'].strip() or match['name'] or ''}\n", piece)


def _edges(text: str, role: str) -> tuple[str, int]:
    """The first and the last lines of a turn, where they are not code."""
    pieces = list(_fences.split(text))
    first, last = pieces[0][1], pieces[-1][1]
    fences = _fences.code(text)
    if role == "assistant":
        tail = _TAILS.search(last, max(0, len(last) - 2000))
        last, changes = (last[: tail.start()].rstrip(), 1) if tail else (last, 0)
        if len(pieces) == 1:
            first = last
        first, more = _HEADS.subn("", first)
    else:
        last, changes = _SHARE.subn("", last)
        first, more = (last, 0) if len(pieces) == 1 else (first, 0)
    middle = "".join(piece for _, piece in pieces[1:-1])
    new = first if len(pieces) == 1 else first + middle + last
    new, pagers = _unpaged(new)
    return (new, changes + more + pagers) if _fences.code(new) == fences else (text, 0)


def _unpaged(text: str) -> tuple[str, int]:
    """Without the page's `2 / 3` on its first or last line; a fraction stays where sums are the matter."""
    match = _PAGER.search(text)
    if not match or len(text) < 60 or _SUMS.search(text):
        return text, 0
    number, pages = int(match[1] or match[3]), int(match[2] or match[4])
    if not 1 <= number <= pages or pages < 2:
        return text, 0
    return (text[match.end() :] if match[1] else text[: match.start()].rstrip()), 1
