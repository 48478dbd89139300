"""Pairs whose own numbers deny them, told as flags and never dropped by that alone.

* `score_against_rank`   the rejected answer has the higher score
* `ratings_against_choice`   the other ratings of the two answers, taken together, surely say the opposite

That the source told of either answer (`overall_ten`, `verdict_against_rank`, ...) stands beside them.
"""

import polars as pl

from exports.ranking import beside

_FAITH = 4  # pairs: before any is seen, a rating is believed to go with the choice as if so many had shown it
_SURE = 2.0  # log-odds against the choice from which on a pair is flagged: seven to one


def flags(pairs: pl.DataFrame, members: pl.DataFrame, ratings: pl.DataFrame) -> pl.Series:
    """Sorted flags of each pair (PAIR): both rows' own, and what its numbers say. `members` has id, source, score and flags."""
    own = members.select("id", "score", "flags")
    told = pairs.join(own, left_on="chosen_id", right_on="id", how="left", maintain_order="left")
    told = told.join(own, left_on="rejected_id", right_on="id", how="left", maintain_order="left", suffix="_rejected")
    against = told["id"].is_in(_against(pairs, members, ratings).implode())
    denied = (pl.col("score") < pl.col("score_rejected")).fill_null(value=False) & ~pl.col("tie")
    more = pl.concat_list(
        pl.when(denied).then(pl.lit("score_against_rank")), pl.when(against).then(pl.lit("ratings_against_choice"))
    ).list.drop_nulls()
    both = pl.col("flags").fill_null([]).list.concat(pl.col("flags_rejected").fill_null([])).list.concat(more)
    return told.select(flags=both.list.unique().list.sort())["flags"]


def _against(pairs: pl.DataFrame, members: pl.DataFrame, ratings: pl.DataFrame) -> pl.Series:
    """Ids of pairs in which the ratings say the opposite of the choice, by seven to one or more.

    Each rating is a witness that is right as often as it goes with the choice over all pairs of its source, and their log-odds
    are added up (naive Bayes): what is better low (toxicity) turns round by itself, and what has little to do with the choice
    (verbosity) hardly counts. The number that the choice was made by is no witness: a rating that is the score itself, in
    the whole source, is left out, and so are `agreement` and the raters' single votes.
    """
    own = (pl.col("name") == "agreement") | pl.col("name").str.starts_with("vote.")
    scored = ratings.filter(~own).join(members.select("id", "source", "score"), on="id")
    same = pl.col("value").eq_missing(pl.col("score")).all().over("source", "name")
    others = scored.filter(~same).select("id", "name", "value")
    both = beside(pairs.filter(~pl.col("tie")), others).join(pairs.select("source", pair="id"), on="pair")
    both = both.with_columns(side=(pl.col("value") - pl.col("value_rejected")).sign()).filter(pl.col("side") != 0)
    lean = ((pl.col("side").sum() + _FAITH) / (pl.len() + _FAITH)).over("source", "name").clip(-0.99, 0.99)
    odds = pl.col("side") * ((1 + lean) / (1 - lean)).log()
    told = both.with_columns(odds=odds).group_by("pair").agg(pl.col("odds").sum())
    return told.filter(pl.col("odds") <= -_SURE)["pair"]
