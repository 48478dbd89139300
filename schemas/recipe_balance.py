"""`balance` of a recipe's pairs: what else than quality should not win them, and how far that may go."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from schemas.recipe_parts import Part, Text


class Balance(Part):
    """`balance: length`, or with a share and a way of one's own: `{by: length, wins: 0.5, within: 0.02, how: weight}`."""

    by: Text = Field(description="length, markup, refusal, model, or a column: what a side has more of")
    wins: float = Field(0.5, gt=0, lt=1, description="share of pairs that the side with more of it should win")
    within: float = Field(0.02, ge=0, lt=0.5, description="how far from that share will do; wider loses fewer pairs")
    how: Literal["subsample", "weight"] = Field(
        "subsample", description="leave the fewest pairs out, or leave none out and add a column `weight`"
    )


def _by(value: Any) -> Any:
    return {"by": value} if isinstance(value, str) else value


Balancing = Annotated[Balance, BeforeValidator(_by, json_schema_input_type=str | Balance)]
