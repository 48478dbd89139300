"""What the licences of a release's sources ask of the release: a table of well-known ones, and their roll-up. No legal advice.

Names are SPDX's or the Hub's, in any case. `a and b` binds to both, `a or b` to either. `other` as a source's licence says that
it has terms of its own which its user has read; `other` as the release's says that each row keeps its own licence.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

UNKNOWN, OTHER = "unknown", "other"


class Terms(NamedTuple):
    """What a licence asks of those who pass its rows on."""

    credit: bool = False  # a notice or the authors' names go with them
    commercial: bool = True  # anybody may earn with them
    alike: str = ""  # share-alike: only under a licence of this family, its version or a later one
    changed: bool = True  # they may be passed on changed
    passed_on: bool = True  # they may be passed on at all


_CREDIT = Terms(credit=True)
_ALONE = """
    odbl cdla-sharing-1.0 gfdl gpl-3.0 gpl-2.0 agpl-3.0 lgpl-3.0 lgpl-2.1 mpl-2.0 epl-2.0 epl-1.0 eupl-1.2 eupl-1.1 osl-3.0
    llama3.3 llama3.2 llama3.1 llama3 llama2 gemma openrail openrail++ bigscience-openrail-m bigscience-bloom-rail-1.0
    creativeml-openrail-m bigcode-openrail-m c-uda
    """  # share-alike, or with rules of use that go with the rows: nothing but themselves carries them on
_TABLE = {  # of two that will do, the one written first is taken
    Terms(): "cc0-1.0 pddl unlicense 0bsd cc-pddc wtfpl mit-0",
    _CREDIT: """
        cc-by-4.0 cc-by-3.0 cc-by-2.5 cc-by-2.0 odc-by cdla-permissive-2.0 cdla-permissive-1.0 apache-2.0 mit bsd-3-clause
        bsd-2-clause bsd-3-clause-clear bsd isc zlib bsl-1.0 ecl-2.0 afl-3.0 artistic-2.0 ms-pl postgresql ncsa etalab-2.0
        ofl-1.1 lppl-1.3c
        """,
    Terms(credit=True, commercial=False): "cc-by-nc-4.0 cc-by-nc-3.0 cc-by-nc-2.0",
    Terms(credit=True, alike="cc-by-sa"): "cc-by-sa-4.0 cc-by-sa-3.0 cc-by-sa-2.0",
    Terms(credit=True, commercial=False, alike="cc-by-nc-sa"): "cc-by-nc-sa-4.0 cc-by-nc-sa-3.0 cc-by-nc-sa-2.0",
    **{Terms(credit=True, alike=name): name for name in _ALONE.split()},
    Terms(credit=True, changed=False): "cc-by-nd-4.0 cc-by-nd-3.0",
    Terms(credit=True, commercial=False, changed=False): "cc-by-nc-nd-4.0 cc-by-nc-nd-3.0",
    Terms(credit=True, passed_on=False): "no-redistribution all-rights-reserved proprietary",
}
TERMS = {name: terms for terms, names in _TABLE.items() for name in names.split()}
_ORDER = {name: at for at, name in enumerate(TERMS)}
_SAME = {
    "cc0": "cc0-1.0",
    "cc-zero": "cc0-1.0",
    "apache": "apache-2.0",
    "apache2.0": "apache-2.0",
    "apache-2": "apache-2.0",
    "odbl-1.0": "odbl",
    "odc-by-1.0": "odc-by",
    "pddl-1.0": "pddl",
    "c-uda-1.0": "c-uda",
    "gfdl-1.3": "gfdl",
    "llama-2": "llama2",
    "llama-3": "llama3",
}


class RollUp(NamedTuple):
    """The licence that a release of these sources may have as a whole, and why."""

    license: str
    reason: str


def normal(license: str) -> str:
    """One spelling for a licence: `Apache 2.0`, `apache-2.0`, `GPL-3.0-or-later` -> `apache-2.0`, `gpl-3.0`."""
    name = re.sub(r"-(only|or-later)$", "", re.sub(r"[\s_]+", "-", license.strip().lower()).removesuffix("-license"))
    return _SAME.get(name, name)


def objection(source: str, release: str) -> str | None:
    """What a source's licence has against this licence of the release; None where it allows it, or nobody knows its terms."""
    release = normal(release)
    ways = [[_objects(normal(each), release) for each in _split(way, "and")] for way in _split(source, "or")]
    said = [next((each for each in way if each), None) for way in ways]
    return None if None in said else said[0]


def objections(release: str, sources: Mapping[str, str]) -> list[str]:
    """`NAME (LICENCE) is non-commercial` for each source that does not allow this licence of the release; sorted."""
    found = ((name, source, objection(source, release)) for name, source in sorted(sources.items()))
    return [f"{name} ({source}) {said}" for name, source, said in found if said]


