"""Two whole conversations, the better one and the worse one, for reward models: `chosen` and `rejected`, with the prompt in both.

That is TRL's implicit prompt, which its RewardTrainer wants. With `margin: true` the column `margin` holds the score margin,
which that trainer subtracts in its loss; without, no column has this name.
"""

import pyarrow as pa

from exports.messages import joined

OF = "preference"
TAKES = "two whole conversations: `chosen` and `rejected`, each with the prompt; `margin` on request"


def view(pairs: pa.Table, *, margin: bool = False) -> pa.Table:
    """Pairs as `preference` has them -> chosen and rejected with the prompt before them; every other column stays."""
    whole = {side: joined(pairs["prompt"], pairs[side]) for side in ("chosen", "rejected")}
    made = pairs.drop_columns(["prompt"])
    for side, turns in whole.items():
        made = made.set_column(made.schema.get_field_index(side), side, turns)
    return made.append_column("margin", pairs["score_margin"]) if margin else made
