"""What every export asks for: its own choices, those of what it is made of, and whether its shape has a use for them."""

from typing import Any

import pyarrow as pa

import exports
from schemas.faults import UsageFault
from schemas.mistakes import nearest
from schemas.recipe import Export, Preference, Recipe, Sft


def own(asked: Any) -> set[str]:
    """What an export that is made of another chooses for itself: rules, budget, lengths, thoughts; its options change no row."""
    chosen = {name for name in ("keep", "select", "split", "truncate") if getattr(asked, name, None)}
    return chosen | ({"reasoning"} if getattr(asked, "reasoning", "all") != "all" else set())


def made_of(recipe: Recipe, name: str) -> Sft | Preference:
    """The choices of an export, with those of what it is made of where it has none; rules are both's."""
    asked = recipe.exports.named()[name]
    of = exports.shape(name).OF
    if of in ("rows", name):
        return asked
    base = recipe.exports.named().get(of) or (Preference() if of == "preference" else Sft())
    given = {key: getattr(asked, key) for key in own(asked)}
    return base.model_copy(update={**given, "keep": {**base.keep, **asked.keep}})


def check(name: str, asked: Export, known: dict[str, pa.DataType]) -> None:
    """Refuse an unknown shape, option or column, and choices that this shape has no use for."""
    module = exports.shape(name)
    exports.options(name, getattr(asked, "options", dict)())
    every = getattr(exports.shape("sft" if module.OF == "sft" else name), "EVERY_TURN", False)
    for key in ("select", "split", "truncate"):
        if getattr(asked, key, None) and (module.OF == "preference" or (key != "select" and not every)):
            why = (
                "its pairs are chosen under `exports.preference`"
                if module.OF == "preference"
                else "it does not hold whole conversations"
            )
            raise UsageFault(f"exports.{name}: `{key}` has no meaning here, {why}: leave it out")
    if asked.reasoning != "all" and not getattr(module, "THOUGHTS", True):
        raise UsageFault(f"exports.{name}: `reasoning` has no meaning here, this shape has no place for thoughts: leave it out")
    select = getattr(asked, "select", None)
    for column in (select and select.by, select and select.mix and select.mix.by):
        if column and column not in known:
            raise UsageFault(f"exports.{name}.select: unknown column {column!r}; {nearest(column, known)}")
