"""What every row at once can tell: exact copies, near duplicates, too many of one prompt, benchmark questions.

* `alphabet`    scripts without spaces, symbols that are words
* `tokens`      text -> normalised tokens            * `signing`  texts -> signatures and shingles; `signatures`  at rest
* `prefixes`    turns -> conversations that are the beginning of a longer one
* `twins`       signatures, preference -> who stands, who falls to whom, near misses
* `standing`    signatures, preference -> too many of one text
* `benchmarks`  benchmark files -> items             * `hashed` `shipped`  items without their text, and those that ship
* `contamination`  items -> the rows that hold their words      * `nearest`  items -> the texts that reword them
* `shared`      the parts that two texts share, for a person to see
* `dedup`       all of it over one file, which `textfile` reads and writes
* `kernels*`    the loops, compiled once; `warm` does it

Nothing here decides by hearsay: a pair is what exact Jaccard says, and only a unit that stands drops another.
Import the module you need: numba is heavy, so nothing is imported here.
"""


def warm() -> None:
    """Compile every kernel, or load it from numba's cache."""
    from filters.overlap import kernels

    kernels.warm()
