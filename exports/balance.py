"""Pairs of which the longer answer wins too often (or too seldom) are thinned out, or weighed down, to a stated share.

The fewest pairs are lost: with `w` wins and `l` losses of the side with more of it, and at most a share `h` wanted, all losses
stay and `w' = floor(l h / (1 - h))` wins (the mirror image where wins are too few); no choice of pairs within the share is
larger. Which wins stay: those that flatten the curve at that cost. Within a source and a bin of the gap they stand in a line
by a seeded hash; the place in the line over the losses there is the key, and the smallest keys stay (Sainte-Lague's divisors).
Pairs that lean to neither side always stay. No label is turned, no text touched.
"""

import hashlib
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from exports.bias import binned
from schemas.faults import DataFault
from schemas.recipe_balance import Balance


@dataclass(frozen=True)
class Balanced:
    """`pairs`: id, `kept`, and `weight`, the chance (over seeds) that a subsample keeps it; and how many were won, lost, kept."""

    pairs: pl.DataFrame
    wins: int
    losses: int
    kept_wins: int
    kept_losses: int

    @property
    def lost(self) -> int:
        """Pairs fewer; no choice of pairs within the wanted share loses fewer."""
        return self.wins + self.losses - self.kept_wins - self.kept_losses


def balance(leans: pl.DataFrame, asked: Balance, seed: int) -> Balanced:
    """Which of the pairs (`exports.bias.LEAN`) stay. Raises DataFault where no choice of pairs has the wanted share."""
    wins, losses = (int((leans["lean"] == lean).sum()) for lean in (1, -1))
    room = quota(wins, losses, *bounds(asked))
    if room is None:
        low, high = bounds(asked)
        raise DataFault(
            f"balance: by {asked.by} the side with more of it won {wins:,} pairs and lost {losses:,}, and of no choice of these "
            f"can it win {float(low):.0%} to {float(high):.0%}: leave `balance` out, add data, or write a larger `within`"
        )
    frame = leans.with_columns(
        bin=binned(pl.col("gap"), asked.by), draw=pl.Series([_draw(seed, each) for each in leans["id"]], dtype=pl.UInt64)
    )
    parts = [frame.filter(pl.col("lean") == 0).select("id", kept=pl.lit(True), weight=pl.lit(1.0))]
    for lean, keep in ((1, room[0]), (-1, room[1])):
        parts.append(_thinned(frame, lean, keep))
    return Balanced(pl.concat(parts).sort("id"), wins, losses, *room)


def bounds(asked: Balance) -> tuple[Fraction, Fraction]:
    """The smallest and the largest share that will do, exactly as written."""
    share, within = Fraction(str(asked.wins)), Fraction(str(asked.within))
    return max(share - within, Fraction(0)), min(share + within, Fraction(1))


def quota(wins: int, losses: int, low: Fraction, high: Fraction) -> tuple[int, int] | None:
    """The largest number of wins and losses to keep so that low <= wins / (wins + losses) <= high; None where there is none.

    For every number of losses, the most wins that they allow make the largest choice, and it grows with the losses: so the
    first number from above that will do is the best. Without a remainder of the division that is the first one tried.
    """
    if wins + losses == 0:
        return 0, 0
    most = losses if low == 0 else min(losses, int(wins * (1 - low) // low))
    for few in range(most, -1, -1):
        many = wins if high == 1 else min(wins, int(few * high // (1 - high)))
        if many + few and many >= low * (many + few):
            return many, few
    return None


def _thinned(frame: pl.DataFrame, lean: int, keep: int) -> pl.DataFrame:
    """`keep` of the pairs of one lean, so that their number beside the others' is as even as can be over sources and gaps."""
    where = ["source", "bin"]
    others = frame.filter(pl.col("lean") == -lean).group_by(where).agg(others=pl.len())
    mine = frame.filter(pl.col("lean") == lean).sort("draw", "id").with_columns(place=pl.int_range(pl.len()).over(where))
    mine = mine.join(others, on=where, how="left", nulls_equal=True, maintain_order="left")
    key = (2 * pl.col("place") + 1) / pl.col("others")
    mine = mine.with_columns(key=key).sort("key", "draw", "id", nulls_last=True).with_columns(kept=pl.int_range(pl.len()) < keep)
    return mine.select("id", "kept", weight=pl.col("kept").mean().over(where))


def _draw(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}\x1f{name}".encode(), digest_size=8, person=b"balance").digest(), "big")
