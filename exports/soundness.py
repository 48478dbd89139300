"""What is wrong with a pair's texts: one context, two answers that differ, nothing empty; and prints to know a pair again by."""

import polars as pl
import pyarrow as pa

from exports.messages import asked, cut
from exports.sft import FIELDS, turns

SIDES = ("chosen", "rejected")
_TOLD = ("reasoning_content", "name", "tool_calls", "tool_call_id")  # fields of a turn, beside its role and content
_FORM = (  # a question about how a text is written
    r"(?i)punctuat|spell|grammar|grammatic|proofread|capital(?:i[sz]|\s+letter)|"
    r"(?:upper|lower|title|sentence|camel|snake)[- _]?case|"
    r"\btypos?\b|\bcommas?\b|apostrophe|correct(?:ed|ion)?\b[^.?!\n]{0,30}\b(?:sentence|text|mistake|error|phrase|paragraph)|"
    r"标点|语法|拼写|大小写|错别字|病句"
)
_SEEDS = (20230504, 19690720)  # two 64-bit hashes are one of 128 bits


def parted(pairs: pl.DataFrame, rows: pa.Table, more: set[str]) -> pl.DataFrame:
    """`pairs` (chosen_id, rejected_id, ...) with prompt, chosen, rejected (turns with the fields `more`), tools, and `reason`.

    `rows` holds both sides of each pair (id, messages, perhaps tools). The context is every turn that both begin with; what
    follows must be the assistant's (and tools'). `form` says that the last question is about how a text is written. Reasons:
    `empty answer`, `no answer at the end`, `different contexts`, `identical answers` (equal but for white space and case; where
    form is asked for, to the letter); null where a pair is sound.
    """
    frame = pairs
    tools = rows["tools"] if "tools" in rows.column_names else pa.nulls(len(rows), pa.string())
    said = pl.DataFrame(
        {"row": pl.Series(rows["id"]), "said": pl.from_arrow(turns(rows["messages"], more)), "tools": pl.Series(tools)}
    )
    for side in SIDES:
        named = said.rename({"row": f"{side}_id", "said": side, "tools": f"tools_{side}"})
        frame = frame.join(named, on=f"{side}_id", how="left", maintain_order="left")
    frame = frame.with_columns(shared=_shared(frame)).with_columns(
        prompt=pl.col("chosen").list.head(pl.col("shared")),
        **{side: pl.col(side).list.slice(pl.col("shared")) for side in SIDES},
        tools="tools_chosen",
    )
    asked = pl.col("prompt").list.eval(pl.element().filter(pl.element().struct.field("role") == "user").struct.field("content"))
    frame = frame.with_columns(form=asked.list.last().str.contains(_FORM).fill_null(value=False))
    return frame.with_columns(reason=_reason(frame))


def prints(parts: pl.DataFrame) -> pl.DataFrame:
    """(id, context, better, worse): 128-bit prints of what each pair's texts say, white space and case left out."""
    said = {"context": "prompt", "better": "chosen", "worse": "rejected"}
    texts = parts.select("id", **{name: _plain(column, parts) for name, column in said.items()})
    return texts.select("id", *map(_print, said))


def row_prints(rows: pa.Table) -> pl.DataFrame:
    """(id, context, answer): 128-bit prints of the turns to the user's last, with the tools, and of the answer after them.

    The context is taken as it stands, of the answer white space and case are left out; null where no user or no answer speaks.
    """
    head, tail = cut(rows["messages"], asked(rows["messages"]))
    sides = {
        name: pl.from_arrow(turns(pa.chunked_array([part]), set(FIELDS))) for name, part in (("context", head), ("answer", tail))
    }
    frame = pl.DataFrame({"id": pl.Series(rows["id"]), "tools": pl.Series(rows["tools"], dtype=pl.String), **sides})
    both = frame.filter((pl.col("context").list.len() > 0) & (pl.col("answer").list.len() > 0))
    tools = pl.col("tools").fill_null("")
    told = both.select("id", tools, context=_plain("context", both, exact=True), answer=_plain("answer", both))
    told = told.with_columns(context=pl.concat_str("context", "tools", separator="\x1d"))
    found = told.select("id", *map(_print, ("context", "answer")))
    return frame.select("id").join(found, on="id", how="left", maintain_order="left")


