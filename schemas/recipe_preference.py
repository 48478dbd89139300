"""`exports.preference` as pydantic models: which answers are compared, in what order, and what a pair must be to leave."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.mistakes import shown
from schemas.recipe_balance import Balancing
from schemas.recipe_parts import Part, Rules, Share, Text

Reasoning = Literal["all", "last", "none"]
REASONING = "which thoughts of the assistant leave: all, those after the user's last turn, or none"


def _weights(value: Any) -> Any:
    """A list of names is a map in which all weigh the same."""
    if not isinstance(value, list):
        return value
    if not all(isinstance(name, str) for name in value):
        raise PydanticCustomError("names", "expected names of ratings, got {got}", {"got": shown(value)})
    if len(set(value)) < len(value):
        raise PydanticCustomError("names", "{got} names a rating twice", {"got": shown(value)})
    return dict.fromkeys(value, 1.0)


class Score(Part):
    """Several ratings of each answer (aspects or raters, as a row's `scores` names them) made into one order."""

    by: Literal["mean", "lower_bound", "ranked_pairs", "bradley_terry"] = Field(
        "mean",
        description="the mean of the ratings, the mean less its standard error, or the ratings as votes (Tideman, Bradley-Terry)",
    )
    of: Annotated[dict[Text, float], BeforeValidator(_weights, json_schema_input_type=list[Text] | dict[Text, float])] = Field(
        min_length=1,
        description="the ratings, as a list or with weights; a negative weight says that lower is better; `vote.*`: every vote",
    )
    errors: float = Field(1.0, ge=0, description="lower_bound: how many standard errors below the mean")

    @model_validator(mode="after")
    def _weighs(self) -> Self:
        if none := [name for name, weight in self.of.items() if not weight]:
            raise PydanticCustomError("weight", "{name} has the weight 0: leave it out", {"name": none[0]})
        if self.by == "lower_bound" and len(self.of) < 2:
            raise PydanticCustomError("few", "lower_bound needs two ratings or more: one has no spread")
        votes = self.by in ("ranked_pairs", "bradley_terry")
        if open_ := [name for name in self.of if "*" in (name[:-1] if votes else name)]:
            why = "`*` stands at the end of a name, and only by ranked_pairs or bradley_terry: a mean needs every rating"
            raise PydanticCustomError("open", "{name}: {why}", {"name": open_[0], "why": why})
        return self


class Gap(Part):
    """How far apart two answers must be, in what the pair's margin is told in (`margin_by`)."""

    min: float | None = Field(None, description="the least score_margin of a pair")
    max: float | None = Field(None, description="the largest score_margin of a pair")
    by: Text | None = Field(None, description="for margins of this kind alone (`margin_by`: score, rank, ...); others pass")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.min is None and self.max is None:
            raise PydanticCustomError("none", "write `min`, `max` or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("gap", f"`min` {self.min:g} is more than `max` {self.max:g}: no pair can be both")
        return self


class Preference(Part):
    """Pairs of answers, the better one and the worse one."""

    pairs: Literal["best_worst", "best_each", "all", "adjacent", "best_random"] = Field(
        "best_worst",
        description="the best answer of a group against its worst, each other, or a random worse one; all pairs; adjacent ranks",
    )
    join: Literal["no", "ranked_pairs", "bradley_terry"] = Field(
        "no",
        description="records of one source that compare the same answers to the same context: each for itself, or together one "
        "group, in which every record is a vote and the votes make the order",
    )
    score: Score | None = Field(None, description="orders answers by several ratings; without it by rank, else score, else label")
    partly_ranked: Literal["keep", "drop"] = Field(
        "keep", description="groups of which only some answers have a rank: compare those, or drop the group"
    )
    both_bad: Literal["drop", "tie"] = Field(
        "drop", description="groups whose answers were both called bad: drop, or an ordinary tie"
    )
    implicit: bool = Field(
        default=False, description="chosen and rejected as whole conversations, without a column `prompt` (TRL's implicit prompt)"
    )
    reasoning: Reasoning = Field("all", description=REASONING)
    ties: Literal["drop", "apart"] = Field("drop", description="answers of equal rank: drop, or an export `ties` of their own")
    gap: Gap | None = Field(None, description="the least and the largest score_margin")
    keep: Rules = Field(
        {}, description="rules over chosen.*, rejected.*, score_margin, margin_by, agreement, flags and suspicion"
    )
    refusals: Literal["drop", "keep"] = Field("drop", description="pairs whose better answer opens by declining")
    at_most_similar: Share = Field(
        0.95, description="pairs whose answers share more than so much of their word groups fall; 1 keeps all that differ"
    )
    contradictions: Literal["drop", "majority", "first", "keep"] = Field(
        "drop", description="one context, A over B and B over A: all fall, the more frequent or the first stays, or all stay"
    )
    per_prompt: int | None = Field(None, ge=1, description="at most so many pairs of one context, those with the largest margin")
    balance: Balancing | None = Field(
        None, description="what else than quality should not win pairs: `length`, or {by: ..., wins: 0.5, within: 0.02}"
    )
