"""Recall and precision of what finds secrets and personal data, over planted texts; and the figures that a dataset card shows."""

import zlib

import pytest

from benchmarks import detectors
from benchmarks.planted import texts
from benchmarks.planted.carriers import CARRIERS
from benchmarks.planted.keys import BASE62, KEYS
from benchmarks.planted.people import PEOPLE
from exports import measured
from filters import pii

SEED = 20230504


@pytest.fixture(scope="module")
def secrets():
    return texts.secrets(SEED)


@pytest.fixture(scope="module")
def people():
    return texts.score(texts.people(SEED), detectors.personal)


def test_the_planted_set(secrets):
    """Twenty kinds and more in fifty carriers each, among a thousand decoys; the same by the same seed."""
    assert len(KEYS) >= 20 and len(CARRIERS) == 50
    assert [sum(each.kind == kind for each in secrets) for kind in KEYS] == [50] * len(KEYS)
    assert sum(not each.kind for each in secrets) == 1000
    assert texts.secrets(SEED) == secrets != texts.secrets(1)


def test_checksums_of_planted_tokens_are_right(secrets):
    for each in secrets:
        if each.kind in ("github", "npm"):
            key = each.text[each.start : each.end].rpartition("_")[2]
            assert sum(BASE62.index(digit) * 62**at for at, digit in enumerate(reversed(key[30:]))) == zlib.crc32(
                key[:30].encode()
            )


@pytest.mark.parametrize("seed", [SEED, 7])
def test_secrets_are_found_per_kind(seed, capsys):
    found = texts.score(texts.secrets(seed), detectors.secrets)
    with capsys.disabled():
        print(*(f"\n  {kind}: recall {each.recall:.3f}, precision {each.precision:.3f}" for kind, each in found.items()))
    assert found.keys() == KEYS.keys()
    for kind, each in found.items():
        assert each.recall >= 0.98 and each.precision >= 0.9, kind


def test_no_decoy_is_a_secret(secrets):
    wrong = [each.text for each in secrets if not each.kind and pii.find(each.text, ("secret",))]
    assert len(wrong) <= 5, wrong


def test_personal_data_is_found_per_kind(people, capsys):
    """All kinds but phone numbers, whose recall is no more than shown on a card (`exports/measured.py`)."""
    with capsys.disabled():
        print(*(f"\n  {kind}: recall {each.recall:.3f}, precision {each.precision:.3f}" for kind, each in people.items()))
    assert people.keys() == PEOPLE.keys() == set(pii.KINDS) - {"secret"}
    for kind, each in people.items():
        assert kind == "phone" or each.recall >= 0.99, kind
        assert each.precision >= 0.99, kind


def test_what_a_card_shows_is_what_is_measured(secrets, people):
    pooled = {"secret": texts.pooled(secrets, detectors.secrets), **people}
    found = {kind: (each.planted, round(each.recall, 3), round(each.precision, 3)) for kind, each in pooled.items()}
    assert found == {kind: tuple(each) for kind, each in measured.FOUND.items()}
    assert list(measured.FOUND) == list(pii.KINDS)


def test_the_cheap_pattern_lets_every_planted_text_through(secrets):
    import polars as pl

    for kinds, planted in ((("secret",), secrets), (pii.KINDS, texts.people(SEED))):
        held = pii.might(pl.Series([each.text for each in planted]), kinds)
        found = [bool(pii.find(each.text, kinds)) for each in planted]
        assert not any(here and not might for here, might in zip(found, held, strict=True))
