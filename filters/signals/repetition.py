"""Text that says the same again: the repetition filters of Gopher (Rae et al. 2021, appendix A.1.1), over the assistant's text.

Shares are of the characters of its tokens (words lower-cased, punctuation left out, as RedPajama-v2 normalises), each
character counted once, so that all lie within 0 and 1. Gopher drops above .20, .18, .16 for the top 2-, 3-, 4-gram,
above .15, .14, .13, .12, .11, .10 for repeated 5- to 10-grams, above .30 for repeated lines and .20 for their characters.
Those limits were set for web pages of 50 words and more: short sound answers pass them often (a list of three, a refrain,
a definition that names its subject twice), so a rule should ask for a length beside them.
"""

import numpy as np
import pyarrow as pa

from ._talk import Columns, Talk, buffers, said

_F = pa.float64()
_TOP, _AGAIN = (2, 3, 4), (5, 6, 7, 8, 9, 10)
ROW = {
    **{
        f"top_{n}gram": (_F, f"share of characters in the most frequent word {n}-gram, 0 where none repeats (Gopher)")
        for n in _TOP
    },
    **{f"dup_{n}gram": (_F, f"share of characters in word {n}-grams that came before (Gopher, RedPajama-v2)") for n in _AGAIN},
    "dup_lines": (_F, "share of lines that came before, blank lines left out (Gopher)"),
    "dup_line_chars": (_F, "share of the lines' bytes that lie in lines that came before (Gopher)"),
}


def measure(talk: Talk) -> Columns:
    """The wanted shares in two passes over the text; NULL where the assistant says no word."""
    from ._grams import repeated
    from ._lines import repeated_lines

    text, (*grams, lines, chars) = buffers(talk.once(said)), ROW
    asked = np.array([talk.asks(name) for name in grams])
    found: Columns = dict(zip(grams, repeated(*text, asked), strict=True)) if asked.any() else {}
    return found | (dict(zip((lines, chars), repeated_lines(*text), strict=True)) if talk.asks(lines) or talk.asks(chars) else {})
