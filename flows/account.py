"""The ledger: one line for every row, and for every record that gave none; and one for every two answers that were compared."""

import polars as pl
import pyarrow as pa

from flows.exporting import Taken
from schemas.ledger import COMPARISONS, DROPPED, KEPT, LEDGER, OMITTED

_LINE = ["id", "source", "file", "record", "offset", "group_id", "tree_id", "fingerprint", "words"]
_SHARED = "fell with its group, which is judged by its better answer {}: {}"
_VAGUE = {"not the best of its group": 1, "neither best nor worst": 2, "not drawn": 2, "unranked": 2, "no partner": 3}
_VAGUE |= {"no steps": 3, "no verdict": 3, "alone": 3}


def ledger(frame: pl.DataFrame, verdicts: pl.DataFrame, taken: list[Taken], refused: pa.Table) -> pa.Table:
    """LEDGER sorted by id, from all rows, verdicts on units, what each export took and left, and what reading refused.

    `said` of a row that stands (`lists.passed_over`) is told before what its exports say. A kept row that another export left out
    has that export's reason as its detail, but for reasons that say no more than that it is none of the rows looked for.
    """
    lines = frame.select(*_LINE, "unit", "said")
    fallen = lines.join(verdicts.rename({"id": "unit"}), on="unit", how="inner", maintain_order="left")
    shared = pl.format(_SHARED, "unit", pl.col("detail").fill_null(""))
    fallen = fallen.with_columns(detail=pl.when(pl.col("id") == pl.col("unit")).then("detail").otherwise(shared))
    standing = lines.join(verdicts.select(unit="id"), on="unit", how="anti", maintain_order="left")
    exported = pl.concat(
        [pl.DataFrame({"id": each.ids, "exports": each.name}, schema={"id": pl.String, "exports": pl.String}) for each in taken]
    )
    exported = exported.group_by("id").agg(pl.col("exports").sort())
    kept = standing.join(exported, on="id", how="inner", maintain_order="left").with_columns(fate=pl.lit(KEPT))
    left = standing.join(exported, on="id", how="anti", maintain_order="left")
    left = left.join(_left(_every(taken, left)), on="id", how="left", maintain_order="left")
    kept = kept.join(_elsewhere(_every(taken, clear=True)), on="id", how="left", maintain_order="left")
    told = pl.concat_str(["said", "detail"], separator="; ", ignore_nulls=True)
    told = pl.when(pl.col("said").is_null()).then("detail").otherwise(told)
    read = pl.DataFrame(refused).with_columns(stage=pl.lit("read"))
    parts = [
        fallen.with_columns(fate=pl.lit(DROPPED)),
        kept.with_columns(detail=told),
        left.with_columns(detail=told, fate=pl.lit(DROPPED), stage=pl.lit("export")),
        read,
    ]
    whole = pl.concat(parts, how="diagonal")
    whole = whole.with_columns(unit=pl.when(pl.col("unit") != pl.col("id")).then("unit"))
    whole = whole.with_columns(pl.col("exports").fill_null([]), pl.col("broken").fill_null([]))
    return whole.sort("id").select(LEDGER.names).to_arrow().cast(LEDGER)


def comparisons(taken: list[Taken]) -> pa.Table:
    """COMPARISONS by id: each pair once, with the exports that it leaves in, or the first export's reason why it does not."""
    told = [(each.name, at, each.compared) for at, each in enumerate(taken) if each.compared is not None]
    if not told:
        return COMPARISONS.empty_table()
    every = pl.concat([lines.with_columns(export=pl.lit(name), order=pl.lit(at)) for name, at, lines in told])
    leaves = every.filter(pl.col("reason").is_null()).group_by("id").agg(exports=pl.col("export").sort())
    lines = every.sort("id", pl.col("reason").is_not_null(), "order").unique("id", keep="first", maintain_order=True)
    lines = lines.join(leaves, on="id", how="left", maintain_order="left").with_columns(
        fate=pl.when(pl.col("reason").is_null()).then(pl.lit(KEPT)).otherwise(pl.lit(DROPPED)),
        exports=pl.col("exports").fill_null([]),
        broken=pl.col("broken").fill_null([]),
    )
    return lines.select(COMPARISONS.names).to_arrow().cast(COMPARISONS)


def omitted(taken: list[Taken]) -> pa.Table:
    """OMITTED by id and export: why an export does not hold a row that stands. Of pairs, `preference` tells for `ties` too."""
    lines = _every(taken).unique(["id", "export"], keep="first", maintain_order=True).sort("id", "export")
    return lines.select(OMITTED.names).to_arrow().cast(OMITTED)


def _every(taken: list[Taken], only: pl.DataFrame | None = None, *, clear: bool = False) -> pl.DataFrame:
    """What each export says of the rows that it does not hold, or of `only` these: what says most first, then by export.

    `clear`: without reasons that say no more than that a row is none of those looked for, which millions may have.
    """
    vague, lines = pl.col("reason").replace_strict(_VAGUE, default=0, return_dtype=pl.Int32), []
    for at, each in enumerate(taken):
        told = each.left.with_columns(export=pl.lit(each.name), order=pl.lit(at), vague=vague)
        told = told.filter(pl.col("vague") == 0) if clear else told
        told = told if only is None else told.join(only.select("id"), on="id", how="semi")
        lines.append(told.filter(~pl.col("id").is_in(pl.Series(each.ids, dtype=pl.String).implode())))
    return pl.concat(lines).sort("id", "vague", "order", maintain_order=True)


def _elsewhere(every: pl.DataFrame) -> pl.DataFrame:
    """Why other exports left out a row (id, detail), with the twin and similarity of one that is too like another."""
    like = pl.col("reason").str.starts_with("too like ")
    why = pl.concat_str(["reason", "detail"], separator=": ", ignore_nulls=True)
    said = pl.format("not in {}: {}", "export", pl.when(like).then("detail").otherwise(why))
    lines = every.with_columns(said=said, twin=pl.when(like).then("twin"))
    return lines.group_by("id", maintain_order=True).agg(
        pl.col("said").str.join("; ").alias("detail"),
        pl.col("twin").drop_nulls().first(),
        pl.col("similarity").filter(pl.col("twin").is_not_null()).first(),
    )


def _left(every: pl.DataFrame) -> pl.DataFrame:
    """Why no export took a row: the first export's reason, but that somebody else was better says less than anything else."""
    other = pl.col("reason") != "no partner"
    every = every.filter(other | ~other.any().over("id"))
    said = pl.format("{}: {}", "export", pl.coalesce("detail", "reason"))
    return every.group_by("id", maintain_order=True).agg(
        pl.col("reason").first(),
        said.str.join("; ").alias("detail"),
        pl.col("broken").list.explode(empty_as_null=False, keep_nulls=False).unique(maintain_order=True).alias("broken"),
        pl.col("twin").drop_nulls().first(),
        pl.col("similarity").drop_nulls().first(),
    )
