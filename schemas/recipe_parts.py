"""The parts of a recipe as pydantic models: source, classifier, rule, limits; `overlap` and `exports` have files of their own."""

from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_serializer,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from schemas.addresses import public
from schemas.mistakes import nearest, shown

_FEW = 10  # bad records
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]  # a rule, a classifier: it becomes a reason or a column
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]  # a source, a recipe: it becomes part of a path
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]

_WORDS = "this version counts words, not tokens: write `words`"
_NOT_YET = {
    "tokens": _WORDS,
    "tokenizer": _WORDS,
    "diversity": "`diversity` is not in this version: leave it out",
    "longer_wins": "write `wins`: the share of pairs that the longer side (or the side with more of `by`) should win",
}


Texts = Annotated[
    list[Text],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value, json_schema_input_type=str | list[str]),
]


class Part(BaseModel):
    """A piece of a recipe: unknown keys are errors that name the nearest known one, but where `extra` allows them."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )

    @model_validator(mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        if isinstance(value, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in [key for key in value if key not in known and key not in cls.model_fields]:
                unknown = f"unknown key {key!r}; {nearest(key, known)}" if cls.model_config.get("extra") != "allow" else None
                if problem := _NOT_YET.get(key) or unknown:
                    raise PydanticCustomError("unknown_key", "{problem}", {"problem": problem, "key": key})
        return value


class Source(Part):
    """One dump or folder of dumps."""

    path: Text = Field(description="file, folder or glob, taken from --data (or absolute)")
    license: Text = Field("unknown", description="licence of the source, as an SPDX id in lower case, or `unknown`")
    urls: Texts | None = Field(
        None,
        alias="from",
        description="where `winnow scavenge` brings it from: https://, hf://datasets/..., s3://, ... or a path",
    )
    format: Word | None = Field(None, description="pins the dump's format; else it is detected")
    sha256: Sha256 | None = Field(None, description="pins the bytes of the one file in `from`")
    salvage: bool = Field(False, description="keep what was read of a compressed file before it broke off")
    repair: bool = Field(False, description="mend the known faults of its data that have a remedy (see `flags`)")

    @field_serializer("urls")
    def _public(self, urls: list[str] | None) -> list[str] | None:
        """A recipe is written into releases and shown by Prefect: passwords and tokens of an address stay out."""
        return urls and [public(url) for url in urls]

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if self.sha256 and len(self.urls or ()) != 1:
            raise PydanticCustomError("pin", f"sha256 pins one address, `from` has {len(self.urls or ())}")
        return self


class Lists(Part):
    """Marks that a person made, as `winnow browse` writes them: JSON lines of fingerprint, list and note."""

    keep: Text | None = Field(None, description="file of rows to keep whatever the rules say, taken from --data")
    block: Text | None = Field(None, description="file of rows to drop whatever the rules say, taken from --data")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.keep is None and self.block is None:
            raise PydanticCustomError("lists", "needs `keep: FILE`, `block: FILE` or both", {})
        return self


class Classifier(Part):
    """A fastText model: trained from two piles of rows, or read from a file whose bytes are pinned."""

    good: Texts | None = Field(None, description="files of rows to be like")
    bad: Texts | None = Field(None, description="files of rows to be unlike")
    model: Text | None = Field(None, description="a fastText model file")
    sha256: Sha256 | None = Field(None, description="of the model file")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = {name for name in ("good", "bad", "model", "sha256") if getattr(self, name)}
        if given not in ({"good", "bad"}, {"model", "sha256"}):
            raise PydanticCustomError(
                "kind", "needs `good` and `bad` (to train), or `model` and `sha256` (to read), and not both"
            )
        return self


class Rule(Part):
    """One boolean SQL expression over a unit's columns."""

    sql: Text = Field(description="a boolean expression, as at the DuckDB prompt")
    why: Text | None = Field(None, description="what the rule is for, in words; shown beside every row it drops")

    @model_serializer
    def _short(self) -> str | dict[str, str]:
        return {"sql": self.sql, "why": self.why} if self.why else self.sql


def _rule(value: Any) -> Any:
    if isinstance(value, str):
        return {"sql": value}
    if isinstance(value, dict | Rule):
        return value
    raise PydanticCustomError("rule", "expected SQL as text, or {sql: ..., why: ...}, got {got}", {"got": shown(value)})


Rules = dict[Word, Annotated[Rule, BeforeValidator(_rule, json_schema_input_type=str | Rule)]]


class Limits(Part):
    """Shares that stop a run."""

    quarantined: Share = Field(0.05, description="of all records; fewer than ten stop no run")

    def broken(self, bad: int, records: int) -> bool:
        """Whether so many bad records stop a run; a share says little of a small dump, but where there is nothing else."""
        return bad > 0 and (bad >= _FEW or bad == records) and bad / records > self.quarantined


class Count(Part):
    """How many rows an export should have, all splits together."""

    min: int | None = Field(None, ge=0, description="at least so many")
    max: int | None = Field(None, ge=0, description="at most so many")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.min is None and self.max is None:
            raise PydanticCustomError("count", "write a number, or {min: ..., max: ...}", {})
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("count", f"min is {self.min:,}, and max only {self.max:,}", {})
        return self


def _count(value: Any) -> Any:
    """A number alone is exact."""
    return {"min": value, "max": value} if isinstance(value, int) and not isinstance(value, bool) else value


Rows = Annotated[Count, BeforeValidator(_count, json_schema_input_type=int | Count)]
