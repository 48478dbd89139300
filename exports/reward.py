"""Two whole conversations, the better one and the worse one, for reward models: `chosen` and `rejected`, with the prompt in both.

That is TRL's implicit prompt, which its RewardTrainer wants. With `margin: true` the column `margin` holds the score margin,
which that trainer subtracts in its loss; without, no column has this name.
"""

import pyarrow as pa

from exports import preference

OF = "preference"
TAKES = "two whole conversations: `chosen` and `rejected`, each with the prompt; `margin` on request"


def view(pairs: pa.Table, *, margin: bool = False) -> pa.Table:
    """Pairs as `preference` has them -> chosen and rejected with the prompt before them; every other column stays."""
    made = preference.whole(pairs)
    return made.append_column("margin", pairs["score_margin"]) if margin else made
