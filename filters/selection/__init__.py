"""Fills the budget from the units that stand, and says on which side of the train/test line each one lies.

* `budget`  at most so many words: a seeded draw by quality, with shares of a mix
* `split`   train or test by the first user turn, the same side in every export

Seeded by ids and texts alone: neither the order of rows, nor shards, nor workers change a choice.
"""

from filters.selection.budget import Chosen, choose
from filters.selection.split import sides

__all__ = ["Chosen", "choose", "sides"]
