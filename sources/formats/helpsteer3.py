"""HelpSteer3: a conversation, two responses, a preference from -3 (the first is far better) to 3 (the second is), 0 a tie.

`score` is the strength on the winner's side and 0 on the loser's. In the domain `code` the language is one for machines.
`scores` has what each rater said as `vote.1`, `vote.2`, ...
"""

from collections.abc import Iterator
from typing import Any

from sources.turns import extra, is_thread, number, string, thread
from sources.votes import ballots, strengths, vote

_READ = {"context", "response1", "response2"}


def looks(value: Any) -> float:
    """Sure of a context of turns, two responses and an overall preference."""
    if not isinstance(value, dict) or "overall_preference" not in value or not value.keys() >= _READ:
        return 0.0
    return float(is_thread(value["context"]) and isinstance(value["response1"], str) and isinstance(value["response2"], str))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group, with how many people voted and how many of them agree."""
    lean = _lean(value["overall_preference"])
    given = value.get("individual_preference") or []
    votes = [_lean(one.get("score")) for one in given if isinstance(one, dict)]
    spoken = None if value.get("domain") == "code" else string(value.get("language"))
    own = {
        "language_declared": spoken,
        "raters": len(votes) or None,
        "extra": extra(value, _READ | ({"language"} if spoken else set()), turns=value["context"], key="context"),
    }
    made = vote(thread(value["context"]), [value["response1"], value["response2"]], lean, strengths(lean))
    for row, scores in zip(made, ballots(votes, lean), strict=True):
        yield {**row, **own, "scores": scores}


def _lean(preference: Any) -> float | None:
    read = number(preference)
    return None if read is None else -read
