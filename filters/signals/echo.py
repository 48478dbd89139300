"""An answer that gives the question back. Editing, translating code and quoting do so too: judge it beside the length."""

import pyarrow as pa

from ._talk import Columns, Talk, buffers, last_answer, last_prompt

ROW = {
    "echo": (pa.float64(), "share of the last answer's word 3-grams that also stand in the user's turn before it"),
}


def measure(talk: Talk) -> Columns:
    """NULL where the last answer has no words or no user turn stands before it."""
    from ._grams import shared

    prompts = talk.pick(talk.content, talk.once(last_prompt))
    shares = shared(*buffers(talk.pick(talk.content, talk.once(last_answer))), *buffers(prompts), 3)
    shares[prompts.is_null().to_numpy()] = float("nan")
    return {"echo": shares}
