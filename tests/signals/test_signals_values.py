"""Counts and shares on conversations small enough to count by hand."""

import zlib

import pytest

CHAT = [("s", "Be brief."), ("u", "How many legs has a cat?"), ("a", "Four."), ("u", "And a hen?"), ("a", "Two, of course.")]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("turns", 5),
        ("user_turns", 2),
        ("assistant_turns", 2),
        ("empty_turns", 0),
        ("words", 2 + 6 + 1 + 3 + 3),
        ("chars", sum(len(text) for _, text in CHAT)),
        ("prompt_words", 6),
        ("answer_words", 3),
        ("mean_prompt_words", 4.5),
        ("mean_answer_words", 2.0),
        ("max_turn_words", 6),
        ("mean_word_length", 18 / 4),  # Four. + Two, + of + course.
        ("roles_alternate", True),
        ("starts_with_user", True),
        ("ends_with_assistant", True),
        ("distinct_words", 4),
        ("type_token_ratio", 1.0),
        ("root_type_token_ratio", 2.0),
        ("symbol_share", 3 / 18),
        ("letter_share", 15 / 18),
        ("digit_share", 0.0),
        ("echo", 0.0),
        ("code_share", 0.0),
        ("provider_mentions", 0),
    ],
)
def test_a_small_chat(signal, column, expected):
    assert signal(column, CHAT) == [pytest.approx(expected)]


@pytest.mark.parametrize(
    ("order", "alternate", "starts", "ends"),
    [
        ("ua", True, True, True),
        ("sua", True, True, True),
        ("uatatta", True, True, True),
        ("uata", True, True, True),
        ("au", True, False, False),
        ("a", True, False, True),
        ("uau", True, True, False),
        ("uua", False, True, True),
        ("uaa", False, True, True),
        ("usa", False, True, True),
        ("uta", False, True, True),
        ("uatu", False, True, False),
        ("ssua", True, True, True),
        ("s", True, False, False),
        ("", False, False, False),
    ],
)
def test_order_of_roles(signal, order, alternate, starts, ends):
    talk = [(role, "text") for role in order]
    around = [("u", "x"), ("a", "y")]  # neighbours in the batch must not leak in
    for column, expected in [("roles_alternate", alternate), ("starts_with_user", starts), ("ends_with_assistant", ends)]:
        assert signal(column, around, talk, around)[1] is expected, column


def test_a_tool_call_without_text_is_not_an_empty_turn(talks):
    from filters.signals import measure

    table = talks([("u", "Add 1 and 1"), ("a", ""), ("t", "2"), ("a", " \n")])
    rows = table.to_pylist()
    rows[0]["messages"][1]["tool_calls"] = '[{"name": "add"}]'
    called = type(table).from_pylist(rows, schema=table.schema)
    assert measure(table, {"empty_turns"})[1]["empty_turns"].to_pylist() == [2]
    assert measure(called, {"empty_turns"})[1]["empty_turns"].to_pylist() == [1]


def test_scripts_without_spaces_count_by_character(signal):
    assert signal("answer_words", "你好世界", "日本語 です", "안녕 하세요", "GPT很好 ok", "a\u3000b\u00a0c") == [4, 5, 2, 4, 3]


def test_distinct_words_fold_case_and_punctuation(signal):
    assert signal("distinct_words", "The the, THE! — (the)", "don't Don’t dont", "猫猫狗") == [1, 1, 2]


def test_compression_is_zlibs(signal):
    text = "la " * 300
    assert signal("compression_ratio", text.strip()) == [len(zlib.compress(text.strip().encode(), 6)) / len(text.strip())]


def test_what_nobody_said_is_unknown(signal):
    for column in (
        "answer_words",
        "mean_answer_words",
        "distinct_words",
        "top_2gram",
        "dup_lines",
        "symbol_share",
        "compression_ratio",
        "echo",
    ):
        assert signal(column, [("u", "Anyone there?")]) == [None], column


def test_url_share_counts_the_characters_of_urls(signal):
    answer = "See https://a.org/b?c=1 or www.b.org now"
    inside = len("https://a.org/b?c=1") + len("www.b.org")
    assert signal("url_share", answer, "no address: a//b, ww.x") == [pytest.approx(inside / len(answer.replace(" ", ""))), 0.0]


def test_echo_is_the_share_of_3_grams_of_the_prompt(signal):
    prompt = "Say it again: the quick brown fox jumps"
    talks = ["the quick brown fox jumps", "The quick brown dog", "fox", "a fish"]
    values = signal("echo", *([("u", prompt), ("a", answer)] for answer in talks))
    assert values == [1.0, 0.5, 1.0, 0.0]


@pytest.mark.parametrize(
    ("answer", "share", "unclosed"),
    [
        ("Plain `code` here.", 0.0, 0),
        ("```\nabc\n```", 9 / 11, 0),  # two line breaks stand between the lines
        ("Look:\n```py\nx = 1\n```\nDone.", 13 / 27, 0),
        ("Look:\n```py\nx = 1", 10 / 17, 1),
        ("- item\n  ~~~\n  ```\n  ~~~\nend", None, 0),
        ("````\n```\n````", None, 0),
        ("Not a fence: ```x``` at all", 0.0, 0),
        ("```x``` opens the line", 0.0, 0),
    ],
)
def test_fences_follow_commonmark(signal, answer, share, unclosed):
    assert signal("unclosed_fences", answer) == [unclosed]
    if share is not None:
        assert signal("code_share", answer) == [pytest.approx(share)]


def test_pii_and_secrets_count_every_role(signal):
    chat = [("u", "Write to jo.doe@fastmail.com"), ("a", "I wrote to jo.doe@fastmail.com and ann@posteo.de.")]
    assert signal("pii_count", chat, CHAT) == [3, 0]
    assert signal("secret_count", CHAT) == [0]


@pytest.mark.parametrize(
    ("answer", "marks"),
    [
        ("Plain words - and 2. more * of them.", 0),
        ("# Title\n\n- one\n* two\n  1) three\n2. four", 5),
        ("It is **bold** and __so__, but 2**3**4 and ** not ** are not.", 3),
        ("```\n# no heading\n- no item\n```\n## one", 1),
        ("#hashtag\n-dash\n1.5 litres", 0),
    ],
)
def test_marks_of_markdown(signal, answer, marks):
    assert signal("markdown_marks", [("u", "Hi"), ("a", answer)]) == [marks]
