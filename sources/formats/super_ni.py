"""Super-NaturalInstructions: a task file, whose instances are the rows, or flat records of definition, input and output.

The definition comes before the input; of several outputs, all equally right, the first is the answer, and all are in `extra`
under `output`. What the file says once (its examples, its sources) is once in `extra`, on the first row.
"""

from collections.abc import Iterator
from typing import Any

from sources.exchanges import exchange, first, instances, question
from sources.turns import common, extra, string

_FLAT = (("inputs", "targets"), ("input", "output"))
_SHORT = ("Source", "Categories", "Domains")


def looks(value: Any) -> float:
    """Sure of a task with a definition and instances; nearly of a definition with an input and an output."""
    if not isinstance(value, dict):
        return 0.0
    if isinstance(value.get("Instances"), list) and "Definition" in value:
        return 1.0
    flat = any(names[0] in value and isinstance(value.get(names[1]), str | list) for names in _FLAT)
    return 0.95 if flat and isinstance(value.get("definition"), str) else 0.0


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """One row an instance; one row where the record is flat."""
    if "Instances" not in value:
        yield _flat(value)
        return
    answered, unanswered = instances(value["Instances"])
    definition, more = first(value["Definition"])
    rest = {key: held for key, held in value.items() if key not in ("Instances", "Definition")}
    rest |= {"Definition": value["Definition"]} if more else {}
    rest |= {"Instances": unanswered} if unanswered else {}
    short = {key: value[key] for key in _SHORT if key in value}
    for number, one in enumerate(answered):
        yield {
            **_exchange(question(definition, one.get("input")), one["output"], {**(short if number else rest), **_own(one)}),
            "language_declared": _language(value),
            "group_id": None,
        }


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    asked, said = next((names for names in _FLAT if names[0] in value), _FLAT[0])
    row, used = common(value)
    rest = {key: held for key, held in value.items() if key not in {*used, asked, said, "definition"}}
    return {**row, **_exchange(question(value.get("definition"), value[asked]), value.get(said), rest)}


def _exchange(asked: str, output: Any, rest: dict[str, Any]) -> dict[str, Any]:
    answer, more = first(output)
    return {**exchange(asked, answer), "extra": extra({**rest, **({"output": output} if more else {})}, ())}


def _own(one: dict[str, Any]) -> dict[str, Any]:
    return {key: held for key, held in one.items() if key not in ("input", "output")}


def _language(value: dict[str, Any]) -> str | None:
    """The one language of inputs and outputs, where the task has only one."""
    named = [name for key in ("Input_language", "Output_language") for name in value.get(key) or ()]
    return string(named[0]) if named and all(name == named[0] for name in named) else None
