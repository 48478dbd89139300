"""The parts of a recipe as pydantic models: source, classifier, rule, the kinds of overlap, exports, limits."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from schemas.addresses import public
from schemas.mistakes import nearest, shown

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]  # a rule, a classifier: it becomes a reason or a column
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]  # a source, a recipe: it becomes part of a path
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Key = Literal["conversation", "prompt", "context", "response", "exchange"]
_KEYS = (
    "what is compared: all turns, the first user turn, all before the last answer, the last answer, the first turn and its answer"
)

_WORDS = "this version counts words, not tokens: write `words`"
_NOT_YET = {"tokens": _WORDS, "tokenizer": _WORDS} | {
    name: f"`{name}` is not in this version: leave it out" for name in ("diversity", "balance")
}


Texts = Annotated[
    list[Text],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value, json_schema_input_type=str | list[str]),
]


class Part(BaseModel):
    """A piece of a recipe: unknown keys are errors that name the nearest known one."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )

    @model_validator(mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        if isinstance(value, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in value:
                if key not in known and key not in cls.model_fields:
                    problem = _NOT_YET.get(key) or f"unknown key {key!r}; {nearest(key, known)}"
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


def _one_column(value: dict[str, list[str]]) -> dict[str, list[str]]:
    if len(value) != 1:
        raise PydanticCustomError("order", "expected one column with its values, best first: {source: [mine, theirs]}", {})
    return value


Order = Annotated[
    Annotated[Text, Tag("text")] | Annotated[dict[Text, Texts], AfterValidator(_one_column), Tag("values")],
    Discriminator(lambda value: "values" if isinstance(value, dict) else "text"),
]
Prefer = Annotated[
    list[Order],
    BeforeValidator(
        lambda value: [value] if isinstance(value, str | dict) else value,
        json_schema_input_type=str | dict[str, list[str]] | list[str | dict[str, list[str]]],
    ),
    Field(description="who stays, best first: columns with ASC or DESC, or {column: [values, best first]}; ties go by id"),
]


class Chars(Part):
    """Shingles of characters instead of words."""

    chars: int = Field(ge=1, le=100, description="characters in one shingle; white space is left out")


Shingle = Annotated[
    Annotated[int, Field(ge=1, le=100), Tag("words")] | Annotated[Chars, Tag("characters")],
    Discriminator(lambda value: "characters" if isinstance(value, dict | Chars) else "words"),
]


class Near(Part):
    """Of units that resemble each other, one stays."""

    key: Key = Field("conversation", description=_KEYS)
    similarity: float = Field(gt=0, le=1, description="exact Jaccard of shingles; 1.0 means equal normalised text")
    shingle: Shingle = Field(5, description="words in one shingle, or {chars: n}; a Chinese or Japanese character is a word")
    short: int = Field(
        100,
        ge=0,
        le=1000,
        description="texts of fewer words are alike only where one has all the words of the other; 0: any text",
    )
    prefer: Prefer = []


class Cap(Part):
    """Of units with the same text, at most so many stay."""

    key: Key = Field("prompt", description=_KEYS)
    at_most: int = Field(ge=1)
    prefer: Prefer = []


class Beginnings(Part):
    """Conversations that are the beginning of a longer one fall."""

    key: Literal["prefix"] = Field("prefix", description="all turns, one after the other, equal but for case and punctuation")


class Benchmark(Part):
    """Units that hold a benchmark's questions fall."""

    key: Key = Field("conversation", description=_KEYS)
    against: Texts = Field(min_length=1, description="files of benchmark questions, taken from --data")
    ngram: int = Field(8, ge=1, le=100, description="words in one n-gram")
    coverage: float = Field(0.5, gt=0, le=1, description="share of a question's n-grams that must be found")


_KINDS: dict[str, tuple[str, type[Part]]] = {
    "near": ("similarity", Near),
    "cap": ("at_most", Cap),
    "benchmark": ("against", Benchmark),
    "beginnings": ("key: prefix", Beginnings),
}


def _marks(value: Any) -> set[str]:
    """What tells the kind of an overlap: its keys, and `key: prefix`."""
    if not isinstance(value, dict):
        return set()
    return {str(key) for key in value} | ({"key: prefix"} if value.get("key") == "prefix" else set())


def _overlap(value: Any) -> Any:
    """Refuses what is none, or more than one, of the four kinds."""
    if isinstance(value, tuple(model for _, model in _KINDS.values())):
        return value
    kinds = [mark for mark, _ in _KINDS.values() if mark in _marks(value)]
    if len(kinds) != 1:
        which = "mixes " + " and ".join(f"`{mark}`" for mark in kinds) if kinds else "has no kind"
        ways = "`similarity` (near-duplicates), `at_most` (a cap), `against` (benchmarks) or `key: prefix` (beginnings)"
        raise PydanticCustomError("kind", "{which}: write a map with exactly one of {ways}", {"which": which, "ways": ways})
    return value


def _kind(value: Any) -> str:
    return next(kind for kind, (mark, model) in _KINDS.items() if isinstance(value, model) or mark in _marks(value))


Overlap = Annotated[
    Annotated[Near, Tag("near")]
    | Annotated[Cap, Tag("cap")]
    | Annotated[Benchmark, Tag("benchmark")]
    | Annotated[Beginnings, Tag("beginnings")],
    Discriminator(_kind),
    BeforeValidator(_overlap, json_schema_input_type=Near | Cap | Benchmark | Beginnings),
]


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


class Sft(Part):
    """Conversations to learn from."""

    keep: Rules = Field({}, description="rules of this export alone")
    select: Select | None = None


class Preference(Part):
    """Pairs of answers, the better one and the worse one."""

    pairs: Literal["best_worst"] = Field("best_worst", description="the best answer of a group against its worst")
    keep: Rules = Field({}, description="rules over chosen.*, rejected.* and score_margin")


class Exports(Part):
    """What leaves."""

    sft: Sft | None = None
    preference: Preference | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.sft is None and self.preference is None:
            raise PydanticCustomError("none", "name at least one export: `sft: {}` or `preference: {}`")
        return self


class Limits(Part):
    """Shares that stop a run."""

    quarantined: Share = Field(0.05, description="of all records; fewer than ten stop no run")
