"""The report's parts: text of strangers stays text, differences lose nothing, charts show what was counted."""

import html
import re
from html.parser import HTMLParser

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.report import charts, differences, funnel, signals
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
    before, after = pl.Series([0.1, 0.1, 0.1, 0.1, 1.0, 1.0]), pl.Series([0.1, 1.0, 1.0])
    drawn = signals.histogram("share", before, after, [0.4], whole=False)
    high = {
        tone: [float(each) for each in re.findall(rf'd="M[\d.]+,[\d.]+h[\d.]+v([\d.]+)h-[\d.]+Z" fill="var\(--{tone}\)"', drawn)]
        for tone in ("before", "kept")
    }
    assert high == {"before": [84, 42], "kept": [21, 42]}
    assert drawn.count("stroke-dasharray") == 1 and 'aria-label="0.1 to 0.128: 4 rows, 1 kept"' in drawn


@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
@settings(max_examples=8, deadline=None)
def test_names_in_a_chart_are_text(names) -> None:
    drawn = charts.listed(names, names, lambda sheet: [], names[0])
    plain = charts.listed(["a" for _ in names], ["b" for _ in names], lambda sheet: [], "c")
    assert set(Elements(drawn).found) <= set(Elements(plain).found) | {"text"} and not ODD.search(drawn)


def test_a_chart_is_drawn_for_both_widths_in_the_colours_of_the_page_and_the_same_again() -> None:
    steps = [
        {"stage": "in", "reason": None, "count": 3, "start": 0, "end": 3, "colour": "var(--in)"},
        {"stage": "keep", "reason": "<b>", "count": 1, "start": 2, "end": 3, "colour": "var(--keep)"},
    ]
    drawn = funnel.waterfall(steps, "rows")
    assert drawn == funnel.waterfall(steps, "rows") and drawn.count("<svg") == 2
    assert not re.search(r"#[0-9a-f]{3,6}\b| style=|<b>|url\(", drawn)


def test_a_record_is_kept_if_one_of_its_rows_is(tmp_path) -> None:
    rows = [("a", 0, "kept", None, None), ("b", 0, "dropped", "keep", "x"), ("c", 1, "dropped", "read", "y")]
    rows += [("d", 2, "dropped", "overlap", "z"), ("e", 2, "dropped", "keep", "x")]
    names = ["id", "source", "file", "record", "fate", "stage", "reason"]
    ledger = [dict(zip(names, (id, "s", "f", *rest), strict=True)) for id, *rest in rows]
    pl.DataFrame(ledger, schema_overrides={"record": pl.Int64}).write_parquet(tmp_path / "ledger.parquet")
    counted = funnel.records(tmp_path, {"sources": {"s": {"records": 5}}})
    found = {(stage, reason): count for _, stage, reason, count in counted.iter_rows()}
    assert found == {
        ("in", None): 5,
        ("kept", None): 1,
        ("read", "y"): 1,
        ("overlap", "z"): 1,
        ("joined", "rows of other records"): 2,
    }


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
