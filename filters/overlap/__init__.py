"""What every row at once can tell: exact copies, near duplicates, too many of one prompt, benchmark questions.

* `tokens`      text -> normalised tokens            * `signatures`  texts -> signatures and shingles, at rest
* `twins`       signatures -> verified pairs         * `standing`    pairs, preference -> who stands, and who drops whom
* `benchmarks`  benchmark files -> items; rows -> the item that each one gives away
* `dedup`       all of it at once over one file      * `kernels`, `kernels_pairs`   the loops, compiled once

Nothing here decides by hearsay: a pair is what exact Jaccard says, and only a unit that stands drops another.
Import the module you need: numba is heavy, so nothing is imported here.
"""
