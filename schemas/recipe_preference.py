"""`exports.preference` as pydantic models: which answers are compared, and what a pair must be."""

from typing import Literal

from pydantic import Field

from schemas.recipe_parts import Part, Rules


class Preference(Part):
    """Pairs of answers, the better one and the worse one."""

    pairs: Literal["best_worst"] = Field("best_worst", description="the best answer of a group against its worst")
    keep: Rules = Field({}, description="rules over chosen.*, rejected.* and score_margin")
