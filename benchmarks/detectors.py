"""What winnow's detectors find of planted secrets and personal data, per kind; and detect-secrets beside it on the same texts.

    python benchmarks/detectors.py [--seed 20230504] [--detect-secrets PYTHON]

PYTHON is that of an environment with detect-secrets. A string that it gives counts wherever it meets the secret.
"""

import argparse
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.planted import texts
from filters import pii

PEER = Path(__file__).parent / "peers" / "with_detect_secrets.py"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=20230504)
    parser.add_argument("--detect-secrets", metavar="PYTHON")
    options = parser.parse_args()
    planted = texts.secrets(options.seed)
    print("| secrets | planted | recall | precision |\n|---|---|---|---|")
    _show({**texts.score(planted, secrets), "all": texts.pooled(planted, secrets)})
    if options.detect_secrets:
        _peer(options.detect_secrets, planted)
    print("\n| personal data | planted | recall | precision |\n|---|---|---|---|")
    _show(texts.score(texts.people(options.seed), personal))


def secrets(text: str) -> Iterator[tuple[str, int, int]]:
    """Whose secret lies from where to where."""
    return ((span.whose, span.start, span.end) for span in pii.find(text, ("secret",)))


def personal(text: str) -> Iterator[tuple[str, int, int]]:
    """What personal data lies from where to where, of all kinds."""
    return ((span.kind, span.start, span.end) for span in pii.find(text, [kind for kind in pii.KINDS if kind != "secret"]))


def _show(scores: dict[str, texts.Score]) -> None:
    for kind, score in scores.items():
        print(f"| {kind} | {score.planted:,} | {score.recall:.3f} | {score.precision:.3f} |")


def _peer(python: str, planted: list[texts.Text]) -> None:
    lines = "".join(json.dumps(each.text) + "\n" for each in planted)
    run = subprocess.run([python, str(PEER)], input=lines, capture_output=True, text=True, check=True)
    told = dict(zip((each.text for each in planted), map(json.loads, run.stdout.splitlines()), strict=False))
    print("\n| detect-secrets | planted | a part seen | whole |\n|---|---|---|---|")
    kinds = dict.fromkeys(each.kind for each in planted if each.kind)
    for kind in kinds:
        of = [each for each in planted if each.kind == kind]
        part = sum(any(_meet(each, at, found) for found in told[each.text] for at in _at(each.text, found)) for each in of)
        whole = sum(any(each.text[each.start : each.end] in found for found in told[each.text]) for each in of)
        print(f"| {kind} | {len(of)} | {part / len(of):.3f} | {whole / len(of):.3f} |")
    decoys = [each for each in planted if not each.kind]
    wrong = sum(bool(told[each.text]) for each in decoys)
    right = sum(bool(told[each.text]) for each in planted if each.kind)
    print(f"\nIt names a secret in {wrong:,} of {len(decoys):,} decoys: precision over texts {right / (right + wrong):.3f}")


def _at(text: str, found: str) -> Iterator[int]:
    at = text.find(found)
    while found and at >= 0:
        yield at
        at = text.find(found, at + 1)


def _meet(each: texts.Text, at: int, found: str) -> bool:
    return at < each.end and each.start < at + len(found)


if __name__ == "__main__":
    main()
