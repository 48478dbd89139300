"""The report's parts: text of strangers stays text, differences lose nothing, charts show what was counted."""

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.report import bars, differences
from exports.report.harmless import shown, table

ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=60)
WORDS = st.lists(st.sampled_from(["the", "cat", " ", "<b>", "&amp;", "\n", "日本", "."]), max_size=40).map("".join)


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append(tag)

    def handle_comment(self, data) -> None:
        self.found.append("comment")

    def handle_data(self, data) -> None:
        self.texts.append(data)


@given(st.text())
def test_any_text_is_one_text_in_an_element_and_in_an_attribute(text) -> None:
    for page in (f"<p>{shown(text)}</p>", f'<p title="{shown(text)}"></p>'):
        assert Elements(page).found == ["p"]
        page.encode()
        assert not ODD.search(page)


@given(PLAIN)
def test_plain_text_is_shown_as_it_is(text) -> None:
    assert html.unescape(shown(text)) == text and "".join(Elements(shown(text)).texts) == text


def test_a_cut_is_said() -> None:
    assert shown("abcdef", 4) == "abcd … (2 more characters)"


@given(st.one_of(PLAIN, WORDS), st.one_of(PLAIN, WORDS))
@settings(max_examples=200)
def test_differences_hold_both_texts(was, now) -> None:
    said = differences.changed(was, now, 10_000)
    assert html.unescape(re.sub(r"<del>.*?</del>|</?ins>", "", said, flags=re.DOTALL)) == now
    assert html.unescape(re.sub(r"<ins>.*?</ins>|</?del>", "", said, flags=re.DOTALL)) == was


def test_a_small_change_marks_no_more_than_itself() -> None:
    said = differences.changed("the cat sat on the mat", "the cat lay on the mat", 100)
    assert said == "the cat <del>sat</del><ins>lay</ins> on the mat"


def test_texts_that_share_little_stand_one_after_the_other() -> None:
    assert differences.changed("one two", "three", 100) == "<del>one two</del><ins>three</ins>"


def test_long_repetitive_texts_are_no_trap() -> None:
    import time

    began = time.process_time()
    differences.changed("a b " * 50_000, "b a " * 50_000, 4000)
    assert time.process_time() - began < 2


def test_turns_that_came_or_went_are_marked_whole() -> None:
    one, two = ({"role": "user", "content": "ask"}, {"role": "assistant", "content": "say"})
    assert "<del>say</del>" in differences.turns([one], [one, two], 100)
    assert "<ins>say</ins>" in differences.turns([one, two], [one], 100)
    assert "<ins>" not in differences.turns([one, two], None, 100)


@given(st.lists(st.one_of(PLAIN, WORDS), max_size=4), st.lists(st.one_of(PLAIN, WORDS), max_size=4))
def test_sides_hold_a_conversation_each(one, two) -> None:
    said = differences.sides(*([{"role": "user", "content": text} for text in side] for side in (one, two)), 10_000)
    for side, texts, mark in ((0, one, "del"), (1, two, "ins")):
        turns = [each[side] for each in said if each[side]]
        found = [re.search(r'dir="auto">(.*?)</div></div>$', turn, re.DOTALL)[1] for turn in turns]
        assert [html.unescape(re.sub(f"</?{mark}>", "", text)) for text in found] == texts


def test_bars_of_a_histogram_are_as_high_as_their_counts() -> None:
    drawn = bars.histogram([4, 0, 2], [1, 0, 2], [0.5])
    high = [float(each) for each in re.findall(r'height="([\d.]+)"', drawn)]
    assert high == [100, 50, 25, 50] and 'x1="500.0"' in drawn


def test_a_table_without_lines_is_nothing_and_cells_are_escaped() -> None:
    assert table(["a"], []) == ""
    assert Elements(table(["<b>"], [["<script>"], [None]])).found.count("script") == 0


@pytest.mark.parametrize(
    "forbidden", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "http"]
)
def test_the_script_makes_no_elements_and_asks_no_network(forbidden) -> None:
    from exports.report.document import report_file

    assert forbidden not in report_file("js")
    assert forbidden == "http" or forbidden not in report_file("html")
