"""The order of a group's answers: from ranks, scores or labels as they came, or from several ratings as the recipe asks.

`members` are polars frames, one line a row (id, group, rank, score, label, ...); `ratings` has one line for each rating of a
row: (id, name, value). An order is a number, lower is better, equal is a tie, null is no order; `points` is what margins are
made of, higher is better.
"""

import numpy as np
import polars as pl

from exports.voting import bradley_terry, ranked_pairs
from schemas.recipe import Score

_CELLS = 1 << 22  # numbers of one batch of groups


def ranked(members: pl.DataFrame) -> pl.DataFrame:
    """`members` with `order`, `points` and `by` (score | rank | label).

    The order within a group comes from one kind only: ranks where any row has one, else scores, else labels.
    """
    has = {name: pl.col(name).is_not_null().any().over("group") for name in ("rank", "score")}
    order = (
        pl.when(has["rank"])
        .then(pl.col("rank").cast(pl.Float64))
        .when(has["score"])
        .then(-pl.col("score"))
        .otherwise((~pl.col("label")).cast(pl.Float64))
    )
    by = pl.when(has["rank"]).then(pl.lit("rank")).when(has["score"]).then(pl.lit("score")).otherwise(pl.lit("label"))
    return members.with_columns(order=order, points=pl.col("score"), by=by)


def named(asked: Score, ratings: pl.DataFrame) -> Score | None:
    """`asked` with the names that stand for its `vote.*`, in order; None where it names nothing that is there."""
    known = ratings["name"].unique().sort().to_list()
    found = {name: weight for name, weight in asked.of.items() if not name.endswith("*")}
    for pattern, weight in asked.of.items():
        if pattern.endswith("*"):
            found |= {name: weight for name in known if name.startswith(pattern[:-1]) and name not in found}
    return asked.model_copy(update={"of": found}) if found else None


def rated(members: pl.DataFrame, ratings: pl.DataFrame, asked: Score) -> pl.DataFrame:
    """`members`, ranked, with another order in each group of which some answer has the ratings that `asked` names.

    By `mean` or `lower_bound` an answer needs them all, else it has no order; votes (`ranked_pairs`, `bradley_terry`) count
    whatever was said. The places of `ranked_pairs` are ranks, and have no points.
    """
    matrix = _matrix(members, ratings, asked)
    weights = np.abs(np.array(list(asked.of.values())))
    said = ~np.isnan(matrix)
    told = pl.Series("told", said.all(axis=1) if asked.by in ("mean", "lower_bound") else said.any(axis=1))
    if asked.by in ("mean", "lower_bound"):
        order, points = _points(-_summed(matrix, weights, asked))
    else:
        order, points = _voted(members, matrix, weights, asked.by, told.to_numpy())
    new = members.with_columns(told, new=pl.Series(order).fill_nan(None), worth=pl.Series(points).fill_nan(None))
    ours = pl.col("told").any().over("group")
    return new.with_columns(
        order=pl.when(ours).then(pl.when("told").then("new")).otherwise("order"),
        points=pl.when(ours).then(pl.when("told").then("worth")).otherwise("points"),
        by=pl.when(ours).then(pl.lit(asked.by)).otherwise("by"),
    ).drop("told", "new", "worth")


def agreement(pairs: pl.DataFrame, ratings: pl.DataFrame, asked: Score | None) -> pl.Series:
    """For each pair (chosen_id, rejected_id) the share, of the ratings that both sides have, that put the chosen higher.

    Without `asked` it is what the source says (`agreement` in its scores: the share of the votes that say what the verdict says).
    """
    if asked is None:
        own = ratings.filter(pl.col("name") == "agreement").select(chosen_id="id", agreement="value")
        return pairs.join(own, on="chosen_id", how="left", maintain_order="left")["agreement"]
    both = beside(pairs, ratings.filter(pl.col("name").is_in(list(asked.of))))
    turned = pl.col("name").replace_strict({name: float(np.sign(weight)) for name, weight in asked.of.items()})
    higher = (pl.col("value") * turned > pl.col("value_rejected") * turned).mean()
    found = both.group_by("pair").agg(agreement=higher)
    return pairs.join(found, left_on="id", right_on="pair", how="left", maintain_order="left")["agreement"]


def beside(pairs: pl.DataFrame, ratings: pl.DataFrame) -> pl.DataFrame:
    """One line for each rating that both sides of a pair have: (pair, name, value, value_rejected)."""
    sides = pairs.select("chosen_id", "rejected_id", pair="id")
    left = sides.join(ratings, left_on="chosen_id", right_on="id")
    other = ratings.rename({"id": "rejected_id", "value": "value_rejected"})
    return left.join(other, on=["rejected_id", "name"]).select("pair", "name", "value", "value_rejected")


def _matrix(members: pl.DataFrame, ratings: pl.DataFrame, asked: Score) -> np.ndarray:
    """(members, ratings): each named rating, turned so that higher is better; NaN where there is none."""
    matrix = np.full((len(members), len(asked.of)), np.nan)
    places = members.select("id", row=pl.int_range(pl.len()))
    for at, (name, weight) in enumerate(asked.of.items()):
        own = places.join(ratings.filter(pl.col("name") == name), on="id")
        matrix[own["row"].to_numpy(), at] = own["value"].to_numpy() * np.sign(weight)
    return matrix


def _summed(matrix: np.ndarray, weights: np.ndarray, asked: Score) -> np.ndarray:
    """The weighted mean of each line, less so many of its standard errors; the effective number of ratings is Kish's."""
    mean = matrix @ weights / weights.sum()
    if asked.by == "mean":
        return np.round(mean, 9)
    many = weights.sum() ** 2 / (weights**2).sum()
    spread = (matrix - mean[:, None]) ** 2 @ weights / weights.sum() * many / (many - 1)
    return np.round(mean - asked.errors * np.sqrt(spread / many), 9)


def _points(order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return order + 0.0, -order + 0.0


def _voted(
    members: pl.DataFrame, matrix: np.ndarray, weights: np.ndarray, by: str, told: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Order and points of every answer with a vote, group by group, the groups of one size together."""
    order, points = np.full(len(members), np.nan), np.full(len(members), np.nan)
    rows = members.select("group", "id", row=pl.int_range(pl.len())).filter(pl.Series(told)).sort("group", "id")
    sizes = rows.with_columns(size=pl.len().over("group"))
    for (size,), part in sizes.partition_by("size", as_dict=True).items():
        whole = part["row"].to_numpy().reshape(-1, int(size))
        step = max(1, _CELLS // (int(size) ** 2 + int(size) * len(weights)))
        for start in range(0, len(whole), step):
            at = whole[start : start + step]
            votes = matrix[at].transpose(0, 2, 1)
            if by == "ranked_pairs":
                order[at] = ranked_pairs(votes, weights)
            else:
                points[at] = bradley_terry(votes, weights)
                order[at] = -points[at] + 0.0
    return order, points
