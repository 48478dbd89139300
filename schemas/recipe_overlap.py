"""The kinds of overlap as pydantic models: near-duplicates, caps, beginnings, benchmarks, the published, who is preferred."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from schemas.recipe_parts import Part, Text, Texts

Key = Literal["conversation", "prompt", "context", "response", "exchange"]
_KEYS = (
    "what is compared: all turns, the first user turn, all before the last answer, the last answer, the first turn and its answer"
)


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


Sides = Annotated[
    list[Literal["question", "answer"]],
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=str | list[Literal["question", "answer"]],
    ),
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
    prefer: Prefer = Field([])


class Cap(Part):
    """Of units with the same text, at most so many stay."""

    key: Key = Field("prompt", description=_KEYS)
    at_most: int = Field(ge=1)
    prefer: Prefer = Field([])


class Beginnings(Part):
    """Conversations that are the beginning of a longer one fall."""

    key: Literal["prefix"] = Field("prefix", description="all turns, one after the other, equal but for case and punctuation")


SIMILAR = 0.35


class Benchmark(Part):
    """Units that hold a benchmark's questions or worked answers fall."""

    key: Key | None = Field(
        None,
        description="by default questions are looked for in what the model reads (system, user and tool turns) and answers "
        "in what it writes; with a key both in that text: " + _KEYS,
    )
    against: Texts = Field(
        min_length=1,
        description="files of benchmark questions, taken from --data, and public:NAME, or public for all, of those that ship",
    )
    sides: Sides = Field(["question", "answer"], min_length=1, description="which items to look for: questions, worked answers")
    ngram: int = Field(8, ge=1, le=100, description="words in one n-gram")
    coverage: float = Field(0.5, gt=0, le=1, description="share of an item's words that must lie in n-grams of one row")
    similar: Annotated[
        Annotated[float, Field(gt=0, le=1), Tag("cosine")] | Annotated[Literal["off"], Tag("off")],
        Discriminator(lambda value: "off" if isinstance(value, str) else "cosine"),
    ] = Field(
        SIMILAR,
        description="cosine, by characters, of a turn and an item from which the row falls, or `off`; not for public:NAME, "
        "of which no text ships",
    )

    @model_validator(mode="after")
    def _text_at_hand(self) -> "Benchmark":
        if self.similar not in (SIMILAR, "off") and all(is_public(name) for name in self.against):
            raise PydanticCustomError(
                "similar",
                "`similar` needs the text of a benchmark, and only hashes of its words ship: name its file, or leave it out",
                {},
            )
        return self


def is_public(name: str) -> bool:
    """Whether an entry of `against` means benchmarks that ship, and not files."""
    return name == "public" or name.startswith("public:")


class Published(Part):
    """What earlier releases kept takes part in the near-duplicate rules and caps of this one."""

    index: Text = Field(description="file made by `winnow index`, taken from --data")
    wins: Literal["published", "new"] = Field(
        "published", description="who stays of a published row and a new one that is like it; a published row cannot fall here"
    )


_KINDS: dict[str, tuple[str, type[Part]]] = {
    "near": ("similarity", Near),
    "cap": ("at_most", Cap),
    "benchmark": ("against", Benchmark),
    "beginnings": ("key: prefix", Beginnings),
    "published": ("index", Published),
}


def _marks(value: Any) -> set[str]:
    """What tells the kind of an overlap: its keys, and `key: prefix`."""
    if not isinstance(value, dict):
        return set()
    return {str(key) for key in value} | ({"key: prefix"} if value.get("key") == "prefix" else set())


def _overlap(value: Any) -> Any:
    """Refuses what is none, or more than one, of the kinds."""
    if isinstance(value, tuple(model for _, model in _KINDS.values())):
        return value
    kinds = [mark for mark, _ in _KINDS.values() if mark in _marks(value)]
    if len(kinds) != 1:
        which = "mixes " + " and ".join(f"`{mark}`" for mark in kinds) if kinds else "has no kind"
        ways = (
            "`similarity` (near-duplicates), `at_most` (a cap), `against` (benchmarks), `key: prefix` (beginnings) "
            "or `index` (what was published)"
        )
        raise PydanticCustomError("kind", "{which}: write a map with exactly one of {ways}", {"which": which, "ways": ways})
    return value


def _kind(value: Any) -> str:
    return next(kind for kind, (mark, model) in _KINDS.items() if isinstance(value, model) or mark in _marks(value))


Overlap = Annotated[
    Annotated[Near, Tag("near")]
    | Annotated[Cap, Tag("cap")]
    | Annotated[Benchmark, Tag("benchmark")]
    | Annotated[Beginnings, Tag("beginnings")]
    | Annotated[Published, Tag("published")],
    Discriminator(_kind),
    BeforeValidator(_overlap, json_schema_input_type=Near | Cap | Benchmark | Beginnings | Published),
]


def check_published(rules: dict[str, Any]) -> dict[str, Any]:
    """At most one index, and a rule that it takes part in."""
    named = [title for title, rule in rules.items() if isinstance(rule, Published)]
    if len(named) > 1:
        problem = f"{named[0]} and {named[1]}: one index holds any number of releases: winnow index A B --out PATH"
        raise PydanticCustomError("index", "{problem}", {"problem": problem})
    if named and not any(isinstance(rule, Near | Cap) for rule in rules.values()):
        problem = f"{named[0]} takes part in near-duplicate rules and caps: add one, such as same: {{similarity: 0.8}}"
        raise PydanticCustomError("index", "{problem}", {"problem": problem})
    return rules
