"""The recipe: which choices make which dataset. One pydantic model, read from strict YAML.

The same model is the flow's parameter and a JSON schema for editors. A rule's SQL is only text here; `sql.rules` checks it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from schemas import strict_yaml
from schemas.faults import MissingFault, UsageFault
from schemas.mistakes import dotted, nearest, said, shown
from schemas.recipe_balance import Balance
from schemas.recipe_exports import Export, Exports, Mix, Select, Sft
from schemas.recipe_overlap import (
    Beginnings,
    Benchmark,
    Cap,
    Chars,
    Near,
    Order,
    Overlap,
    Published,
    check_published,
    is_public,
)
from schemas.recipe_parts import Classifier, Count, Limits, Lists, Name, Part, Rows, Rule, Rules, Source, Text, Word
from schemas.recipe_preference import Gap, Preference, Score

__all__ = [
    "Balance",
    "Beginnings",
    "Benchmark",
    "Cap",
    "Chars",
    "Classifier",
    "Count",
    "Export",
    "Exports",
    "Gap",
    "Limits",
    "Lists",
    "Mix",
    "Near",
    "Order",
    "Preference",
    "Published",
    "Recipe",
    "Rule",
    "Score",
    "Select",
    "Sft",
    "Source",
    "as_json",
    "is_public",
    "load",
    "override",
    "to_yaml",
]


def _edits(value: Any) -> Any:
    """A list of names, or of {name: options}, as one map in the order written."""
    if not isinstance(value, list):
        return value
    found: dict[str, Any] = {}
    for each in value:
        for name, options in each.items() if isinstance(each, dict) else [(each, {})]:
            if not isinstance(name, str):
                raise PydanticCustomError("edit", "expected the name of an edit, got {got}", {"got": shown(name)})
            if name in found:
                raise PydanticCustomError("edit", "the edit {name} is there twice", {"name": name})
            found[name] = options
    return found


def _sorted(value: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(value.items()))


class Recipe(Part):
    """Which choices make which dataset."""

    name: Name = Field(description="the release's folder")
    license: Text = Field("other", description="of the release")
    sources: dict[Name, Source] = Field(min_length=1, description="name -> where its dumps lie")
    edits: Annotated[
        dict[Word, dict[str, Any]], BeforeValidator(_edits, json_schema_input_type=list[str | dict[str, dict[str, Any]]])
    ] = Field({}, description="repairs of each message's text, in this order")
    classifiers: dict[Word, Classifier] = Field({}, description="each becomes a column: the probability of `good`")
    lists: Lists | None = Field(None, description="rows that a person marked, by content: honoured before all rules")
    keep: Rules = Field({}, description="every unit must pass; the first that fails names the reason")
    overlap: dict[Word, Overlap] = Field({}, description="duplicates, caps and benchmarks, in this order")
    exports: Exports
    limits: Annotated[
        Annotated[Limits, Tag("limits")] | Annotated[Literal["off"], Tag("off")],
        Discriminator(lambda value: "off" if value == "off" else "limits"),
    ] = Field(Limits(quarantined=0.05), description="`off` for none")
    expect: dict[Word, Rows] = Field(
        {}, description="export -> its rows: a number, or {min: ..., max: ...}; a run of others stops"
    )
    seed: int = Field(0, ge=0)
    test: float = Field(0.05, ge=0, lt=1, description="share of prompts held out")

    _stable = field_validator("sources", "classifiers")(_sorted)
    _published = field_validator("overlap")(check_published)

    @model_validator(mode="after")
    def _reasons(self) -> Self:
        if self.lists and self.lists.block and "blocked" in self.keep:
            problem = "the rule `blocked` has the name that rows on the block list fall by: call it something else"
            raise PydanticCustomError("lists", "{problem}", {"problem": problem})
        return self

    @field_validator("limits", mode="before")
    @classmethod
    def _limits(cls, value: Any) -> Any:
        if isinstance(value, dict | Limits) or value == "off":
            return value
        raise PydanticCustomError("limits", "expected {quarantined: 0.05} or `off`, got {got}", {"got": shown(value)})


def load(path: Path) -> Recipe:
    """The recipe in a YAML file. Raises MissingFault, or UsageFault with the line of each mistake."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        beside = [each.name for each in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        raise MissingFault(f"{path}: no such recipe; {nearest(path.name, beside)}") from None
    except IsADirectoryError:
        raise UsageFault(f"{path}: a folder, not a recipe") from None
    except UnicodeDecodeError as error:
        raise UsageFault(f"{path}: not UTF-8 at byte {error.start}") from None
    value, lines = strict_yaml.parse(text, str(path))
    empty = [at for at in lines if at and _at(value, at) is None]
    if empty:
        raise UsageFault(
            f"{path}, line {lines[empty[0]]}: `{dotted(empty[0])}` has no value: give one ({{}} for defaults), or leave it out"
        )
    return _valid(value, str(path), lines)


def override(recipe: Recipe, changes: Iterable[str]) -> Recipe:
    """The recipe with `key.path=value` set, each value read as YAML; `null` takes a key out."""
    value = _plain(recipe)
    for change in changes:
        where, equals, text = change.partition("=")
        path = where.strip().split(".")
        if not equals or not all(path):
            raise UsageFault(f"--set {change}: write it as key.path=value")
        _put(value, path, strict_yaml.parse(text, f"--set {change}")[0], change)
        recipe = _valid(value, f"--set {change}", {})
    return recipe


def to_yaml(recipe: Recipe) -> str:
    """The resolved recipe: every choice written out, the same bytes for the same choices."""
    return strict_yaml.dump(_plain(recipe))


def as_json(recipe: Recipe) -> str:
    """The resolved recipe as canonical JSON, for fingerprints. The order of rules counts; that of sources does not."""
    return json.dumps(_plain(recipe), ensure_ascii=False, separators=(",", ":"))


def _plain(recipe: Recipe) -> dict[str, Any]:
    return recipe.model_dump(mode="json", by_alias=True, exclude_none=True)


def _put(value: dict[str, Any], path: list[str], new: Any, change: str) -> None:
    for at, step in enumerate(path[:-1]):
        inner = value.setdefault(step, {})
        if isinstance(inner, str):  # a rule written short
            inner = value[step] = {"sql": inner}
        if not isinstance(inner, dict):
            raise UsageFault(f"--set {change}: {'.'.join(path[: at + 1])} holds no keys")
        value = inner
    if new is None and path[-1] not in value:
        raise UsageFault(f"--set {change}: there is no {'.'.join(path)!r} to take out; {nearest(path[-1], value)}")
    if new is None:
        del value[path[-1]]
    else:
        value[path[-1]] = new


def _valid(value: Any, name: str, lines: dict[strict_yaml.Path, int]) -> Recipe:
    if not isinstance(value, dict):
        raise UsageFault(f"{name}: expected a map that begins with `name:`, got {shown(value)}")
    try:
        return Recipe.model_validate(value)
    except ValidationError as error:
        raise UsageFault("\n".join(said(each, value, name, lines) for each in error.errors(include_url=False)[:5])) from None


def _at(value: Any, path: strict_yaml.Path) -> Any:
    for step in path:
        value = value[step]
    return value
