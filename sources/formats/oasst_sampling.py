"""Open Assistant's sampling reports: a prompt, and a model's answers under several ways of sampling.

All answers to a prompt are one group without an order: nobody judged them. How each was sampled stays in `extra`.
"""

from collections.abc import Iterator
from typing import Any

from sources.answers import asked, group, reply
from sources.turns import NoRow, Unreadable, extra, string


def looks(value: Any) -> float:
    """Sure of results with outputs and the way of sampling beside a prompt."""
    results = value.get("results") if isinstance(value, dict) else None
    if not isinstance(results, list) or not results or "prompt" not in value:
        return 0.0
    return float(all(isinstance(result, dict) and "outputs" in result and "sampling_config" in result for result in results))


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an output, all of one group."""
    if not all(isinstance(result["outputs"], list) for result in value["results"]):
        raise Unreadable("unknown_shape", "outputs are a list of texts")
    found = [(result, text) for result in value["results"] for text in result["outputs"]]
    if not found:
        raise NoRow("no_answer", "a prompt without outputs")
    if not all(isinstance(text, str) for _, text in found):
        raise Unreadable("not_text", "an output is not text")
    rest = {name: held for name, held in value.items() if name not in ("prompt", "results", "model_name")}
    model = string(value.get("model_name"))
    answers = group(asked(value["prompt"]), [reply(text) for _, text in found])
    for answer, (result, _) in zip(answers, found, strict=True):
        own = {name: held for name, held in result.items() if name != "outputs"}
        yield {**answer, "model": model, "extra": extra({**rest, **own}, ())}
