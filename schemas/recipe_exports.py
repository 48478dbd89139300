"""The exports of a recipe as pydantic models: what leaves, its own rules, its budget. Pairs have their own file."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from schemas.recipe_parts import Part, Rules, Share, Text
from schemas.recipe_preference import REASONING, Preference, Reasoning


class Mix(BaseModel):
    """Shares of the word budget by the value of a column: `{by: source, sharegpt: 0.6, hh: 0.4, short: shrink}`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, json_schema_extra={"additionalProperties": True}
    )

    by: Text = Field(description="the column")
    short: Literal["shrink", "fill", "fail"] = Field("shrink", description="what happens when a part runs out")
    shares: dict[str, Share] = Field({}, description="value -> share; may also be written beside `by`")

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: Any) -> Any:
        if not isinstance(value, dict) or isinstance(value.get("shares"), dict):
            return value
        shares = {key: share for key, share in value.items() if key not in ("by", "short")}
        return {key: value[key] for key in ("by", "short") if key in value} | {"shares": shares}

    @field_validator("shares")
    @classmethod
    def _whole(cls, shares: dict[str, float]) -> dict[str, float]:
        if abs(sum(shares.values()) - 1) > 1e-6:
            raise PydanticCustomError("shares", f"the shares add up to {sum(shares.values()):g}, and must add up to 1")
        return dict(sorted(shares.items()))


class Select(Part):
    """The budget of an export."""

    words: int | None = Field(None, ge=1, description="at most so many words")
    by: Text | None = Field(None, description="the column that says how good a unit is")
    draw: Literal["weighted", "best", "random"] = Field(
        "weighted", description="seeded draw weighted by `by`, the best first, or blind"
    )
    mix: Mix | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.mix and not self.words:
            raise PydanticCustomError("mix", "`mix` shares out a budget: write `words` beside it")
        if self.draw == "best" and not self.by:
            raise PydanticCustomError("best", "`draw: best` needs `by`, the column that says what is best")
        return self


class Long(Part):
    """A limit for one conversation."""

    words: int = Field(ge=1, description="at most so many words, at whole exchanges")
    longer: Literal["keep", "leave_out"] = Field(
        "keep", description="what becomes of an exchange that alone is longer: it stays whole, or its conversation is left out"
    )


class Sft(Part):
    """Conversations to learn from."""

    keep: Rules = Field({}, description="rules of this export alone")
    select: Select | None = None
    split: Long | None = Field(None, description="longer conversations leave in parts, each with the system prompt")
    truncate: Long | None = Field(None, description="longer conversations leave without their last exchanges")
    reasoning: Reasoning = Field("all", description=REASONING)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.split and self.truncate:
            raise PydanticCustomError("long", "`split` keeps all exchanges and `truncate` drops the last: write one of them")
        return self

    def options(self) -> dict[str, Any]:
        """What the shape itself is asked for."""
        return {}


class Shape(Sft):
    """Any other shape of `exports/`: rules, budget and lengths where it has a use for them, and options of its own."""

    model_config = ConfigDict(extra="allow")  # the shape's own file knows its options

    def options(self) -> dict[str, Any]:
        return dict(sorted((self.__pydantic_extra__ or {}).items()))


Export = Sft | Preference | Shape


class Exports(Part):
    """What leaves: every shape of `exports/` by its name."""

    model_config = ConfigDict(extra="allow")  # any other key is the name of a shape: the plan knows them
    __pydantic_extra__: dict[str, Shape]

    sft: Sft | None = None
    preference: Preference | None = None

    def named(self) -> dict[str, Export]:
        """Every export asked for: sft, preference, then the others by name."""
        first = {name: asked for name, asked in (("sft", self.sft), ("preference", self.preference)) if asked is not None}
        return first | dict(sorted((self.__pydantic_extra__ or {}).items()))

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.named():
            raise PydanticCustomError("none", "name at least one export: `sft: {}` or `preference: {}`")
        return self
