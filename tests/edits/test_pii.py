"""Redaction of personal data and secrets: where, which kinds, how many. How well they are found: test_planted.py."""

import random
import time

import polars as pl
import pytest

from benchmarks.planted import texts
from benchmarks.planted.keys import KEYS, WORD, some
from filters import pii
from filters.edits import redact

RNG = random.Random(20230504)


def test_a_key_of_aws_by_its_name():
    text = 'aws_secret_access_key = "wJalrXUtnFEMI0K7MDENG1bPxRfiCYzQ8SUDp3qk"'
    assert redact.repair([{"role": "user", "content": text}]) == [('aws_secret_access_key = "[SECRET]"', 1)]


def test_count_agrees_with_find():
    planted = [*[each.text for each in (*texts.secrets(1), *texts.people(1))][::7], None, ""]
    for kinds in (pii.KINDS, pii.DEFAULT, ["secret"], ["ip", "email"]):
        counted = pii.count(pl.Series("text", planted), kinds).to_list()
        assert counted == [None if text is None else len(pii.find(text, kinds)) for text in planted]


@pytest.mark.parametrize("kind", KEYS)
def test_redaction_leaves_no_part_of_a_secret(kind):
    for each in texts.secrets(3):
        if each.kind == kind:
            ((text, _),) = redact.repair([{"role": "user", "content": each.text}])
            secret = each.text[each.start : each.end]
            assert not any(secret[at : at + 12] in text for at in range(0, len(secret) - 12, 4)), each.text


def test_only_secrets_go_from_code():
    key = "ghp_" + some(RNG, WORD, 36)
    code = f"```python\nto = 'jo.kim@fernmail.org'\ncard = '4111 1111 1111 1111'\nkey = '{key}'\n```"
    ((text, changes),) = redact.repair(
        [{"role": "user", "content": f"Mail jo.kim@fernmail.org\n{code}\nor 4111 1111 1111 1111."}]
    )
    assert text == "Mail [EMAIL]\n" + code.replace(key, "[SECRET]") + "\nor [CARD]."
    assert changes == 3


def test_phone_and_ip_only_when_asked():
    text = "Call +49 30 12345678 or ping 8.8.8.8"
    assert redact.repair([{"role": "user", "content": text}]) == [(text, 0)]
    assert redact.repair([{"role": "user", "content": text}], also=["phone", "ip"]) == [("Call [PHONE] or ping [IP]", 2)]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("SSN: 536-90-4399.", "SSN: [NATIONAL_ID]."),
        ("身份证号440305199001011232，", "身份证号440305199001011232，"),  # its checksum is wrong
        ("not 123-45-6789, 666-12-1234 or 000-12-1234", "not 123-45-6789, 666-12-1234 or 000-12-1234"),
        ("the number of the post is 701749406839299970", "the number of the post is 701749406839299970"),
    ],
)
def test_national_ids(text, left):
    assert redact.repair([{"role": "user", "content": text}])[0][0] == left


@pytest.mark.parametrize("password", ["password", "${DB_PASSWORD}", "<password>", "root", "mypassword1", "****", "{pw}"])
def test_a_password_that_stands_for_one_is_none(password):
    assert pii.find(f"postgres://app:{password}@db.corp.net/app", ("secret",)) == []


def test_an_escaped_line_end_is_no_letter_of_a_secret():
    key = "ghp_" + some(RNG, WORD, 36)
    (span,) = pii.find(f'{{"text": "here:\\n{key}\\nbye"}}', ("secret",))
    assert (span.whose, span.end - span.start) == ("github", len(key))


def test_many_spans_cost_no_more_than_their_number():
    """Ten times the addresses take about ten times as long, and never a hundred."""
    took = {}
    for size in (2_000, 20_000):
        text = "\n".join(f"clerk{at}@harbour{at}.com" for at in range(size))
        begin = time.process_time()
        ((_, changes),) = redact.repair([{"role": "user", "content": text}])
        took[size] = time.process_time() - begin
        assert changes == size
    assert took[20_000] < 40 * took[2_000]
