"""WildBench: its tasks with reference answers, models' answers to them, and a judge's scores.

A file of scores (`model_output`, `score` 1 to 10 as text, `parsed_result`) names its task by `session_id` only: without the
prompt there is no row, so its records are dropped as `no_prompt`. Tasks give one row a reference answer; a task without one
ends with the user.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import group, reply
from sources.turns import NoRow, Unreadable, extra, in_words, string, thread


def looks(value: Any) -> float:
    """Sure of a session with a task, with an answer to one, or with a score."""
    if not isinstance(value, dict) or "session_id" not in value:
        return 0.0
    task = "conversation_input" in value and "checklist" in value
    answer = isinstance(value.get("chat_history"), list) and "output" in value
    return float(task or answer or ("model_output" in value and "score" in value))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an answer; several answers to a task are one group without an order."""
    if "conversation_input" in value:
        context, found = thread(value["conversation_input"]), value.get("references")
        answers = [(text, name) for name, text in found.items() if text] if isinstance(found, dict) else []
        used = {"conversation_input", *(["references"] if answers else [])}
    elif "chat_history" in value:
        said, used = value["chat_history"], {"chat_history", "output", "generator"}
        if not isinstance(said, list):
            raise Unreadable("unknown_shape", f"a chat is a list of turns, not {in_words(said)}")
        if not all(isinstance(text, str) for text in said):
            raise Unreadable("not_text", "a turn of the chat is not text")
        context = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]
        outputs = value["output"] if isinstance(value["output"], list) else [value["output"]]
        answers = [(text, string(value.get("generator"))) for text in outputs]
    else:
        raise NoRow("no_prompt", f"a score of an answer to session {str(value.get('session_id'))[:60]}, whose prompt is not here")
    if not all(isinstance(text, str) for text, _ in answers):
        raise Unreadable("not_text", "an answer is not text")
    rest = extra(value, used)
    if not answers:
        yield {"messages": context, "extra": rest}
    for row, (_, model) in zip(group(context, [reply(text) for text, _ in answers]), answers, strict=True):
        yield {**row, "model": model, "extra": rest}
