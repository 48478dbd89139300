"""ChatGPT's export: each conversation is a tree under `mapping`, and `current_node` its leaf on the page.

Regenerated answers are groups in which the one on the page is rank 0. Hidden nodes are no turns: what they say is kept in
`extra` under `hidden`, and so are a person's own instructions. Thoughts become reasoning; what is said to a tool becomes a
call. A question or an answer with a picture, a file, or another part that is no text is not ours to read; what a tool gave beside
text is left out, with the flag `not_text_parts`. Without parents and children the nodes are read as they stand.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from schemas.rows import Message
from sources import branches
from sources.blocks import LEFT_OUT
from sources.turns import ROLE, NoRow, Unreadable, as_json, extra, in_words, string

_NOTES = ("user_editable_context", "model_editable_context", "reasoning_recap", "app_pairing_content")
_TO_ALL = (None, "all", "final", "user")


def looks(value: Any) -> float:
    """Sure of a mapping whose nodes hold messages with an author."""
    mapping = value.get("mapping") if isinstance(value, dict) else None
    if not isinstance(mapping, dict) or "inserted_at" in value:
        return 0.0
    nodes = [node for node in islice(mapping.values(), 4) if isinstance(node, dict)]
    said = [node["message"] for node in nodes if isinstance(node.get("message"), dict)]
    return 1.0 if any("author" in message for message in said) else 0.5 * any("message" in node for node in nodes)


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row, or one a thread and one a regenerated answer."""
    mapping = value.get("mapping")
    if not isinstance(mapping, dict) or not all(isinstance(node, dict) for node in mapping.values()):
        raise Unreadable("unknown_shape", "mapping holds nodes by their ids")
    spoken = {key: node["message"] for key, node in mapping.items() if isinstance(node.get("message"), dict)}
    called = {message.get("recipient") for message in spoken.values() if isinstance(message.get("recipient"), str)}
    nodes, hidden, partial = {}, [], False
    for key, parent in parents(mapping).items():
        message, left_out = _message(spoken[key]) if key in spoken else (None, False)
        partial |= left_out
        if message and _is_hidden(spoken[key], called):
            hidden.append(message["content"])
            message = None
        hidden += _instructions(spoken.get(key), hidden[-1:])
        nodes[key] = branches.Node(parent, [message] if message else [], _model(spoken.get(key)))
    left = {**value, **({"hidden": hidden} if hidden else {})}
    rest = extra(left, ("mapping", "current_node"))
    for row in conversation(nodes, string(value.get("current_node")), partial):
        yield {**row, "model": row["model"] or string(value.get("default_model_slug")), "extra": rest}


def parents(mapping: dict[str, Any]) -> dict[str, str | None]:
    """The parent of every node; where no node names any, each follows the one before it."""
    lists = ((key, node.get("children")) for key, node in mapping.items())
    below = {child: key for key, held in lists if isinstance(held, list) for child in held if isinstance(child, str)}
    found = {key: string(node.get("parent", below.get(key))) for key, node in mapping.items()}
    return found if any(found.values()) else dict(zip(mapping, [None, *mapping], strict=False))


def conversation(nodes: dict[str, branches.Node], current: str | None, partial: bool = False) -> Iterator[dict[str, Any]]:
    """The rows of one conversation. Raises NoRow where nobody says anything."""
    if not any(node.messages for node in nodes.values()):
        raise NoRow("empty", "no message holds any text")
    for _, row in branches.rows(nodes, current):
        yield {**row, "flags": [*(row["flags"] or ()), *([LEFT_OUT] if partial else [])]}


def _model(message: dict[str, Any] | None) -> str | None:
    metadata = (message or {}).get("metadata")
    return string(metadata.get("model_slug")) if isinstance(metadata, dict) else None


def _is_hidden(message: dict[str, Any], called: set[Any]) -> bool:
    """Whether the page does not show it. What a tool answers is not shown either, but a call needs its answer."""
    metadata, author = message.get("metadata"), message.get("author")
    if isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation") is True:
        return True
    if _kind(message) in _NOTES:
        return True
    return message.get("weight") == 0 and not (isinstance(author, dict) and author.get("name") in called)


def _instructions(message: dict[str, Any] | None, said: list[str]) -> list[str]:
    """A person's own instructions that stand beside the text of a node, but for those that were `said` already."""
    content, metadata = ((message or {}).get(name) for name in ("content", "metadata"))
    told = metadata.get("user_context_message_data") if isinstance(metadata, dict) else None
    found = [told.get(name) for name in ("about_user_message", "about_model_message")] if isinstance(told, dict) else []
    found += [content.get("user_profile")] if isinstance(content, dict) else []
    return [text for text in found if isinstance(text, str) and text.strip() and not any(text in other for other in said)]


def _kind(message: dict[str, Any]) -> str:
    content = message.get("content")
    return str(content.get("content_type", "text")) if isinstance(content, dict) else "text"


def _message(message: dict[str, Any]) -> tuple[Message | None, bool]:
    """The turn that a node's message is, or None where it is empty; and whether some of it is no text."""
    author = message.get("author")
    said = author.get("role") if isinstance(author, dict) else author
    role = ROLE.get(said) if isinstance(said, str) else None
    if role is None:
        raise Unreadable("unknown_role", f"nobody knows the role {str(said)[:60]!r}")
    text, thoughts, partial = _content(message.get("content"))
    metadata = message.get("metadata")
    attached = isinstance(metadata, dict) and metadata.get("attachments")
    if (partial or attached) and role in ("user", "assistant"):
        raise Unreadable("not_text", f"a turn of the {role} holds parts that are not text")
    if not (text.strip() or thoughts):
        return None, partial
    if role == "tool":
        name = author.get("name") if isinstance(author, dict) else None
        return {"role": role, "content": text, "name": string(name)}, partial
    if role == "assistant" and message.get("recipient") not in _TO_ALL:
        call = {"type": "function", "function": {"name": message["recipient"], "arguments": text}}
        return {"role": role, "content": "", "reasoning": thoughts or None, "tool_calls": as_json([call])}, partial
    return {"role": role, "content": text, **({"reasoning": thoughts} if thoughts else {})}, partial


def _content(content: Any) -> tuple[str, str, bool]:
    """Text, thoughts, and whether there is more that is neither."""
    if content is None or isinstance(content, str):
        return content or "", "", False
    if not isinstance(content, dict):
        raise Unreadable("not_text", f"content is not text but {in_words(content)}")
    if isinstance(content.get("thoughts"), list):
        found = [part for thought in content["thoughts"] if isinstance(thought, dict) for part in _thought(thought)]
        return "", "\n\n".join(found), False
    parts = content.get("parts")
    if not isinstance(parts, list):
        named = (content.get(name) for name in ("text", "result", "content", "user_instructions", "model_set_context"))
        return next((text for text in named if isinstance(text, str)), ""), "", False
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    kept = [text for text in texts if isinstance(text, str)]
    return "\n\n".join(filter(str.strip, kept)) if len(kept) > 1 else "".join(kept), "", len(kept) < len(texts)


def _thought(thought: dict[str, Any]) -> list[str]:
    return [text for text in (thought.get("summary"), thought.get("content")) if isinstance(text, str) and text.strip()]
