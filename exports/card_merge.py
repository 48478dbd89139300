"""A dataset card that people wrote in, and a new one: what was made before gives way, what was written by hand stays.

A card's made part lies between two comments, BEGIN and END, and ends with its own hash, so that words which somebody wrote into
it are noticed and not taken away. In the header the made keys are the new card's, and every other key is a person's, as are tags;
but what says what the files are and where they come from (OURS) is never a person's, also where the new card leaves it out.
"""

import hashlib
import re

import yaml

from schemas.faults import DataFault

BEGIN, END = "<!-- winnow: what follows is made from the release's files -->", "<!-- winnow: up to here -->"
_SEAL = re.compile(r"\n*<!-- winnow: sha256 ([0-9a-f]{16}) -->\s*$")
_SHARED = ("tags", "task_categories")  # lists that both may add to
OURS = ("license_name", "source_datasets", "configs", "dataset_info")  # an older release's would tell of files that are gone


def merged(existing: str, new: str) -> str:
    """`existing` with the made part and keys of `new`, a card of exports.card; without a made part it follows what is there.

    Raises DataFault where the header of `existing` is no YAML, its two comments are not one BEGIN before one END, or where
    somebody wrote between them.
    """
    if not existing.strip():
        return new
    own, body = _parts(existing)
    made, text = _parts(new)
    part = text[text.index(BEGIN) : text.index(END) + len(END)]
    kept = {key: value for key, value in own.items() if key not in made and key not in OURS}
    kept |= {key: _both(made[key], own.get(key)) for key in _SHARED if key in made}
    header = yaml.safe_dump(made | kept, sort_keys=False, allow_unicode=True)
    if BEGIN not in body and END not in body:
        return f"---\n{header}---\n\n{body.strip()}\n\n{part}\n"
    before, begun, rest = body.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended) or BEGIN in rest or END in after:
        raise DataFault(f"README.md must hold one {BEGIN} before one {END}, and does not: mend it by hand, or take both out")
    if not _whole(rest[: rest.index(END)]):
        raise DataFault(
            "README.md: somebody wrote between winnow's two comments, and a push would take that away: move those words above "
            f"{BEGIN} or below {END}, or take both comments out, then push again"
        )
    return f"---\n{header}---\n{before}{part}{after}"


def sealed(text: str) -> str:
    """The made part of a card: a text between the two comments, with its hash."""
    return f"{BEGIN}\n\n{text.strip()}\n\n<!-- winnow: sha256 {_hash(text)} -->\n\n{END}"


def changelog(card: str) -> str:
    """What the made part of a card has below `## Changelog`, its last section; nothing where it has none."""
    made = _parts(card)[1].partition(BEGIN)[2].partition(END)[0]
    return _SEAL.sub("", made).partition("\n## Changelog\n")[2].strip()


def _whole(part: str) -> bool:
    """Whether a made part is as it was made; one without a hash may be."""
    found = _SEAL.search(part)
    return found is None or _hash(part[: found.start()]) == found[1]


def _hash(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


def _both(made: object, own: object) -> object:
    """Two lists as one, without repeats."""
    return [*made, *(each for each in own if each not in made)] if isinstance(made, list) and isinstance(own, list) else made


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
