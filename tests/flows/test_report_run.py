"""report.html of whole runs: honest numbers, the same bytes, no secret, no element that a stranger wrote."""

import base64
import hashlib
import html
import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from flows import releases, reporting
from flows.places import Places
from tests.flows.skeleton import Skeleton

NAUGHTY = [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></textarea><svg onload=alert(1)>",
    "&lt;b&gt; &amp; &#60;i&#62; ]]>",
    "javascript:alert(1) ${7*7} $title {{x}}",
    "\u2028\u2029\u202etxet\u202c \u2066a\u2069 \x00\x08\x1b[31m\ufeff",
]
RECIPE = """\
name: naughty
sources: {any: {path: any, license: LICENCE}}
edits: [redact]
keep:
  answered: {sql: ends_with_assistant, why: WHY}
  short: words < 200
overlap: {near: {key: conversation, similarity: 0.7, shingle: 2, short: 0, prefer: [words DESC]}}
exports: {sft: {}}
limits: off
"""


def made(run, folder: Path, texts: list[str], why: str, home: str) -> str:
    (folder / "any").mkdir(parents=True)
    lines = []
    for at, text in enumerate(texts):
        unlike = f"unlike number {at} " * (at + 1)
        talk = [{"role": "user", "content": f"{text} {unlike}"}, {"role": "assistant", "content": f"{unlike} {text}"}]
        lines += [{"messages": talk}, {"messages": [*talk[:1], {**talk[1], "content": talk[1]["content"] + " more"}]}]
        lines.append({"messages": [{"role": "user", "content": f"nobody answers {text}"}]})
    (folder / "any" / "dump.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    recipe = RECIPE.replace("WHY", json.dumps(why)).replace("LICENCE", json.dumps(why))
    return (run(recipe, folder, home=home, charts=True) / "report.html").read_text("utf-8")


def test_naughty_texts_change_no_element(run, tmp_path) -> None:
    naughty = made(run, tmp_path / "naughty", NAUGHTY, NAUGHTY[0], "one")
    harmless = made(run, tmp_path / "harmless", [f"harmless {word}" for word in "abcdefgh"], "harmless", "two")
    assert set(Skeleton(naughty).found) == set(Skeleton(harmless).found)
    assert Skeleton(naughty).found.count(("script",)) == 1 == naughty.count("</script>")
    assert not re.search("[\x00-\x08\x1b\u2028\u2029\u202e\u2066\ufeff]", naughty)
    assert "⟨202E⟩txet" in naughty


def test_the_policy_allows_the_pages_own_style_and_script_alone(demo) -> None:
    page = (demo[1] / "report.html").read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    for kind in ("style", "script"):
        [text] = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not re.search(r"\b(?:src|href)=\"(?!#)|@import|url\(| style=| on\w+=", re.sub(r'"text".*?</div>', "", page))


def test_it_is_part_of_the_release_and_made_again_the_same(demo) -> None:
    home, release = demo
    page = (release / "report.html").read_text("utf-8")
    assert releases.manifest(release)["files"]["report.html"] == hashlib.sha256(page.encode()).hexdigest()
    kept, none = reporting.made(Places(home), release, "kept", "none")
    assert kept == page != none
    assert reporting.made(Places(home), release, "kept", seed=1) != [page]
    assert len(page.encode()) < 1_000_000


def test_every_number_of_the_funnel_and_every_reason_is_there(demo) -> None:
    page = (demo[1] / "report.html").read_text("utf-8")
    funnel = pl.read_parquet(demo[1] / "funnel.parquet").group_by("stage", "reason").agg(pl.col("rows", "words").sum())
    rows, records, words = re.findall(r"The same as a table</summary>(.*?)</details>", page, re.DOTALL)
    for stage, reason, *counts in funnel.iter_rows():
        for table, count in zip((rows, words), counts, strict=True):
            assert f'<tr><td>{stage}</td><td>{reason or ""}</td><td class="n">{count:,}</td>' in table
        assert stage == "in" or f'data-reason="{stage}: {reason}"' in page or stage == "kept"
    counts = {
        (stage, reason): int(count.replace(",", ""))
        for stage, reason, count in re.findall(r'<tr><td>(\w+)</td><td>([^<]*)</td><td class="n">([\d,]+)</td>', records)
    }
    assert counts.pop(("in", "")) == releases.manifest(demo[1])["records"] == sum(counts.values())


def test_rows_that_are_shown_have_the_texts_of_the_release(demo) -> None:
    release = demo[1]
    page = (release / "report.html").read_text("utf-8")
    shown = re.findall(r'<article class="kept" data-reason.*?</article>', page, re.DOTALL)
    assert len(shown) == 24
    ledger = dict(pl.read_parquet(release / "ledger.parquet").select("id", "fate").iter_rows())
    assert {ledger[re.search(r'class="id">([^<]+)', each)[1]] for each in shown} == {"kept"}
    assert "Before and after" in page and "of length alone" in page and "<h4>chosen</h4>" in page


def test_a_rules_number_is_drawn_at_its_signal(demo) -> None:
    page = (demo[1] / "report.html").read_text("utf-8")
    [figure] = re.findall(r"<figure><figcaption><b>language_confidence.*?</figure>", page, re.DOTALL)
    assert "&gt;= 0.65" in figure and figure.count("stroke-dasharray") == 1
    [overlap] = re.findall(r"<figure><figcaption><b>conversation.*?</figure>", page, re.DOTALL)
    assert "from 80% on one falls" in overlap and overlap.count("stroke-dasharray") == 1


def test_what_fell_is_told_without_its_text_in_the_release_and_with_it_outside(demo) -> None:
    home, release = demo
    ledger = pl.read_parquet(release / "ledger.parquet")
    fell = ledger.filter((pl.col("fate") == "dropped") & (pl.col("stage") == "keep"))["id"].to_list()
    texts = releases.texts(Places(home), release, fell)
    kept = releases.texts(Places(home), release, ledger.filter(fate="kept")["id"].to_list())
    said = {turn["content"] for row in kept.values() for turn in row["messages"]}
    own = {turn["content"] for row in texts.values() for turn in row["messages"]} - said - {""}
    inside = (release / "report.html").read_text("utf-8")
    outside = reporting.whole_at(Places(home), release).read_text("utf-8")
    lines = {line for text in own for line in text.splitlines() if len(line) > 40 and line.isascii() and line.isalpha() is False}
    plain = [line for line in lines if html.escape(line) == line]
    assert len(plain) > 10 and not [line for line in plain if line in inside]
    assert len([line for line in plain if line in outside]) > len(plain) / 2
    assert "<del>" in outside and "which stands" in outside


def test_comparisons_that_gave_no_pair_are_told_by_reason_with_both_answers(demo) -> None:
    home, release = demo
    told = pl.read_parquet(release / "comparisons.parquet").filter(fate="dropped")
    page = reporting.whole_at(Places(home), release).read_text("utf-8")
    [section] = re.findall(r"<h3>Comparisons that gave no pair</h3>(.*?)</section>", page, re.DOTALL)
    for reason, count in told["reason"].value_counts().iter_rows():
        [part] = re.findall(rf"<summary>{reason}: (\d+) of {count}</summary>(.*?)</details>", section, re.DOTALL)
        assert int(part[0]) == min(count, 4) == part[1].count("<article") and part[1].count("<h4>") == 2 * int(part[0])
    assert "score_margin &gt;= 1 (too close to call): score_margin 0" in section


def test_the_page_of_a_release_needs_nothing_but_the_release(demo, tmp_path) -> None:
    release = demo[1]
    copy = tmp_path / "elsewhere"
    shutil.copytree(release, copy)
    [page] = reporting.made(Places(tmp_path), copy, "kept")
    assert page == (release / "report.html").read_text("utf-8")
    [page] = reporting.made(Places(tmp_path), copy, "none")
    assert 'class="turn"' not in page


def test_a_secret_is_told_by_its_kind_alone(run, tmp_path) -> None:
    (tmp_path / "dumps" / "any").mkdir(parents=True)
    key = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
    talks = [
        [
            {"role": "user", "content": f"mail {at} to some.body{at}@gartenbuch.net with {key}, please"},
            {"role": "assistant", "content": "Sent."},
        ]
        for at in range(3)
    ]
    lines = [json.dumps({"messages": talk[: 1 + at % 2]}) for at, talk in enumerate(talks)]
    (tmp_path / "dumps" / "any" / "dump.jsonl").write_text("\n".join(lines) + "\n")
    for edits in ("[redact]", "[unicode]"):
        recipe = RECIPE.replace("[redact]", edits).replace("LICENCE", "mit").replace("WHY", "none")
        page = (run(recipe, tmp_path / "dumps", charts=True) / "report.html").read_text("utf-8")
        assert "[EMAIL]" in page and "[SECRET" in page and key not in page and "@gartenbuch.net" not in page


OVER = """[...document.querySelectorAll('body *')].filter((e) => { const r = e.getBoundingClientRect();
  return r.width && (r.right > innerWidth + 1 || r.left < -1) && !e.closest('nav, .wide-table, svg'); })
  .map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 60)}`)"""
CLIPPED = """[...document.querySelectorAll('svg.chart')].flatMap((chart) => { const b = chart.getBoundingClientRect();
  return !b.width ? [] : [...chart.querySelectorAll('text')].filter((text) => { const r = text.getBoundingClientRect();
  return r.left < b.left - 2 || r.right > b.right + 2 || r.top < b.top - 2 || r.bottom > b.bottom + 2; })
  .map((text) => `${chart.getAttribute('aria-label')}: ${text.textContent}`); })"""
SMALL = """[...document.querySelectorAll('svg.chart text')].filter((text) => { const r = text.getBoundingClientRect();
  return r.width && r.height < 9; }).map((text) => text.textContent)"""


@pytest.mark.parametrize("width", [360, 400, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_it_looks_right_in_a_browser(demo, opened, tmp_path, width, dark) -> None:
    page = reporting.whole_at(Places(demo[0]), demo[1])
    opened.open(page.as_uri(), width, 900, dark=dark)
    assert opened.run("document.documentElement.scrollWidth") <= width
    assert opened.run(OVER) == opened.run(CLIPPED) == opened.run(SMALL) == []
    paper, ink = (opened.run(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
    light = [sum(map(int, re.findall(r"\d+", tone))) for tone in (paper, ink)]
    assert (light[0] < light[1]) == dark
    picture = tmp_path / "picture.png"
    opened.picture(picture)
    assert picture.stat().st_size > 10_000 and opened.said == []


def test_one_can_switch_search_and_choose(demo, opened) -> None:
    opened.open(reporting.whole_at(Places(demo[0]), demo[1]).as_uri())
    there = "[...document.querySelectorAll('#funnel .switch > div')].map((view) => view.getBoundingClientRect().height > 0)"
    assert opened.run(there) == [True, False, False]
    opened.run("document.getElementById('unit-2').click()")
    assert opened.run(there) == [False, False, True]
    rows = "[...document.querySelectorAll('#rows article')].filter((row) => !row.hidden).map((row) => row.dataset.reason)"
    assert len(opened.run(rows)) == 20
    opened.run("document.getElementById('more').click()")
    assert len(opened.run(rows)) == 40
    choose = (
        "(() => {{ const field = document.getElementById('{}'); field.value = {}; field.dispatchEvent(new Event('input')); }})()"
    )
    opened.run(choose.format("reason", "'keep: english'"))
    assert set(opened.run(rows)) == {"keep: english"}
    opened.run(choose.format("reason", "''"))
    opened.run(choose.format("words", "'ADJECTIVES brave'"))
    assert opened.run(rows) == ["keep: not_repetitive"]
    assert opened.run("CSS.highlights.get('found').size") >= 3
    assert opened.said == []


ELEMENTS = """[...new Set([...document.querySelectorAll('*')].map((e) =>
  [e.tagName, ...[...e.attributes].map((a) => a.name).sort()].join(' ')))].sort()"""


def test_naughty_texts_change_no_element_in_a_browser(run, opened, tmp_path) -> None:
    found = []
    for name, texts in (("naughty", NAUGHTY), ("harmless", [f"harmless {word}" for word in "abcdefgh"])):
        page = tmp_path / f"{name}.html"
        page.write_text(made(run, tmp_path / name, texts, texts[0], name), "utf-8")
        opened.open(page.as_uri())
        found.append(opened.run(ELEMENTS))
    assert found[0] == found[1] and opened.said == []


def test_the_big_list_of_naughty_strings_changes_no_element(dumps, run, tmp_path) -> None:
    [file] = (dumps / "minimaxir__big-list-of-naughty-strings").rglob("blns.json")
    texts = [text for text in json.loads(file.read_bytes()) if text.strip()]
    inside = made(run, tmp_path / "naughty", texts, texts[0], "one")
    [whole] = reporting.made(
        Places(tmp_path / "one"), next((tmp_path / "one").glob("releases/*/*/manifest.json")).parent, "all", rows=200
    )
    harmless = made(run, tmp_path / "harmless", [f"harmless {at}" for at in range(9)], "harmless", "two")
    for page in (inside, whole):
        assert set(Skeleton(page).found) <= set(Skeleton(harmless).found) | {("code",), ("/", "code")}
        assert Skeleton(page).found.count(("script",)) == 1 == page.count("</script>")
