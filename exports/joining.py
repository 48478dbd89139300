"""Records that compare the same answers to one context, made one group: every record is a vote on those of its answers.

Arenas and MT-bench tell one verdict a record. Records are joined where they share an answer, directly or through others: what
no chain of verdicts ties together is never compared. Equal answers are one, for which the row with the first id stands.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from exports.voting import places, strengths

PRINTS = {"id": pl.String, "context": pl.String, "answer": pl.String}
MERGED = {"id": pl.String, "twin": pl.String, "whole": pl.String}
VOTES = {"one": pl.String, "other": pl.String, "above": pl.UInt32, "below": pl.UInt32, "records": pl.UInt32}
MOST = 200  # answers of one group; more would cost their cube, and such records stay each for itself
_CELLS = 1 << 20  # pairs of answers of one batch of groups


@dataclass(frozen=True)
class Joined:
    """What joining makes of ranked members.

    `members`: one line an answer of every joined group, and all others as they came. `merged` (id, twin, whole): rows of joined
    groups, and the row that stands for their answer. `votes` (one, other, above, below, records): what the records say of two
    answers, by the rows that stand for them.
    """

    members: pl.DataFrame
    merged: pl.DataFrame
    votes: pl.DataFrame


def joined(members: pl.DataFrame, prints: pl.DataFrame, how: str) -> Joined:
    """`members` (ranked: id, group, source, order, points, by, ...) joined by what their texts say (PRINTS); `how` they vote.

    A record takes part whose ordered answers have one context, and are two or more. `how` is ranked_pairs or bradley_terry.
    """
    told = members.filter(pl.col("order").is_not_null()).join(prints, on="id", maintain_order="left")
    sound = (pl.col("context").n_unique() == 1) & pl.col("context").is_not_null().all() & (pl.col("answer").n_unique() > 1)
    told = told.filter(sound.over("group")).with_columns(twin=pl.col("id").min().over("source", "context", "answer"))
    told = told.join(_wholes(told.select("group", "twin").unique()), on="group", maintain_order="left")
    told = told.filter(pl.col("twin").n_unique().over("whole") <= MOST)
    votes = _votes(told.group_by("whole", "group", "twin").agg(pl.col("order").mean()))
    stand = told.filter(pl.col("id") == pl.col("twin")).sort("whole", "id")
    order = _order(stand.select("whole", "id"), votes, how)
    ours = stand.select(members.columns).with_columns(group=stand["whole"], **order, by=pl.lit(how))
    groups = told.select("group", "whole").unique()
    others = members.join(told, on="id", how="anti", maintain_order="left").join(
        groups, on="group", how="left", maintain_order="left"
    )
    others = others.with_columns(group=pl.coalesce("whole", "group")).select(members.columns)
    return Joined(pl.concat([others, ours]).sort("id"), told.select("id", "twin", "whole").sort("id"), votes.drop("whole"))


def agreement(pairs: pl.DataFrame, votes: pl.DataFrame) -> pl.Series:
    """For each pair the share, of the records that compare its two answers, that put the chosen higher; null for none."""
    ways = [votes.select(chosen_id=a, rejected_id=b, agreement=pl.col(up) / pl.col("records")) for a, b, up in _WAYS]
    return pairs.join(pl.concat(ways), on=["chosen_id", "rejected_id"], how="left", maintain_order="left")["agreement"]


def counted(pairs: pl.DataFrame, join: Joined, found: pl.Series) -> pl.DataFrame:
    """(id, reason, detail, twin) of what single records said of two answers (PAIR): the pair of `found` that it counts in."""
    told = pairs.select("id", "tie", "chosen_id", "rejected_id")
    for side in ("chosen", "rejected"):
        named = join.merged.select(pl.col("id").alias(f"{side}_id"), pl.col("twin").alias(side))
        told = told.join(named, on=f"{side}_id", how="left", maintain_order="left")
    ways = [join.votes.select("records", chosen=a, rejected=b, same=up, turned=down) for a, b, up, down in _BOTH]
    told = told.join(pl.concat(ways), on=["chosen", "rejected"], how="left", maintain_order="left")
    said = "one of {} records that compare these answers: {} put {} above {}, {} say the opposite"
    detail = pl.format(said, "records", "same", "chosen", "rejected", "turned").fill_null("the two answers are the same")
    names = [pl.concat_str(*way, separator="|") for way in (("chosen", "rejected"), ("rejected", "chosen"))]
    twin = pl.coalesce(pl.when(name.is_in(found.implode())).then(name) for name in names)
    return told.select("id", reason=pl.lit("joined"), detail=detail, twin=twin)


_BOTH = (("one", "other", "above", "below"), ("other", "one", "below", "above"))
_WAYS = (("one", "other", "above"), ("other", "one", "below"))


def _wholes(edges: pl.DataFrame) -> pl.DataFrame:
    """(group, whole): groups tied together by answers that two or more of them hold, and the first of them."""
    shared = edges.filter(pl.len().over("twin") > 1).sort("twin", "group")
    above = {group: group for group in shared["group"]}

    def top(group: str) -> str:
        while above[group] != group:
            above[group] = above[above[group]]
            group = above[group]
        return group

    for (twin, group), (again, other) in pairwise(shared.select("twin", "group").iter_rows()):
        if twin == again:
            low, high = sorted((top(group), top(other)))
            above[high] = low
    found = {group: top(group) for group in above}
    return pl.DataFrame({"group": list(found), "whole": list(found.values())}, schema={"group": pl.String, "whole": pl.String})


def _votes(ballots: pl.DataFrame) -> pl.DataFrame:
    """Of each two answers that a record (whole, group, twin, order) compares: how many put the one above, below, and in all."""
    two = ballots.join(ballots, on=["whole", "group"], suffix="_other").filter(pl.col("twin") < pl.col("twin_other"))
    return (
        two.group_by("whole", one="twin", other="twin_other")
        .agg(
            above=(pl.col("order") < pl.col("order_other")).sum(),
            below=(pl.col("order") > pl.col("order_other")).sum(),
            records=pl.len(),
        )
        .sort("whole", "one", "other")
    )


def _order(answers: pl.DataFrame, votes: pl.DataFrame, how: str) -> dict[str, pl.Series]:
    """Order and points of answers (whole, id), which stand whole by whole; the groups of one size together."""
    order, points = np.full(len(answers), np.nan), np.full(len(answers), np.nan)
    sized = answers.with_row_index("row").with_columns(place=pl.int_range(pl.len()).over("whole"), size=pl.len().over("whole"))
    for (size,), part in sized.partition_by("size", as_dict=True, maintain_order=True).items():
        step = max(1, _CELLS // int(size) ** 2) * int(size)
        for start in range(0, len(part), step):
            some = part.slice(start, step)
            at = some["row"].to_numpy().reshape(-1, int(size))
            won, both = _counted(some, votes, len(at), int(size))
            if how == "ranked_pairs":
                order[at] = places(won)
            else:
                points[at] = strengths(won, both)
                order[at] = -points[at] + 0.0
    return {"order": pl.Series(order).fill_nan(None), "points": pl.Series(points).fill_nan(None)}


def _counted(some: pl.DataFrame, votes: pl.DataFrame, groups: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(groups, answers, answers): the votes that put answer i above answer j, and those that compare the two."""
    placed = some.select("id", "place", group=pl.int_range(pl.len()) // size)
    told = votes.join(placed, left_on="one", right_on="id").join(
        placed.drop("group"), left_on="other", right_on="id", suffix="_other"
    )
    at = tuple(told[name].to_numpy() for name in ("group", "place", "place_other"))
    back = (at[0], at[2], at[1])
    won, both = np.zeros((groups, size, size)), np.zeros((groups, size, size))
    won[at], won[back] = told["above"].to_numpy(), told["below"].to_numpy()
    both[at] = both[back] = told["records"].to_numpy()
    return won, both
