"""HelpSteer2-Preference: two responses and a strength from -3 (the first is far better) to 3 (the second is).

`score` is the strength on the winner's side and 0 on the loser's. An annotator's -100 found neither valid: it agrees with nobody.
`scores` has what each annotator said as `vote.1`, `vote.2`, ...
"""

from collections.abc import Iterator
from typing import Any

from sources.formats import helpsteer
from sources.turns import extra, number
from sources.votes import ballots, strengths, vote

_READ = {"prompt", "response_1", "response_2"}
_ALL, _SOME = "all_preferences_unprocessed", "three_most_similar_preferences"


def looks(value: Any) -> float:
    """Sure of two responses and the strength of a preference."""
    if not isinstance(value, dict) or "preference_strength" not in value or not value.keys() >= _READ:
        return 0.0
    return float(all(isinstance(value[key], str) for key in _READ))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group."""
    lean = _lean(value["preference_strength"])
    given: list[Any] = next((value[key] for key in (_ALL, _SOME) if isinstance(value.get(key), list)), [])
    votes = [_lean(one.get("strength")) for one in given if isinstance(one, dict)]
    own = {"raters": len(votes) or None, "extra": extra(value, _READ)}
    answers = [value["response_1"], value["response_2"]]
    made = vote(helpsteer.context(value["prompt"]), answers, lean, strengths(lean))
    for row, scores in zip(made, ballots(votes, lean), strict=True):
        yield {**row, **own, "scores": scores}


def _lean(strength: Any) -> float | None:
    read = number(strength)
    return None if read is None or abs(read) > 3 else -read
