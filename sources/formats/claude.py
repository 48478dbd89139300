"""Claude's export: `chat_messages` with a sender and blocks of text, thinking, and tools; newer ones name their parents.

The text of attached files stands after the message that they came with; a file that stands among the `files` too is one file.
A turn with a file or a block that has no text is not ours to read. The export does not say which of several answers was on the
page: regenerated ones have no order.
"""

from collections.abc import Iterator
from typing import Any

from schemas.rows import Message
from sources import blocks, branches
from sources.formats.chatgpt import conversation
from sources.turns import Unreadable, extra, role, string


def looks(value: Any) -> float:
    """Sure of messages with senders under `chat_messages`."""
    messages = value.get("chat_messages") if isinstance(value, dict) else None
    if not isinstance(messages, list):
        return 0.0
    return 1.0 if messages and isinstance(messages[0], dict) and "sender" in messages[0] else 0.5 * (messages == [])


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row, or one a thread and one a regenerated answer."""
    turns = value.get("chat_messages")
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise Unreadable("unknown_shape", "chat_messages is a list of messages")
    read = [_messages(turn) for turn in turns]
    nodes = _nodes(turns, read)
    attached = [file for turn in turns for file in _listed(turn, "attachments") + _listed(turn, "files")]
    names = [{key: field for key, field in file.items() if key != "extracted_content"} for file in attached]
    left = {**value, **({"attachments": names} if names else {})}
    for row in conversation(nodes, string(value.get("current_leaf_message_uuid"))):
        yield {
            **row,
            "model": row["model"] or string(value.get("model")),
            "extra": extra(left, ("chat_messages", "account", "model")),
        }


def _nodes(turns: list[dict[str, Any]], parts: list[list[Message]]) -> dict[str, branches.Node]:
    """A tree where the messages name their parents, else a chain."""
    keys = [turn.get("uuid") for turn in turns]
    if len(set(map(str, keys))) < len(keys) or not any(turn.get("parent_message_uuid") in keys for turn in turns):
        return branches.chained(parts)
    above = [string(turn.get("parent_message_uuid")) for turn in turns]
    return {str(key): branches.Node(parent, part) for key, parent, part in zip(keys, above, parts, strict=True)}


def _listed(turn: dict[str, Any], key: str) -> list[dict[str, Any]]:
    held = turn.get(key)
    return [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []


def _messages(turn: dict[str, Any]) -> list[Message]:
    speaker = role(turn)
    if speaker is None:
        raise Unreadable("unknown_role", f"nobody knows the role {str(turn.get('sender'))[:60]!r}")
    messages, partial = blocks.messages(speaker, turn.get("content") or turn.get("text"))
    if not messages:
        messages, _ = blocks.messages(speaker, turn.get("text"))
    attached = _listed(turn, "attachments")
    texts = [file.get("extracted_content") for file in attached]
    kept = [text for text in texts if isinstance(text, str) and text.strip()]
    if kept and messages and messages[-1]["role"] == speaker:
        messages[-1] = {**messages[-1], "content": "\n\n".join(filter(None, [messages[-1]["content"], *kept]))}
    elif kept:
        messages.append({"role": speaker, "content": "\n\n".join(kept)})
    named = {string(file.get("file_name")) for file in attached} - {None, ""}
    if partial or len(kept) < len(texts) or any(string(file.get("file_name")) not in named for file in _listed(turn, "files")):
        raise Unreadable("not_text", f"a turn of the {speaker} holds parts that are not text")
    return messages
