"""What a row and its twin share, as places in their texts: the parts by which a rule of `overlap` took one for the other."""

import re
from typing import Any, NamedTuple

from filters.overlap.shared import Shared, Spans, run, shared
from schemas.ledger import of_its_comparison
from schemas.recipe import Beginnings, Benchmark, Cap, Chars, Near, Published, Recipe

_HELD = re.compile(r"both have ([\d,]+) words in a row, sha256 ([0-9a-f]{32})")  # of a row that holds a benchmark's item

Row = dict[str, Any]


class Marked(NamedTuple):
    """Shared parts by turn, in a row and in its twin, and in words what they are."""

    row: Spans
    twin: Spans
    said: str


def marked(recipe: Recipe, line: Row, row: Row, twin: Row | None) -> Marked | None:
    """What a fallen row shares with its twin or a benchmark's item, by its line of the ledger; None where that is not told."""
    rule = recipe.overlap.get(line["reason"] or "") if line["stage"] == "overlap" else None
    if isinstance(rule, Benchmark):
        held = _HELD.search(line["detail"] or "")
        turns_of = _turns(row["messages"], rule.key or "conversation")
        found = run(turns_of, int(held[1].replace(",", "")), held[2]) if held else {}
        return Marked(found, {}, f"what the row and {line['twin']} both have") if found else None
    if twin is None:
        return None
    if isinstance(rule, Published):  # by which near-duplicate rule, the detail says
        starts = {
            f"the {said}{each.key} ": each for each in recipe.overlap.values() if isinstance(each, Near) for said in ("", "same ")
        }
        rule = next((each for start, each in starts.items() if (line["detail"] or "").startswith(start)), None)
    if isinstance(rule, Beginnings) or (rule is None and (line["reason"] or "").startswith("beginning of ")):
        turns = len(row["messages"])
        both = shared(_turns(row["messages"]), _turns(twin["messages"][:turns]), 1)
        return Marked(both.left, both.right, f"the {turns} turns that both begin with")
    if of_its_comparison(line) and not (isinstance(rule, Near | Cap) and rule.key in ("prompt", "context")):
        return None  # which all answers of a comparison have; of the others only its best was compared
    if isinstance(rule, Near | Cap):
        both, groups = _near(rule, row, twin)
        return Marked(both.left, both.right, f"{groups} of the {rule.key} that both have: {both.similarity:.1%} of all in either")
    return None


def _near(rule: Near | Cap, row: Row, twin: Row) -> tuple[Shared, str]:
    shingle = rule.shingle if isinstance(rule, Near) else 5
    chars = isinstance(shingle, Chars)
    size = shingle.chars if isinstance(shingle, Chars) else shingle
    both = shared(_turns(row["messages"], rule.key), _turns(twin["messages"], rule.key), size, chars=chars)
    return both, f"groups of {size} {'characters' if chars else 'words'}"


def _turns(messages: list[Row], key: str = "conversation") -> list[str | None]:
    """The texts that a key compares (flows/keys.py says which), each at its turn; None for the others."""
    chosen = _chosen([message["role"] for message in messages], key)
    return [message["content"] if at in chosen else None for at, message in enumerate(messages)]


def _chosen(roles: list[str], key: str) -> set[int]:
    asked, answers = ([at for at, role in enumerate(roles) if role == wanted] for wanted in ("user", "assistant"))
    if key == "prompt":
        return set(asked[:1])
    if key == "response":
        return set(answers[-1:])
    if key == "context":
        return set(range(answers[-1] if answers else len(roles)))
    if key == "exchange":
        after = [at for at in answers if asked and at > asked[0]]
        return {asked[0], after[0]} if after else set()
    return set(range(len(roles)))
