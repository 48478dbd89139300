"""What a dataset card says of bias, risks and limitations: what was measured, and what nobody looked at."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from exports.card_wins import wins
from schemas.recipe import Benchmark, Near, Recipe


def limits(release: Path, manifest: dict[str, Any], asked: Recipe | None) -> str:
    """What else than quality wins pairs, and known limits, a line each; recommendations."""
    told = [
        "## Bias, Risks, and Limitations",
        "\n".join(f"- {line}" for line in _known(manifest, asked)),
        wins(release),
        _ADVICE,
    ]
    return "\n\n".join(part for part in told if part)


_ADVICE = """### Recommendations

Read before you train: `report.html` has rows of every reason and of what was kept. Hold out a test set of your own, and look for
your benchmarks in the rows. A rule that you do not share is one line of `recipe.yaml`."""


def _known(manifest: dict[str, Any], asked: Recipe | None) -> list[str]:
    """Limits that follow from what the recipe asked, and from what it did not."""
    rules = asked.overlap.values() if asked else ()
    near = [rule.similarity for rule in rules if isinstance(rule, Near)]
    return [
        "Nothing checked that an answer is true, safe or kind: rules look at form, language, repetition and order.",
        "Rules are written by hand: some good rows fell to them and some bad rows passed. How many was not measured for this "
        "release; `ledger.parquet` has every row that fell, with its rule.",
        f"Rows that are less alike than {min(near):g} both stay, and so do paraphrases and translations of each other."
        if near
        else "Near-duplicates were not looked for.",
        "Paraphrases and translations of benchmark items are not all found; benchmarks that the recipe does not name, not at all."
        if any(isinstance(rule, Benchmark) for rule in rules)
        else "No benchmark was looked for: rows may hold items of the test sets that you use.",
        "Texts have the views, errors and languages of the people and models who wrote them, and none was added to balance that.",
        *([] if asked and any(map(_of_language, _rules(asked))) else ["No rule asked for a language."]),
    ]


def _rules(asked: Recipe) -> Iterator[str]:
    """The SQL of every rule, those of exports too."""
    for rules in (asked.keep, *(each.keep for each in asked.exports.named().values())):
        yield from (rule.sql for rule in rules.values())


def _of_language(sql: str) -> bool:
    """Whether a rule names a column of languages; what it writes in quotes is no column."""
    return "language" in re.sub(r"'(?:[^']|'')*'", "", sql.lower())