def roll_up(sources: Mapping[str, str]) -> RollUp:
    """The least restrictive licence among those of the sources that all of them allow; `other` where there is none."""
    unknown = [name for name, source in sorted(sources.items()) if _unlisted(source)]
    if unknown or not sources:
        return RollUp(UNKNOWN, f"nobody said what may be done with {_and(unknown or ['it'])}")
    barred = _barred(sources, "passed_on")
    if barred:
        return RollUp(OTHER, f"{_and(barred)} may not be passed on")
    named = {each for source in sources.values() for each in _parts(source)}
    for name in sorted(named & TERMS.keys(), key=_ORDER.__getitem__):
        if all(normal(source) == name or not (_own(source) or objection(source, name)) for source in sources.values()):
            return RollUp(name, _why(name, sources))
    if own := [name for name, source in sorted(sources.items()) if _own(source)]:
        return RollUp(OTHER, f"terms of their own hold for {_and(own)}: each row keeps its own licence")
    apart = sorted({f"{source} ({_bound(source)})" for source in sources.values() if _bound(source)} or set(sources.values()))
    return RollUp(OTHER, f"{_and(apart)} have no licence in common: each row keeps its own")


def bars(sources: Mapping[str, str], *, edited: bool) -> list[str]:
    """Why a release of these sources, with its texts `edited` or not, may not be public; empty where it may."""
    unknown = [name for name, source in sorted(sources.items()) if normal(source) == UNKNOWN]
    unlisted = [f"{name} ({source})" for name, source in sorted(sources.items()) if _unlisted(source) and name not in unknown]
    found = [f"no known licence for {len(unknown)} of {len(sources)} sources ({', '.join(unknown)})"] if unknown else []
    if unlisted:
        found.append(f"no SPDX or Hub id: {', '.join(unlisted)}; where you know its terms and they allow it, write `other`")
    if barred := _barred(sources, "passed_on"):
        found.append(f"{_and(barred)} may not be passed on")
    if edited and (whole := _barred(sources, "changed")):
        found.append(f"{_and(whole)} may not be passed on changed, and the recipe has `edits`")
    return found


def _objects(source: str, release: str) -> str | None:
    asked, given = TERMS.get(source), TERMS.get(release)
    if asked is None or release in (source, OTHER, UNKNOWN):
        return None
    later = given is not None and given.alike == asked.alike and release >= source
    said = {
        "may not be passed on": not asked.passed_on,
        "may not be passed on changed, nor under another licence": not asked.changed,
        f"is share-alike: only {source} or a later version of it will do": asked.alike and not later,
        "is non-commercial": not asked.commercial and (given is None or given.commercial),
        "asks to be named": asked.credit and given is not None and not given.credit,
    }
    return next((words for words, holds in said.items() if holds), None)


def _why(name: str, sources: Mapping[str, str]) -> str:
    binding = [source for source, license in sorted(sources.items()) if name in _parts(license)]
    kind = _bound(name)
    most = "the most restrictive, " if len(set(sources.values())) > 1 else ""
    return f"{most}of {_and(binding)}{': ' if kind else ''}{kind}"


def _bound(license: str) -> str:
    """What is restrictive about a licence, in words; nothing about one that asks for no more than credit."""
    terms = [TERMS[each] for each in _parts(license) if each in TERMS]
    words = {
        "non-commercial": any(not each.commercial for each in terms),
        "share-alike": any(each.alike for each in terms),
        "no changes": any(not each.changed for each in terms),
    }
    return ", ".join(word for word, holds in words.items() if holds)


def _barred(sources: Mapping[str, str], what: str) -> list[str]:
    """Sources whose licence does not allow `what`, each with its licence."""

    def allows(source: str) -> bool:
        ways = ([TERMS.get(normal(each), Terms()) for each in _split(way, "and")] for way in _split(source, "or"))
        return any(all(getattr(each, what) for each in way) for way in ways)

    return [f"{name} ({source})" for name, source in sorted(sources.items()) if not allows(source)]


def _unlisted(license: str) -> bool:
    """Whether nobody said what may be done, in words that the table has."""
    ways = ([normal(each) for each in _split(way, "and")] for way in _split(license, "or"))
    return not any(all(each in TERMS or each == OTHER for each in way) for way in ways)


def _own(license: str) -> bool:
    return OTHER in _parts(license)


def _parts(license: str) -> set[str]:
    """Every licence that is named."""
    return {normal(each) for way in _split(license, "or") for each in _split(way, "and")}


def _split(license: str, word: str) -> list[str]:
    return re.split(rf"\s+{word}\s+", license.strip("() "), flags=re.IGNORECASE)


def _and(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
