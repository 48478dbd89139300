"""Licences: what a source allows of its release, which licence all allow, and what may not be public."""

import pytest

from exports import licences
from exports.card_header import LICENSES
from flows import plan
from schemas import recipe as recipes
from schemas.faults import UsageFault

MIXED = {"alpaca": "cc-by-nc-4.0", "hh": "mit", "oasst": "apache-2.0", "smile": "cc0-1.0"}
VAGUE = {"unknown", "other", "cc", "gpl", "lgpl", "lgpl-lr"}  # of the Hub's: families, or nobody's


def test_the_table_knows_every_licence_of_the_hub():
    assert {licences.normal(name) for name in LICENSES} - licences.TERMS.keys() == VAGUE


@pytest.mark.parametrize(
    ("source", "release", "said"),
    [
        ("cc0-1.0", "mit", None),
        ("mit", "cc-by-4.0", None),
        ("mit", "cc0-1.0", "asks to be named"),
        ("CC-BY-NC-4.0", "cc-by-4.0", "is non-commercial"),
        ("cc-by-nc-4.0", "cc-by-nc-sa-4.0", None),
        ("cc-by-sa-3.0", "cc-by-sa-4.0", None),
        ("cc-by-sa-4.0", "cc-by-sa-3.0", "is share-alike"),
        ("cc-by-sa-4.0", "cc-by-nc-sa-4.0", "is share-alike"),
        ("llama2", "llama3", "is share-alike"),
        ("cc-by-nd-4.0", "cc-by-4.0", "may not be passed on changed"),
        ("proprietary", "mit", "may not be passed on"),
        ("Apache 2.0", "apache-2.0", None),
        ("GPL-3.0-or-later", "gpl-3.0", None),
        ("gpl-3.0 or mit", "cc-by-4.0", None),
        ("mit and cc-by-nc-4.0", "mit", "is non-commercial"),
        ("unknown", "mit", None),
        ("cc-by-nc-4.0", "other", None),
    ],
)
def test_what_a_source_has_against_a_licence_of_the_release(source, release, said):
    found = licences.objection(source, release)
    assert (found is None) if said is None else (said in found)


@pytest.mark.parametrize(
    ("sources", "license", "reason"),
    [
        (MIXED, "cc-by-nc-4.0", "the most restrictive, of alpaca: non-commercial"),
        ({"a": "cc0-1.0", "b": "mit"}, "mit", "the most restrictive, of b"),
        ({"a": "mit"}, "mit", "of a"),
        ({"a": "cc-by-sa-3.0", "b": "cc-by-sa-4.0", "c": "mit"}, "cc-by-sa-4.0", "the most restrictive, of b: share-alike"),
        (
            {"a": "cc-by-nc-4.0", "b": "cc-by-nc-sa-4.0"},
            "cc-by-nc-sa-4.0",
            "the most restrictive, of b: non-commercial, share-alike",
        ),
        ({"a": "cc-by-sa-4.0", "b": "cc-by-nc-4.0"}, "other", "have no licence in common"),
        ({"a": "mit", "b": "unknown", "c": "my own"}, "unknown", "b and c"),
        ({"a": "mit", "b": "proprietary"}, "other", "b (proprietary) may not be passed on"),
        ({"a": "mit", "b": "other"}, "other", "each row keeps its own"),
        ({"a": "mit and cc-by-4.0", "b": "gpl-3.0 or mit"}, "cc-by-4.0", "of a"),
        ({}, "unknown", "nobody"),
    ],
)
def test_the_roll_up_and_its_reason(sources, license, reason):
    found = licences.roll_up(sources)
    assert found.license == license and reason in found.reason


@pytest.mark.parametrize("first", sorted(licences.TERMS))
def test_what_is_rolled_up_is_allowed_by_all(first):
    for second in licences.TERMS:
        both = {"a": first, "b": second}
        assert not licences.objections(licences.roll_up(both).license, both)


def test_what_may_not_be_public():
    assert licences.bars(MIXED, edited=True) == []
    said = licences.bars(MIXED | {"u": "unknown", "w": "weird", "n": "cc-by-nd-4.0", "p": "proprietary"}, edited=True)
    assert len(said) == 4 and "1 of 8 sources (u)" in said[0] and "w (weird)" in said[1]
    assert not licences.bars({"n": "cc-by-nd-4.0", "o": "other"}, edited=False)


def test_a_conflict_stops_the_run_with_its_sources_named(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"instruction": "Hi", "output": "Ho"}\n')
    text = """
name: r
license: cc-by-4.0
sources: {alpaca: {path: a.jsonl, license: cc-by-nc-4.0}, hh: {path: a.jsonl, license: mit}}
exports: {sft: {}}
"""
    (tmp_path / "r.yaml").write_text(text)
    asked = recipes.load(tmp_path / "r.yaml")
    with pytest.raises(UsageFault) as fault:
        plan.make(asked, tmp_path)
    assert "1 of 2 sources: alpaca (cc-by-nc-4.0) is non-commercial" in str(fault.value)
    assert "Write `license: cc-by-nc-4.0`" in str(fault.value)
    for license in ("cc-by-nc-4.0", "other", "unknown"):
        plan.make(recipes.override(asked, [f"license={license}"]), tmp_path)
