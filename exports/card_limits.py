"""What a dataset card says of bias, risks and limitations: what was measured, and what nobody looked at."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from exports.card_words import number, section, shown
from schemas.recipe import Benchmark, Near, Recipe


def limits(release: Path, manifest: dict[str, Any], asked: Recipe | None) -> str:
    """What else than quality wins pairs, and known limits, a line each; recommendations."""
    told = [
        "## Bias, Risks, and Limitations",
        "\n".join(f"- {line}" for line in _known(manifest, asked)),
        _wins(release),
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
        *([] if "language" in str(asked.keep if asked else "") else ["No rule asked for a language."]),
    ]


def _wins(release: Path) -> str:
    """How often the longer answer wins: overall, per source, and by the ratio of lengths; the same of what was balanced."""
    path = release / "bias.parquet"
    lines = pq.read_table(path).to_pylist() if path.is_file() else []
    body = [
        [
            shown(line["signal"]),
            line["stage"],
            shown(line["source"] or "all") + ("" if line["gap_from"] is None else f", {_span(line)}"),
            number(line["pairs"]),
            f"{line['share']:.1%} ({line['low']:.1%} to {line['high']:.1%})",
            "" if line["effect"] is None else f"{line['effect']:.2f}",
        ]
        for line in lines
        if line["share"] is not None and not (line["source"] and line["gap_from"] is not None)
    ]
    told = (
        "\n\nHow often the longer answer is the chosen one (or the side with more of what was balanced), with its 95 % interval; "
        "by the ratio of the lengths in words, of others by the difference in standard deviations. Cohen's d is that of chosen "
        "against rejected, of length in ln(words)."
    )
    return section("What wins pairs", ["more of", "balancing", "pairs of", "pairs", "wins", "d"], body, 3) + (
        told if body else ""
    )


def _span(line: dict[str, Any]) -> str:
    return f"from {line['gap_from']:g}" + ("" if line["gap_to"] is None else f" to {line['gap_to']:g}")