def answers(parts: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """The text of both answers of each pair, all turns of it."""
    texts = [pl.col(side).list.eval(pl.element().struct.field("content")).list.join("\n\n") for side in SIDES]
    told = parts.select(better=texts[0], worse=texts[1])
    return told["better"], told["worse"]


def _print(name: str) -> pl.Expr:
    return pl.concat_str([pl.col(name).hash(seed).cast(pl.String) for seed in _SEEDS], separator=" ").alias(name)


def _plain(column: str, frame: pl.DataFrame, *, exact: bool = False) -> pl.Expr:
    """Turns as one text: roles, contents (in lower case with white space folded, or exact), and what else a turn says."""
    inner = frame.schema[column].inner  # type: ignore[attr-defined]
    more = [field.name for field in inner.fields if field.name in _TOLD]
    turn = pl.element().struct
    content = turn.field("content")
    content = content if exact else content.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    pieces = [turn.field("role"), content, *(turn.field(name).fill_null("") for name in more)]
    return pl.col(column).list.eval(pl.concat_str(pieces, separator="\x1f")).list.join("\x1e")


def _shared(frame: pl.DataFrame) -> pl.Series:
    """How many turns both sides begin with alike."""
    sides = [_turns(frame, side) for side in SIDES]
    same = sides[0].join(sides[1], on=["id", "turn"], how="inner")
    same = same.with_columns(differs=(pl.col("message") != pl.col("message_right")))
    firsts = same.group_by("id").agg(first=pl.col("turn").filter("differs").min(), common=pl.len())
    shared = frame.select("id").join(firsts, on="id", how="left", maintain_order="left")
    return shared.select(pl.coalesce("first", "common").fill_null(0).cast(pl.Int64)).to_series()


def _turns(frame: pl.DataFrame, side: str) -> pl.DataFrame:
    """One line a turn, what it says as one text."""
    flat = frame.select("id", message=pl.col(side)).explode("message", empty_as_null=False, keep_nulls=False)
    inner = flat.schema["message"]
    turn = pl.col("message").struct
    more = [field.name for field in inner.fields if field.name in _TOLD]  # type: ignore[attr-defined]
    pieces = [turn.field(name).fill_null("") for name in ("role", "content", *more)]
    return flat.select("id", message=pl.concat_str(pieces, separator="\x1f")).with_columns(turn=pl.int_range(pl.len()).over("id"))


def _reason(frame: pl.DataFrame) -> pl.Series:
    """The first thing wrong with each pair, or null."""
    roles = {side: pl.col(side).list.eval(pl.element().struct.field("role")) for side in SIDES}
    plain = [_plain(side, frame) for side in SIDES]
    neither = (pl.col("chosen").list.len() == 0) & (pl.col("rejected").list.len() == 0)
    ends = [(roles[side].list.last() == "assistant").fill_null(value=False) for side in SIDES]
    foreign = [roles[side].list.contains("user") | roles[side].list.contains("system") for side in SIDES]
    starts = [(roles[side].list.first() == "assistant").fill_null(value=False) for side in SIDES]
    tools = pl.col("tools_chosen").fill_null("") != pl.col("tools_rejected").fill_null("")
    empty = [_empty(side, frame) for side in SIDES]
    return frame.select(
        pl.when(neither)
        .then(pl.lit("identical answers"))
        .when(empty[0] | empty[1])
        .then(pl.lit("empty answer"))
        .when(~(ends[0] & ends[1]))
        .then(pl.lit("no answer at the end"))
        .when(foreign[0] | foreign[1] | ~(starts[0] & starts[1]) | (pl.col("shared") == 0) | tools)
        .then(pl.lit("different contexts"))
        .when((plain[0] == plain[1]) & ~pl.col("form"))
        .then(pl.lit("identical answers"))
    ).to_series()


def _empty(side: str, frame: pl.DataFrame) -> pl.Expr:
    """Whether the last turn says nothing and calls nothing."""
    last = pl.col(side).list.last().struct
    blank = last.field("content").str.strip_chars() == ""
    calls = any(field.name == "tool_calls" for field in frame.schema[side].inner.fields)  # type: ignore[attr-defined]
    return blank & (last.field("tool_calls").fill_null("") == "") if calls else blank
