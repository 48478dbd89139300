"""Several answers to one context: transcripts taken apart, two threads split where they part, groups made of answers."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from schemas.rows import Message
from sources.turns import NoRow, Unreadable, dense, message, thread

_SAID = re.compile(r"\n\n(Human|Assistant):[ \t]?")
_MOST = 1 << 26  # characters: every answer repeats the question, so many answers to a long one would cost their product
_FEW = 16  # answers are compared with each other up to here, by their texts beyond: many would cost their square


def is_transcript(text: Any) -> bool:
    """Whether a text is a talk written as `Human:` and `Assistant:`, each after a blank line."""
    return isinstance(text, str) and text.startswith(("\n\nHuman:", "Human:", "\n\nAssistant:"))


def transcript(text: str) -> list[Message]:
    """The messages of such a talk; a last `Assistant:` with nothing behind it is an empty turn."""
    parts = _SAID.split(text if text.startswith("\n\n") else "\n\n" + text)
    if parts[0].strip():
        raise Unreadable("unknown_shape", "the transcript does not begin with Human: or Assistant:")
    roles = ("user" if who == "Human" else "assistant" for who in parts[1::2])
    return [{"role": role, "content": said.strip()} for role, said in zip(roles, parts[2::2], strict=True)]


def asked(prompt: Any) -> list[Message]:
    """A context from a text, a transcript that waits for an answer, or a list of turns."""
    if is_transcript(prompt):
        messages = transcript(prompt)
        waits = messages[-1]["role"] == "assistant" and not messages[-1]["content"]
        return messages[:-1] if waits else messages
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    return thread(prompt)


def reply(answer: Any) -> list[Message]:
    """An answer from a text, one turn, or a list of turns."""
    if isinstance(answer, str):
        said: Message = {"role": "assistant", "content": answer}
        return [message(said) if "<think>" in answer else said]
    turns = answer if isinstance(answer, list) else [answer]
    if not turns:
        raise NoRow("no_answer", "one side holds no answer")
    return [message(turn) for turn in turns]


def part(chosen: list[Message], rejected: list[Message]) -> tuple[list[Message], list[Message], list[Message]]:
    """What two threads share, and what each says then. Raises NoRow where they part before the last answer."""
    most = min(len(chosen), len(rejected)) - 1
    shared = next((n for n in range(most) if chosen[n] != rejected[n]), most)
    tails = chosen[shared:], rejected[shared:]
    for tail in tails:
        if not _is_one_answer([turn["role"] for turn in tail]):
            raise NoRow("contexts_differ", f"chosen and rejected part at turn {shared}, before the last answer")
    return chosen[:shared], *tails


def _is_one_answer(roles: list[str]) -> bool:
    """One assistant turn; more only where a tool spoke before each."""
    after = pairwise(roles)
    return roles[:1] == ["assistant"] and {"user", "system"}.isdisjoint(roles) and ("assistant", "assistant") not in after


def group(
    context: list[Message],
    replies: list[list[Message]],
    ranks: Sequence[int | None] | None = None,
    scores: Sequence[float | None] | None = None,
) -> Iterator[dict[str, Any]]:
    """One row an answer, each with the whole context. Two answers that are the same cannot be one better than the other.

    Flags: `same_answers` where another answer is the same; `partly_ranked` where only some have a rank; `score_against_rank`
    where a worse one has the higher score, as where a label was flipped; and those of `odd`. Raises NoRow without a question.
    """
    if not context:
        raise NoRow("no_prompt", "the answers have no question")
    size = sum(len(turn["content"]) for turn in context)
    if size * len(replies) > _MOST:
        raise Unreadable("too_large", f"{len(replies):,} answers would each repeat a question of {size:,} characters")
    none = [None] * len(replies)
    ranks, scores = ranks or none, scores or none
    if len(replies) == 2 and replies[0] == replies[1] and ranks[0] is not None:
        ranks = [0, 0]
    of_all = ["partly_ranked"] if len({rank is None for rank in ranks}) == 2 else []
    of_all += ["score_against_rank"] if _denied(ranks, scores) else []
    for answer, again, rank, score in zip(replies, _again(replies), ranks, scores, strict=True):
        messages = [*context, *answer]
        same = ["same_answers"] if again else []
        yield {"messages": messages, "rank": rank, "score": score, "flags": [*same, *of_all, *odd(messages)]}


def _again(replies: list[list[Message]]) -> list[bool]:
    """For each answer whether another is the same."""
    if len(replies) <= _FEW:
        return [replies.count(answer) > 1 for answer in replies]
    said = Counter(map(str, replies))
    return [said[str(answer)] > 1 for answer in replies]


def _denied(ranks: Sequence[int | None], scores: Sequence[float | None]) -> bool:
    """Whether any answer has a higher score than one of a better rank."""
    told = sorted((rank, -score) for rank, score in zip(ranks, scores, strict=True) if rank is not None and score is not None)
    return any(better > worse for (_, better), (_, worse) in pairwise(told))


def odd(messages: list[Message]) -> list[str]:
    """Flags of a talk: `empty_answer` where its last turn is an answer that says nothing, and what `repeats` finds."""
    last = messages[-1]
    says = last["content"].strip() or last.get("tool_calls") or last.get("reasoning")
    return [*([] if says or last["role"] != "assistant" else ["empty_answer"]), *repeats(messages)]


def repeats(messages: list[Message]) -> list[str]:
    """The flag `roles_repeat` where two turns of the user, or two of the assistant, follow each other."""
    return ["roles_repeat"] if any(a["role"] == b["role"] in ("user", "assistant") for a, b in pairwise(messages)) else []


def ranked_by(scores: list[float | None], ranks: list[float | None]) -> list[int | None]:
    """Dense ranks from ranks (low is best) where there are any, else from scores (high is best)."""
    if any(rank is not None for rank in ranks):
        return dense([None if rank is None else -rank for rank in ranks])
    return dense(scores)
