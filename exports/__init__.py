"""What leaves: one file per trainer's shape, the dataset card, and the way to the Hub. Knows no filter and no flow.

A shape is a module with `OF`, found by listing this folder; its name is its key under a recipe's `exports` and its folder in
a release.
* `OF = "rows"`: made of standing rows. `left_out(members)` and `unfit(rows)` say which it cannot take, and why: by small
  columns, by texts (the columns `NEEDS`). `more(rows)` names what some row fills of the optional columns; `table(rows, beside,
  more)` makes the table, `beside` being the small columns, with those of `beside(members)` where there is one. Of rows with
  one `key(rows)` the first stays; `EVERY_TURN` says that beginnings of longer rows are left out.
* `OF = "sft"` or `"preference"`: another dress of that export. `unfit(table)`, and `view(table)` for Parquet, or
  `lines(table)` for JSON lines.
`TAKES` says in one line what a row is, `VERDICTS` in one sentence whose its labels or its order are; `THOUGHTS = False` that it
has no place for reasoning. Parameters of `table`, `view` and `lines` by keyword alone are options in the recipe. No column has
a name that a trainer reserves for something else. Reasons are tables of (id, reason).

Of pairs: `ranking` and `voting` give the order of a group, `pairing` says which answers are compared, `doubt`, `soundness` and
`contradictions` what speaks against a pair. `beginnings` and `long` are about conversations; `training` writes `train/`,
`card` the README, `licences` rolls up those of the sources. `hub` pushes (`hub_faults` tells what the Hub said), `folders` as
well, `leaving` says which files may leave, and `fetch` brings a release back.
"""

import inspect
import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

from schemas.faults import UsageFault
from schemas.mistakes import nearest

EVERY = ("keep", "select", "split", "truncate", "reasoning")  # what every shape may be asked


@cache
def names() -> tuple[str, ...]:
    """Every shape there is, sorted."""
    found = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(name for name in found if hasattr(import_module(f"{__name__}.{name}"), "OF"))


def shape(name: str) -> ModuleType:
    """The module of a shape. Raises UsageFault that names the nearest."""
    if name not in names():
        raise UsageFault(f"exports: no shape is called {name!r}; {nearest(name, names())}")
    return import_module(f"{__name__}.{name}")


def options(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The options of a shape as a recipe gives them, each of the kind that the shape asks for. Raises UsageFault."""
    known = _options(shape(name))
    for key, value in given.items():
        if key not in known:
            raise UsageFault(f"exports.{name}: unknown key {key!r}; {nearest(key, [*known, *EVERY])}")
        kind = known[key].annotation
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        if (choices and value not in choices) or (not choices and not isinstance(value, kind)):
            wanted = (
                f"one of {', '.join(choices)}" if choices else {bool: "true or false", int: "a whole number"}.get(kind, "text")
            )
            raise UsageFault(f"exports.{name}.{key}: expected {wanted}, got {value!r}")
    return given


def _options(module: ModuleType) -> dict[str, inspect.Parameter]:
    function = next(getattr(module, kind) for kind in ("view", "lines", "table") if hasattr(module, kind))
    return {name: each for name, each in inspect.signature(function).parameters.items() if each.kind is each.KEYWORD_ONLY}
