"""The text of a row that an overlap rule compares.

* `conversation`  all turns                     * `prompt`    the first user turn
* `context`       all before the last answer    * `response`  the last answer (an answer is an assistant's turn)
* `exchange`      the first user turn and the first answer after it
"""

import polars as pl
import pyarrow as pa

from filters.overlap.alphabet import SPOKEN


def compared(rows: pa.Table, key: str) -> pa.Array:
    """As `texts`, with the symbols that tell one question from another written as words."""
    return spoken(pl.Series(texts(rows, key))).to_arrow()


def spoken(found: pl.Series) -> pl.Series:
    """Texts with the symbols that are words written as such: `C++` as `C plusplus`."""
    for symbol, word in SPOKEN:
        found = found.str.replace_all(symbol, word)
    return found


def turns(rows: pa.Table) -> pa.Table:
    """Every turn of `rows` (id, messages) in order: id, role, and text: what it says, thinks and calls, symbols as words."""
    parts = [pl.col("messages").struct.field(name) for name in ("content", "reasoning", "tool_calls")]
    each = pl.DataFrame(rows.select(["id", "messages"])).explode("messages").drop_nulls("messages")
    text = pl.concat_str(parts, separator="\n\n", ignore_nulls=True)
    told = each.select("id", role=pl.col("messages").struct.field("role"), text=text)
    return told.with_columns(spoken(told["text"])).to_arrow()


def sides(rows: pa.Table) -> dict[str, pa.Table]:
    """Turns of `rows` (id, messages) as id, text: what the model reads (`question`), what it writes and thinks (`answer`)."""
    parts = [pl.col("messages").struct.field(name) for name in ("reasoning", "content")]
    each = pl.DataFrame(rows.select(["id", "messages"])).explode("messages").drop_nulls("messages")
    text = pl.concat_str(parts, separator="\n\n", ignore_nulls=True)
    told = each.select("id", role=pl.col("messages").struct.field("role"), text=text)
    written = pl.col("role") == "assistant"
    return {side: told.filter(which).drop("role").to_arrow() for side, which in (("question", ~written), ("answer", written))}


def texts(rows: pa.Table, key: str) -> pa.Array:
    """One text a row of `rows` (with `messages`), its turns joined by a blank line; null where it has no such turn."""
    turns = (
        pl.DataFrame(rows.select(["messages"]))
        .with_row_index("row")
        .explode("messages")
        .select("row", pl.col("messages").struct.field("role"), pl.col("messages").struct.field("content"))
        .drop_nulls("role")
        .with_row_index("at")
    )
    said = _chosen(turns, key).drop_nulls("content")
    chosen = said.group_by("row", maintain_order=True).agg(pl.col("content").str.join("\n\n"))
    every = pl.DataFrame({"row": pl.arange(len(rows), dtype=pl.UInt32, eager=True)})
    return every.join(chosen, on="row", how="left", maintain_order="left")["content"].to_arrow()


def _chosen(turns: pl.DataFrame, key: str) -> pl.DataFrame:
    """The turns that a key compares; `at` counts them."""
    asked, answers = (turns.filter(pl.col("role") == role) for role in ("user", "assistant"))
    if key == "conversation":
        return turns
    if key == "prompt":
        return asked.unique("row", keep="first", maintain_order=True)
    if key == "response":
        return answers.unique("row", keep="last", maintain_order=True)
    if key == "context":
        last = answers.group_by("row").agg(last=pl.col("at").max())
        return turns.join(last, on="row", how="left", maintain_order="left").filter(
            pl.col("last").is_null() | (pl.col("at") < pl.col("last"))
        )
    first = asked.unique("row", keep="first", maintain_order=True)
    after = answers.join(first.select("row", first="at"), on="row", maintain_order="left").filter(pl.col("at") > pl.col("first"))
    after = after.unique("row", keep="first", maintain_order=True)
    return pl.concat([first.join(after, on="row", how="semi"), after.select(turns.columns)]).sort("at")
