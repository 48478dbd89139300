"""A card that people wrote in keeps every word of theirs, however often the release is made again."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exports.card_merge import BEGIN, END, changelog, merged, sealed
from schemas.faults import DataFault


def made(text: str, **keys: object) -> str:
    return f"---\n{yaml.safe_dump(keys)}---\n\n{BEGIN}\n\n{text}\n\n{END}\n"


def test_words_and_keys_of_people_stay() -> None:
    by_hand = f"---\nlicense: mit\nthumbnail: a.png\n---\n\n# Ours\n\n{BEGIN}\nold\n{END}\n\nWrite to us.\n"
    text = merged(by_hand, made("# new", license="cc-by-4.0", tags=["x"]))
    assert yaml.safe_load(text.split("---\n")[1]) == {"license": "cc-by-4.0", "tags": ["x"], "thumbnail": "a.png"}
    assert text.split("---\n")[2] == f"\n# Ours\n\n{BEGIN}\n\n# new\n\n{END}\n\nWrite to us.\n"


def test_what_was_made_before_and_is_no_more_is_nobodys() -> None:
    old = made("x", license="other", license_name="mine", source_datasets=["a/b"], configs=[1], dataset_info=[2], language=["en"])
    text = merged(old, made("y", license="mit"))
    assert yaml.safe_load(text.split("---\n")[1]) == {"license": "mit", "language": ["en"]}  # which people write as well


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="-\r\ufeff")), st.text("abc# \n"), st.text("abc# \n"))
def test_again_and_again(by_hand: str, first: str, second: str) -> None:
    text = merged(merged(by_hand, made(first, size=1)), made(second, size=2))
    assert by_hand.strip() in text
    assert text == merged(by_hand, made(second, size=2))
    assert merged(text, made(second, size=2)) == text


@pytest.mark.parametrize("text", [BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}", "---\na: [\n---\n"])
def test_what_cannot_be_merged_is_refused(text: str) -> None:
    with pytest.raises(DataFault, match=r"README\.md"):
        merged(text, made("x"))


def test_people_add_tags_and_keep_them() -> None:
    by_hand = made("x", tags=["old", "ours"], task_categories=["question-answering"], size=1)
    text = merged(by_hand, made("y", tags=["new", "old"], task_categories=["text-generation"], size=2))
    head = yaml.safe_load(text.split("---\n")[1])
    assert head == {"tags": ["new", "old", "ours"], "task_categories": ["text-generation", "question-answering"], "size": 2}


@pytest.mark.parametrize("edit", [("first", "mended"), ("first line", "first line\n\nA word of mine."), ("second line", "")])
def test_words_that_somebody_wrote_into_the_made_part_are_not_taken_away(edit: tuple[str, str]) -> None:
    old = "---\nsize: 1\n---\n\n" + sealed("first line\n\nsecond line") + "\n\nOurs.\n"
    new = "---\nsize: 2\n---\n\n" + sealed("third line") + "\n"
    assert "third line" in merged(old, new) and "Ours." in merged(old, new) and "first" not in merged(old, new)
    assert merged(old.replace("\n", "\r\n"), new) == merged(old, new), "an editor of Windows is nobody's words"
    with pytest.raises(DataFault, match="somebody wrote between"):
        merged(old.replace(*edit), new)


def test_the_changelog_is_the_last_part() -> None:
    text = sealed("# a\n\n## Changelog\n\n### two\n\nwords\n\n### one")
    assert changelog(f"## Changelog\n\nby hand\n{text}\n## Changelog\n\nby hand") == "### two\n\nwords\n\n### one"
    assert changelog(sealed("# a")) == changelog("") == ""
