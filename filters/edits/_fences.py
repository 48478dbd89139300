"""Where a text is code: fenced blocks (CommonMark 4.5), at any indent or quote level or opened at the end of a line of prose,
and triple backticks within a line.
"""

import re
from collections.abc import Callable, Iterator

_CODE = re.compile(
    r"(?ms)(?:^[ \t>]*+(?P<open>(?P<mark>[`~])(?P=mark){2,}+)[^`\n]*\n(?:.*?^[ \t>]*+(?P=open)(?P=mark)*+[ \t]*\r?$|.*)"
    r"|(?<!`)`{3,}+(?:[\w+#.-]*[ \t]*\r?\n(?:.*?^[ \t>]*+`{3,}+[ \t]*\r?$|.*)|[^`\n]+`{3,}+))"
)


def split(text: str) -> Iterator[tuple[bool, str]]:
    """The pieces of a text in order, each with whether it is code; joined they are the text."""
    at = 0
    for match in _CODE.finditer(text) if "```" in text or "~~~" in text else ():
        yield False, text[at : match.start()]
        yield True, match[0]
        at = match.end()
    yield False, text[at:]


def code(text: str) -> list[str]:
    """The pieces that are code."""
    return [piece for is_code, piece in split(text) if is_code]


def outside(text: str, repair: Callable[[str], tuple[str, int]]) -> tuple[str, int]:
    """Repair what is not code until nothing more changes; where code would not survive byte for byte the text stays as it was."""
    fences, now, changes = code(text), text, 0
    for _ in range(8):
        done = [(piece, 0) if is_code else repair(piece) for is_code, piece in split(now)]
        new = "".join(piece for piece, _ in done)
        if new == now:
            return now, changes
        if code(new) != fences:
            break
        now, changes = new, changes + sum(count for _, count in done)
    return text, 0
