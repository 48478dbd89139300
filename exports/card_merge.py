"""A dataset card that people wrote in, and a new one: what was made before gives way, what was written by hand stays.

A card's made part lies between two comments, BEGIN and END. In the header the made keys are the new card's, and every other
key is a person's.
"""

import yaml

from schemas.faults import DataFault

BEGIN, END = "<!-- winnow: what follows is made from the release's files -->", "<!-- winnow: up to here -->"


def merged(existing: str, new: str) -> str:
    """`existing` with the made part and keys of `new`, a card of exports.card; without a made part it follows what is there.

    Raises DataFault where the header of `existing` is no YAML, or its two comments are not one BEGIN before one END.
    """
    if not existing.strip():
        return new
    own, body = _parts(existing)
    made, text = _parts(new)
    part = text[text.index(BEGIN) : text.index(END) + len(END)]
    kept = {key: value for key, value in own.items() if key not in made}
    header = yaml.safe_dump(made | kept, sort_keys=False, allow_unicode=True)
    if BEGIN not in body and END not in body:
        return f"---\n{header}---\n\n{body.strip()}\n\n{part}\n"
    before, begun, rest = body.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended) or BEGIN in rest or END in after:
        raise DataFault(f"README.md must hold one {BEGIN} before one {END}, and does not: mend it by hand, or take both out")
    return f"---\n{header}---\n{before}{part}{after}"


def _parts(card: str) -> tuple[dict[str, object], str]:
    """The header's keys, and the text below it."""
    text = card.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.startswith("---\n") or "\n---" not in text[3:]:
        return {}, text
    header, _, body = text[3:].partition("\n---")
    try:
        keys = yaml.safe_load(header) or {}
    except yaml.YAMLError as fault:
        raise DataFault(f"the header of README.md is no YAML ({' '.join(str(fault).split())}): mend it, or take it out") from None
    if not isinstance(keys, dict):
        raise DataFault("the header of README.md is no list of `key: value`: mend it, or take it out")
    return keys, body.removeprefix("\n")
