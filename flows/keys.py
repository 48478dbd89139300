"""The text of a row that an overlap rule compares: the whole conversation, the first user turn, or the last assistant turn."""

import polars as pl
import pyarrow as pa

# Overlap reads words only, so that punctuation hides no duplicate. These symbols are words: C is not C++, 5 + 3 is not 5 - 3.
_SPOKEN = (
    (r"\b([A-Za-z])(\+\+)", "${1} plusplus "),
    (r"\b([A-Za-z])#", "${1} sharp "),
    (r"\+ ?(\d)", " plus ${1}"),
    (r"[-\u2212] ?(\d)", " minus ${1}"),
    (r"[*\u00d7\u00b7] ?(\d)", " times ${1}"),
    (r"[/\u00f7] ?(\d)", " over ${1}"),
    (r"\^ ?(\d)", " to ${1}"),
    (r"< ?(\d)", " less ${1}"),
    (r"> ?(\d)", " more ${1}"),
)


def compared(rows: pa.Table, key: str) -> pa.Array:
    """As `texts`, with the symbols that tell one question from another written as words."""
    found = pl.Series(texts(rows, key))
    for symbol, word in _SPOKEN:
        found = found.str.replace_all(symbol, word)
    return found.to_arrow()


def texts(rows: pa.Table, key: str) -> pa.Array:
    """One text a row of `rows` (with `messages`), null where it has no such turn."""
    turns = (
        pl.DataFrame(rows.select(["messages"]))
        .with_row_index("row")
        .explode("messages")
        .select("row", pl.col("messages").struct.field("role"), pl.col("messages").struct.field("content"))
        .drop_nulls("role")
    )
    if key == "conversation":
        chosen = turns.group_by("row", maintain_order=True).agg(pl.col("content").str.join("\n\n"))
    else:
        first = key == "prompt"
        spoken = turns.filter(pl.col("role") == ("user" if first else "assistant"))
        chosen = spoken.unique("row", keep="first" if first else "last", maintain_order=True)
    every = pl.DataFrame({"row": pl.arange(len(rows), dtype=pl.UInt32, eager=True)})
    return every.join(chosen.select("row", "content"), on="row", how="left", maintain_order="left")["content"].to_arrow()
