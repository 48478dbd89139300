"""PandaLM's test set: an instruction, two responses, three annotators who say 1, 2 or 0 for a tie. Most of them decide.

Where no answer has more than half of the votes there is no verdict, and no ranks. `cmp_key` names the two models.
`scores` has what each annotator said as `vote.1`, `vote.2`, ...
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sources.formats import alpaca
from sources.turns import extra, number
from sources.votes import ballots, vote

_LEANS = {1.0: 1.0, 2.0: -1.0, 0.0: 0.0}


def looks(value: Any) -> float:
    """Sure of an instruction, two responses and an annotator."""
    if not isinstance(value, dict) or not value.keys() >= {"instruction", "response1", "response2", "annotator1"}:
        return 0.0
    return float(isinstance(value["response1"], str) and isinstance(value["response2"], str))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """Two rows of one group, with how many people voted and how many of them agree."""
    given = [number(held) for name, held in value.items() if name.startswith("annotator")]
    votes = [_LEANS[said] for said in given if said in _LEANS]
    [(most, times)] = Counter(votes).most_common(1) or [(0.0, 0)]
    lean = most if 2 * times > len(votes) else None
    models = str(value.get("cmp_key")).split("_")
    own = {
        "raters": len(votes) or None,
        "extra": extra(value, {"instruction", "input", "response1", "response2"}),
    }
    made = vote(alpaca.context(value), [value["response1"], value["response2"]], lean)
    for at, (row, scores) in enumerate(zip(made, ballots(votes, lean), strict=True)):
        yield {**row, **own, "scores": scores, "model": models[at] if len(models) == 2 else None}
