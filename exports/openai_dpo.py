"""Pairs as OpenAI's DPO JSON lines: `input` with the messages before the answers, `preferred_output`, `non_preferred_output`."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from exports import openai
from exports.messages import left_out as _left_out

OF = "preference"
TAKES = "JSON lines: `input`, `preferred_output`, `non_preferred_output`, as OpenAI's DPO reads them"
THOUGHTS = False


def unfit(pairs: pa.Table) -> pa.Table:
    """Pairs with an answer of several turns: each side is one message of the assistant."""
    lengths = zip(pairs["chosen"].to_pylist(), pairs["rejected"].to_pylist(), strict=True)
    return _left_out(pairs["id"], [None if len(a) == len(b) == 1 else "an answer of several turns" for a, b in lengths])


def lines(pairs: pa.Table) -> Iterator[dict[str, Any]]:
    """Pairs as `preference` has them -> one object each."""
    for pair in pairs.to_pylist():
        asked = {"messages": openai.messages(pair["prompt"])} | openai.tools(pair.get("tools"))
        chosen, rejected = (openai.messages(pair[side]) for side in ("chosen", "rejected"))
        yield {"input": asked, "preferred_output": chosen, "non_preferred_output": rejected}
