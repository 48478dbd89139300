"""What no Unicode property in Python tells of characters, and which symbols count as words."""

import re

# Scripts without spaces, where every character is a token, and variation selectors, which vanish.
ALONE = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x1B000, 0x1B16F), (0x20000, 0x323AF),
)  # fmt: skip
SELECTORS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))

# Overlap reads words only, so that punctuation hides no duplicate. These symbols are words: C is not C++, 5 + 3 is not 5 - 3.
SPOKEN = (
    (r"\b([A-Za-z])(\+\+)", "${1} plusplus "),
    (r"\b([A-Za-z])#", "${1} sharp "),
    (r"\+ ?(\d)", " plus ${1}"),
    (r"[-\u2212] ?(\d)", " minus ${1}"),
    (r"[*\u00d7\u00b7] ?(\d)", " times ${1}"),
    (r"[/\u00f7] ?(\d)", " over ${1}"),
    (r"\^ ?(\d)", " to ${1}"),
    (r"< ?(\d)", " less ${1}"),
    (r"> ?(\d)", " more ${1}"),
)


def symbols(text: str) -> dict[int, tuple[int, str]]:
    """Where the symbols of SPOKEN stand in a text: start -> (end, the word it counts as)."""
    found: dict[int, tuple[int, str]] = {}
    for pattern, word in SPOKEN:
        for match in re.finditer(pattern, text):
            start = match.end(1) if match.start(1) == match.start() else match.start()
            end = start + (2 if text.startswith("++", start) and "plusplus" in word else 1)
            if not any(at in found or (at - 1 in found and found[at - 1][0] > at) for at in range(start, end)):
                found[start] = (end, word.replace("${1}", "").strip())
    return found
