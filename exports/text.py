"""Conversations as plain text with a chat template's marks, for trainers that know no messages: `text`.

`template` is chatml (Qwen and many others), llama3, zephyr or plain (`User: ...`, a blank line, `Assistant: ...`). A trainer
that has a tokenizer does better with `sft`: its own template may differ. Reasoning stands in `<think>` marks; tools have no
place here.
"""

from collections.abc import Callable
from typing import Any, Literal

import pyarrow as pa

from exports.messages import left_out as _left_out
from exports.messages import thought

OF = "sft"
TAKES = "plain text with a chat template's marks: `text`"
TEMPLATES: dict[str, tuple[str, Callable[[str, str], str]]] = {  # before all; a turn from its role and text
    "chatml": ("", lambda role, text: f"<|im_start|>{role}\n{text}<|im_end|>\n"),
    "llama3": ("<|begin_of_text|>", lambda role, text: f"<|start_header_id|>{role}<|end_header_id|>\n\n{text.strip()}<|eot_id|>"),
    "zephyr": ("", lambda role, text: f"<|{role}|>\n{text}</s>\n"),
    "plain": ("", lambda role, text: f"{role.capitalize()}: {text}\n\n"),
}


def unfit(conversations: pa.Table) -> pa.Table:
    """Conversations with tool calls or results."""
    used = conversations["messages"].to_pylist()
    tools = [any(turn["role"] == "tool" or turn.get("tool_calls") for turn in turns) for turns in used]
    return _left_out(conversations["id"], ["tools have no place in plain text" if each else None for each in tools])


def view(conversations: pa.Table, *, template: Literal["chatml", "llama3", "zephyr", "plain"] = "chatml") -> pa.Table:
    """Conversations as `sft` has them -> id, text, source, license, words."""
    texts = [_text(turns, template) for turns in conversations["messages"].to_pylist()]
    return conversations.select(["id", "source", "license", "words"]).add_column(1, "text", pa.array(texts, pa.string()))


def _text(turns: list[dict[str, Any]], template: str) -> str:
    start, turn = TEMPLATES[template]
    return start + "".join(turn(each["role"], thought(each)) for each in turns)
