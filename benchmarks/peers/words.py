"""Runs of five words in plain Python, for the peers that take sets of shingles and leave their making to the user."""

import re
from collections.abc import Callable, Iterator
from multiprocessing import Pool
from typing import Any

WORD = re.compile(r"[^\W_]+")
BATCH = 1000


def shingles(text: str) -> list[str]:
    """Five words on end in lower case, or all of a shorter text."""
    words = WORD.findall(text.lower())
    return [" ".join(run) for run in zip(words, words[1:], words[2:], words[3:], words[4:], strict=False)] or [" ".join(words)]


def sketched(sketch: Callable[[list[str]], list[Any]], texts: list[str], workers: int) -> Iterator[Any]:
    """What `sketch` makes of every text, batch by batch, in so many processes."""
    batches = (texts[at : at + BATCH] for at in range(0, len(texts), BATCH))
    with Pool(workers) as pool:
        for made in pool.imap(sketch, batches):
            yield from made
