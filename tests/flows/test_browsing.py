"""`winnow browse` over real releases, asked as a browser asks: right rows, safe from strangers, marks that land in lists."""

import base64
import hashlib
import html
import http.client
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.report.samples import AWAY
from flows import finding
from flows.browsing import serving
from flows.browsing.marks import Marks
from flows.browsing.opened import opened
from flows.lists import Mark
from flows.places import Places
from schemas.faults import BusyFault, DataFault
from sql import duck
from tests.flows.skeleton import Skeleton

NAUGHTY = [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></textarea></select><svg onload=alert(1)>",
    "&lt;b&gt; &amp; &#60;i&#62; ]]> <!--rows-->",
    "javascript:alert(1) ${7*7} $title {{x}}",
    "\u2028\u2029\u202etxet\u202c \u2066a\u2069 \x00\x08\x1b[31m\ufeff",
]
RECIPE = """\
name: naughty
sources: {any: {path: any, license: LICENCE}}
edits: [unicode]
keep: {answered: {sql: ends_with_assistant, why: WHY}}
overlap: {near: {key: conversation, similarity: 0.5, shingle: 2, short: 0, prefer: [words DESC]}}
exports: {sft: {}, preference: {}}
limits: off
"""
VIEWS = ("", "charts", "clusters", "alike", "preference")
ROW = "sharegpt/web.json#000000000"  # fell, was edited, and has a twin
TWIN = "alpaca/alpaca.json#000000035"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


class Site:
    """A served release and where its marks lie."""

    def __init__(self, url: str, home: Path, release: Path, lists: Path) -> None:
        self.url, self.home, self.release, self.lists = url, home, release, lists
        self.host = urlsplit(url).netloc

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """The answer to a path, below the secret unless it begins with a slash; sent as it is written."""
        con = http.client.HTTPConnection(self.host, timeout=30)
        target = path if path.startswith("/") else urlsplit(self.url).path + path
        con.putrequest(method, target, skip_host="Host" in headers)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body.encode()))}
        for name, value in sent.items():
            con.putheader(name, value)
        con.endheaders(None if body is None else body.encode())
        got = con.getresponse()
        return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read().decode())

    def page(self, view: str = "", **query: object) -> str:
        answer = self.ask(f"{view}?{urlencode(query)}")
        assert answer.status == 200, answer
        return answer.text

    def mark(self, id: str, name: str, note: str = "", back: str = "./") -> Answer:
        body = urlencode({"id": id, "list": name, "note": note, "back": back})
        return self.ask("mark", "POST", body, Origin=f"http://{self.host}")


@pytest.fixture(scope="module")
def site(demo, tmp_path_factory) -> Iterator[Site]:
    home, release = demo
    lists = tmp_path_factory.mktemp("marks") / "lists"
    with serving.running(Places(home), release, lists) as url:
        yield Site(url, home, release, lists)


def ids(page: str) -> list[str]:
    """The rows of a page, in order."""
    return [html.unescape(each) for each in re.findall(r'<div class="id"><a id="r\d+" href="[^"]*">([^<]*)</a>', page)]


def told(page: str) -> str:
    return re.search(r'<output id="told"[^>]*>([^<]*)</output>', page)[1]


def walked(site: Site, rel: str = "next", **query: object) -> list[list[str]]:
    """The rows of every page, following the links."""
    page, pages = site.page(**query), []
    while True:
        pages.append(ids(page))
        link = re.search(rf'<a rel="{rel}" href="([^"]+)"', page)
        if link is None:
            return pages
        page = site.ask(urlsplit(urljoin(site.url, html.unescape(link[1])))._replace(scheme="", netloc="").geturl()).text


def test_the_pages_hold_every_row_once_in_order(site) -> None:
    ledger = pl.read_parquet(site.release / "ledger.parquet")["id"].to_list()
    pages = walked(site)
    assert [id for page in pages for id in page] == ledger and {len(page) for page in pages[:-1]} == {20}
    back = walked(site, rel="prev", before=len(ledger))
    assert [id for page in reversed(back) for id in page] == ledger


@pytest.mark.parametrize(
    "where",
    [
        "words > 60 AND NOT refusal",
        "fate = 'quarantined' OR similarity > 0.9",
        "list_contains(exports, 'preference') AND source = 'hh'",
        "contains(detail, 'language')",
        "quality BETWEEN 0.2 AND 0.8",
        "CAST(reason AS INTEGER) = 1 OR words = 30",
        "words < 0",
    ],
)
def test_an_expression_finds_what_duckdb_finds(site, where) -> None:
    joined = f"SELECT ledger.id FROM ledger LEFT JOIN (SELECT * EXCLUDE (words) FROM signals) s USING (id) WHERE TRY({where})"
    wanted = duck.query(duck.release(site.release), f"{joined} ORDER BY ledger.id")["id"].to_pylist()
    assert [id for page in walked(site, where=where) for id in page] == wanted
    assert told(site.page(where=where)) == f"{len(wanted):,} of 351 rows"


def test_choices_add_up_and_name_rows_of_their_kind(site) -> None:
    page = site.page()
    reasons = {html.unescape(a): int(n) for a, n in re.findall(r'<option value="([^"]+)">[^<]* \(([\d,]+)\)', page)}
    ledger = pl.read_parquet(site.release / "ledger.parquet")
    assert reasons["kept"] == (ledger["fate"] == "kept").sum() and reasons["hh"] == (ledger["source"] == "hh").sum()
    assert sum(n for name, n in reasons.items() if name == "kept" or ": " in name) == 351
    for reason in ("kept", "read: json_syntax", "export: beginning of another row"):
        assert sum(len(each) for each in walked(site, reason=reason)) == reasons[reason]
    assert ids(site.page(reason="read: json_syntax", source="openai")) == [
        line["id"] for line in ledger.filter((pl.col("reason") == "json_syntax") & (pl.col("source") == "openai")).to_dicts()
    ]


@pytest.mark.parametrize("words", ["recipe", "THE  same\nday", "json", "no such words", "{", ".*"])
def test_words_are_found_where_explain_finds_them(site, words) -> None:
    wanted = [row.id for row in finding.find(Places(site.home), site.release, words)]
    assert [id for page in walked(site, find=words) for id in page] == wanted
    some = [id for id in wanted if id.startswith("oa")]
    assert [id for page in walked(site, find=words, where="starts_with(source, 'oa')") for id in page] == some


@pytest.mark.parametrize("sort", ["words", "-words", "language", "-similarity", "refusal", "-file", "-fingerprint", "quality"])
@pytest.mark.parametrize("more", [{}, {"where": "source <> 'hh'"}, {"find": "the"}])
def test_rows_come_in_the_order_of_a_column(site, sort, more) -> None:
    joined = "SELECT ledger.id FROM ledger LEFT JOIN (SELECT * EXCLUDE (words) FROM signals) s USING (id)"
    order = f'"{sort.removeprefix("-")}" {"DESC" if sort.startswith("-") else "ASC"} NULLS LAST, ledger.id'
    wanted = duck.query(duck.release(site.release), f"{joined} ORDER BY {order}")["id"].to_pylist()
    held = {id for page in walked(site, **more) for id in page}
    wanted = [id for id in wanted if id in held]
    assert [id for page in walked(site, sort=sort, **more) for id in page] == wanted and len(wanted) > 20
    if "find" not in more:
        line = pl.read_parquet(site.release / "ledger.parquet")["id"].to_list().index(wanted[-1])
        back = walked(site, rel="prev", sort=sort, before=line, **more)
        assert [id for page in reversed(back) for id in page] == wanted[:-1]


@pytest.mark.parametrize("sort", ["wrds", "--words", 'words" DESC; DROP TABLE rows; --', "exports", "line", "1", "-", "random()"])
def test_an_order_is_a_column_of_the_release_or_none(site, sort) -> None:
    page = site.page(sort=sort)
    if sort == "-":
        assert len(ids(page)) == 20
    else:
        assert "to sort by" in html.unescape(re.search(r'role="alert">([^<]*)<', page)[1]) and ids(page) == []
    assert "did you mean words?" in html.unescape(site.page(sort="-wrds"))


def test_the_charts_are_those_of_the_report(site, monkeypatch) -> None:
    page, report = site.page("charts"), site.ask("report").text
    drawn = set(re.findall(r"<svg.*?</svg>", report, re.DOTALL))
    assert len(drawn) > 12 and drawn == set(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    monkeypatch.setattr("vl_convert.vegalite_to_svg", None)
    assert site.page("charts") == page, "they are drawn once: there is no painter any more"
    reasons = {html.unescape(name): int(n) for name, n in re.findall(r'<li><a href="[^"]*">([^<]*)</a> (\d+)</li>', page)}
    assert sum(reasons.values()) == 351
    for link in re.findall(r'<li><a href="(\./\?reason=[^"]*)">', page)[:3]:
        path = urlsplit(urljoin(site.url, html.unescape(link)))
        assert len(ids(site.ask(f"{path.path}?{path.query}").text)) > 0


def test_how_far_a_search_came_is_said(site) -> None:
    assert "20 hold the words" in site.page(find="a") and "and there are more to search" in site.page(find="a")
    assert "0 hold the words, of 351 rows searched from here, to the end" in site.page(find="no such words")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("wrds > 1", "did you mean words?"),
        ("words + 1", "must be true or false"),
        ("words >", "not one SQL expression"),
        ("true); DROP TABLE rows; --", "not one SQL expression"),
        ("(SELECT count(*) FROM rows) > 1", "a subquery"),
        ("id IN (SELECT id FROM read_csv('/etc/passwd'))", "a subquery"),
        ("read_text('/etc/passwd') = ''", "read_text is not allowed"),
        ("getenv('HOME') = ''", "getenv"),
        ("line > 3", "unknown column"),
        ("symbol_word_ratio < 0.1", "symbol_word_ratio: not measured"),
        ("place_row = 1", "unknown column"),
        ("count(*) > 1", "looks at many rows"),
        ("words > 1" * 1000, "4000 is the most"),
    ],
)
def test_an_expression_that_is_none_is_told_in_words(site, where, said) -> None:
    page = site.page(where=where)
    assert said in html.unescape(re.search(r'role="alert">([^<]*)<', page)[1]) and ids(page) == []


def test_nobody_can_write_or_leave_the_database(demo) -> None:
    with opened(Places(demo[0]), demo[1]) as of:
        for statement in ("CREATE TABLE x (a INT)", "DELETE FROM rows", "COPY rows TO '/tmp/x.csv'", "ATTACH '/tmp/x.db'"):
            with pytest.raises(duckdb.Error):
                of.con.execute(statement)
        for statement in ("SELECT * FROM read_csv('/etc/passwd')", "SET enable_external_access = true", "INSTALL httpfs"):
            with pytest.raises(duckdb.Error):
                of.con.execute(statement)


def test_a_row_has_its_story(site) -> None:
    page = site.page("row", id=ROW)
    assert ids(page) == [ROW] and "dropped at overlap: near_duplicates" in page and "<del>" in page
    assert f"one={TWIN.replace('/', '%2F').replace('#', '%23')}" in page and "markdown ×1 in turn 1" in page
    quarantined = site.page("row", id=ids(site.page(reason="read: not_text"))[0])
    assert "its bytes" in quarantined and "image_url" in quarantined and "<form" not in quarantined


def test_a_cluster_shows_what_differs(site) -> None:
    listed = [html.unescape(each) for each in re.findall(r'href="\./cluster\?id=[^"]*">([^<]*)</a> and', site.page("clusters"))]
    ledger = pl.read_parquet(site.release / "ledger.parquet").filter(pl.col("stage") == "overlap")
    assert set(listed) == set(ledger["twin"]) & set(pl.read_parquet(site.release / "ledger.parquet")["id"])
    page = site.page("cluster", id=TWIN)
    assert ids(page) == [TWIN, *ledger.filter(pl.col("twin") == TWIN)["id"]] and "<del>" in page


def test_pairs_stand_side_by_side(site) -> None:
    pairs = pl.read_parquet(site.release / "pairs.parquet").sort("similarity", descending=True)
    assert ids(site.page("alike"))[:2] == [*pairs.select("id", "other").row(0)]
    left = pl.read_parquet(sorted((site.release / "preference").glob("*.parquet")))
    first = left.sort("id").row(0, named=True)
    page = site.page("preference")
    assert "|".join(ids(page)[:2]) == first["id"] and "43 pairs" in page
    cells = re.findall(r'dir="auto">(.*?)</div></div></div>', page, re.DOTALL)
    turns = [html.unescape(re.sub("</?(?:ins|del)>", "", cell)) for cell in cells]
    both = [turn["content"] for side in zip(first["chosen"], first["rejected"], strict=True) for turn in side]
    assert turns[-len(both) :] or turns  # the prompt's turns come first
    assert [*both] == turns[2 * len(first["prompt"]) : 2 * len(first["prompt"]) + len(both)]


def test_a_mark_lands_in_its_list_and_is_taken_back(site) -> None:
    print_of = dict(pl.read_parquet(site.release / "ledger.parquet").select("id", "fingerprint").iter_rows())
    assert site.mark(ROW, "keep", "reads  well").status == 303
    assert [json.loads(line) for line in (site.lists / "keep.jsonl").read_text().splitlines()] == [
        {"fingerprint": print_of[ROW], "id": ROW, "list": "keep", "note": "reads well"}
    ]
    assert 'data-list="keep" value="" aria-pressed="true"' in site.page("row", id=ROW)
    assert ids(site.page(marked="keep")) == [id for id in print_of if print_of[id] == print_of[ROW]]
    site.mark(ROW, "block")
    assert (site.lists / "keep.jsonl").read_bytes() == b"" and json.loads((site.lists / "block.jsonl").read_bytes())["id"] == ROW
    site.mark(ROW, "")
    assert Marks(site.lists).all() == {} and "true" not in re.findall(r'aria-pressed="(\w+)"', site.page("row", id=ROW))


def test_a_mark_of_no_row_or_no_list_is_refused(site) -> None:
    assert site.mark("no/such#000000000", "keep").status == 404
    assert site.mark(ROW, "maybe").status == 400
    assert site.mark(ids(site.page(reason="read: not_text"))[0], "keep").status == 404
    assert Marks(site.lists).all() == {}


def test_a_comparison_is_never_on_both_lists(site) -> None:
    chosen, rejected = ids(site.page("preference"))[:2]
    assert site.mark(chosen, "keep").status == 303
    refused = site.mark(rejected, "block")
    assert refused.status == 400 and chosen in refused.text and len(Marks(site.lists).all()) == 1
    assert site.mark(rejected, "keep").status == site.mark(chosen, "").status == site.mark(rejected, "").status == 303


@pytest.mark.parametrize(
    ("back", "to"),
    [
        ("./?where=words%20%3E%201#r3", "./?where=words%20%3E%201#r3"),
        ("./row?id=x", "./row?id=x"),
        ("https://evil.example/", "./"),
        ("//evil.example/", "./"),
        ("./x\r\nSet-Cookie: a=b", "./"),
        ("./../../x", "./"),
    ],
)
def test_one_comes_back_to_this_site_alone(site, back, to) -> None:
    assert site.mark(ROW, "", back=back).headers["location"] == to


@given(
    st.lists(
        st.tuples(st.sampled_from(["a" * 32, "b" * 32, "c" * 32]), st.sampled_from(["keep", "block", None]), st.text(max_size=9)),
        max_size=6,
    )
)
@settings(max_examples=20)
def test_the_last_mark_of_a_content_holds(tmp_path_factory, said) -> None:
    marks, wanted = Marks(tmp_path_factory.mktemp("lists")), {}
    for fingerprint, name, note in said:
        mark = Mark(name, f"of {note}", note) if name else None
        marks.set(fingerprint, mark)
        wanted = {**wanted, fingerprint: mark}
    held = {fingerprint: mark for fingerprint, mark in wanted.items() if mark}
    assert Marks(marks.folder).all() == held
    for name in ("keep", "block"):
        file = marks.folder / f"{name}.jsonl"
        lines = [json.loads(line) for line in file.read_bytes().splitlines()] if file.is_file() else []
        assert [line["fingerprint"] for line in lines] == sorted(each for each, mark in held.items() if mark.list == name)
        assert {line["list"] for line in lines} <= {name}


def test_lists_written_by_hand_are_read_and_broken_ones_named(tmp_path) -> None:
    one, other = "a" * 32, "b" * 32
    lines = [{"fingerprint": one, "list": "keep", "note": "one"}, {"fingerprint": one, "list": "keep", "note": "two"}]
    (tmp_path / "keep.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    assert Marks(tmp_path).all() == {one: Mark("keep", "", "two")}
    (tmp_path / "block.jsonl").write_text(json.dumps({"fingerprint": one, "list": "block"}))
    with pytest.raises(DataFault, match="on both lists"):
        Marks(tmp_path)
    (tmp_path / "block.jsonl").write_text(json.dumps({"fingerprint": other, "list": "block"}) + "\n[1]\n")
    with pytest.raises(DataFault, match=r"block\.jsonl, line 2: expected"):
        Marks(tmp_path)


HARMLESS = {"Host": "127.0.0.1"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_pages_of_other_sites_get_nothing(site, headers) -> None:
    assert site.ask("").status == 200 and site.ask("", Host=f"localhost:{site.host.split(':')[1]}").status == 200
    for answer in (site.ask("", **headers), site.ask("mark", "POST", f"id={ROW}&list=block", **headers)):
        assert answer.status in (400, 403) and "kept" not in answer.text and len(answer.text) < 100
        assert "access-control-allow-origin" not in answer.headers
    assert Marks(site.lists).all() == {}


def test_a_mark_must_come_from_a_page_of_this_site(site) -> None:
    body = urlencode({"id": ROW, "list": "block"})
    assert site.ask("mark", "POST", body).status == 403  # a browser always says where a form is from
    assert site.ask(f"mark?{body}", Origin=f"http://{site.host}").status == 405
    assert site.ask("mark", "POST", "x" * 100_000, Origin=f"http://{site.host}").status == 413
    assert Marks(site.lists).all() == {}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/mark",
        "/clusters",
        "/wrong-secret/",
        "../",
        "../../../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "report/../ledger.parquet",
        "ledger.parquet",
        "report.html",
        "//etc/passwd",
        "row?id=../../../../etc/passwd",
        "row?id=%2Fetc%2Fpasswd%00",
        "cluster?id=../manifest.json",
        "pair?one=/etc/passwd&two=/etc/hostname",
        "docs",
        "openapi.json",
    ],
)
def test_no_path_leads_out(site, path) -> None:
    answer = site.ask(path)
    assert answer.status in (404, 400) and "root:" not in answer.text and "PAR1" not in answer.text


def test_odd_numbers_are_no_server_fault(site) -> None:
    for query in ("after=x", "before=-1", "after=" + "9" * 99, "after=1e3"):
        assert site.ask(f"?{query}").status == 400
    assert ids(site.page(after="999999999")) == [] and ids(site.page(before="0")) == []
    assert site.ask("row").status == 400 and site.ask("mark", "PUT", "").status in (403, 405)


def test_only_this_machine_is_listened_to(site) -> None:
    assert site.host.startswith("127.0.0.1:") and len(urlsplit(site.url).path) > 30
    with (
        pytest.raises(BusyFault, match="not free"),
        serving.running(Places(site.home), site.release, site.lists, int(site.host[10:])),
    ):
        pass


def test_every_answer_has_its_policy(site) -> None:
    for view in (*VIEWS, f"row?id={ROW.replace('#', '%23')}"):
        answer = site.ask(view)
        policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', answer.text)[1])
        for kind in ("style", "script"):
            [text] = re.findall(rf"<{kind}>(.*?)</{kind}>", answer.text, re.DOTALL)
            assert f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
        assert "default-src 'none'" in policy and "unsafe" not in policy and "form-action 'self'" in policy
    for answer in (
        site.ask(""),
        site.ask("report"),
        site.ask("nothing"),
        site.ask("row?id=x"),
        site.ask("", Host="evil.example"),
    ):
        assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin" and "server" not in answer.headers


def test_the_next_run_does_as_marked(run, tmp_path) -> None:
    (tmp_path / "dumps" / "any").mkdir(parents=True)
    talks = [
        [{"role": "user", "content": f"question {at} of four"}, {"role": "assistant", "content": f"answer {at} " * (at + 4)}]
        for at in range(4)
    ]
    (tmp_path / "dumps" / "any" / "dump.jsonl").write_text("\n".join(json.dumps({"messages": talk}) for talk in talks))
    recipe = (
        RECIPE.replace("LICENCE", "mit")
        .replace("WHY", "none")
        .replace("similarity: 0.5", "similarity: 0.9")
        .replace("ends_with_assistant", "words > 14")
    )
    release = run(recipe, tmp_path / "dumps", home="home")
    with serving.running(Places(tmp_path / "home"), release, tmp_path / "dumps" / "lists") as url:
        site = Site(url, tmp_path / "home", release, tmp_path / "dumps" / "lists")
        [fell, *_], [first, *_] = (ids(site.page(where=f"fate = '{fate}'")) for fate in ("dropped", "kept"))
        assert site.mark(fell, "keep").status == site.mark(first, "block", "dull").status == 303
    again = run(recipe + "lists: {keep: lists/keep.jsonl, block: lists/block.jsonl}\n", tmp_path / "dumps", home="home")
    lines = {line["id"]: line for line in pl.read_parquet(again / "ledger.parquet").to_dicts()}
    assert lines[fell]["fate"] == "kept"
    assert lines[first]["reason"] == "blocked" and "dull" in lines[first]["detail"]


def skeletons(run, folder: Path, texts: list[str], home: str) -> list[set[tuple[str, ...]]]:
    """The elements of every page of a release whose every field holds these texts, asked for with these texts."""
    (folder / "any").mkdir(parents=True)
    lines = []
    for at, text in enumerate(texts):
        unlike = f"unlike number {at} " * (at + 1)
        ask, say = {"role": "user", "content": f"{text} {unlike}"}, {"role": "assistant", "content": f"{unlike} {text}"}
        lines += [{"messages": [ask, say]}, {"messages": [ask, {**say, "content": say["content"] + " more"}], "model": text}]
        lines += [{"messages": [{"role": "user", "content": f"nobody answers {text}"}]}, {"messages": [{"role": text}]}]
    (folder / "any" / f"dump{texts[2]}.jsonl".replace("/", "")).write_text("\n".join(map(json.dumps, lines)) + "\n")
    pairs = [{"prompt": text, "chosen": f"good {text} {at}", "rejected": f"bad {text}"} for at, text in enumerate(texts)]
    (folder / "any" / "pairs.jsonl").write_text("\n".join(map(json.dumps, pairs)) + "\n")
    release = run(RECIPE.replace("WHY", json.dumps(texts[0])).replace("LICENCE", json.dumps(texts[0])), folder, home=home)
    places = Places(folder.parent / home)
    assert places.quarantine.is_dir()
    with serving.running(places, release, folder / "lists") as url:
        site, found = Site(url, places.home, release, folder / "lists"), []
        rows = [id for page in walked(site) for id in page]
        assert site.mark(rows[0], "keep", texts[0]).status == 303
        pages = [site.page(view) for view in VIEWS] + [site.page("row", id=id) for id in rows]
        pages += [site.page("cluster", id=twin) for twin in set(pl.read_parquet(release / "ledger.parquet")["twin"].drop_nulls())]
        for field in ("find", "where", "reason", "source", "marked", "x"):
            pages += [site.page(**{field: text}) for text in texts]
        for page in pages:
            assert not re.search("[\x00-\x08\x1b\u2028\u2029\u202e\u2066\ufeff]", page) and page.count("</script>") == 1
            found.append(set(Skeleton(page).found))
        assert {site.ask(f"row?{urlencode({'id': text})}").headers["content-type"] for text in texts} == {
            "text/plain; charset=utf-8"
        }
    return found


def test_naughty_texts_change_no_element(run, tmp_path) -> None:
    naughty = skeletons(run, tmp_path / "naughty", NAUGHTY, "one")
    harmless = skeletons(run, tmp_path / "harmless", [f"harmless {word}" for word in "abcdefgh"], "two")
    assert len(naughty) == len(harmless) and set.union(*naughty) == set.union(*harmless)


def test_texts_that_are_gone_are_told(demo, tmp_path) -> None:
    with serving.running(Places(tmp_path), demo[1], tmp_path / "lists") as url:
        site = Site(url, tmp_path, demo[1], tmp_path / "lists")
        assert AWAY in site.page(reason="keep: english")
        assert '<div class="turn">' in site.page(reason="kept") and "gave no row" in site.page(reason="read: empty")
        assert [id for page in walked(site) for id in page] == pl.read_parquet(demo[1] / "ledger.parquet")["id"].to_list()


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_it_looks_right_in_a_browser(site, opened, tmp_path, width, dark) -> None:
    for view in ("?find=recipe", "alike"):
        opened.open(site.url + view, width, 900, dark=dark)
        assert opened.run("document.documentElement.scrollWidth") <= width
        opened.picture(tmp_path / "picture.png")
        assert (tmp_path / "picture.png").stat().st_size > 10_000 and opened.said == []


def test_a_press_of_a_button_marks_without_a_new_page(site, opened) -> None:
    def said(script: str, wanted: object) -> None:
        for _ in range(100):
            if (got := opened.run(script)) == wanted:
                return
            time.sleep(0.1)
        raise AssertionError(got)

    opened.open(site.url)
    button = "document.querySelectorAll('form.mark')[1].querySelector('[data-list=block]')"
    assert opened.run("document.querySelectorAll('form.mark').length") == 20
    opened.run("document.querySelectorAll('form.mark')[1].elements.note.value = 'dull'; window.here = 1")
    opened.run(f"{button}.click()")
    said(f"{button}.getAttribute('aria-pressed')", "true")
    [mark] = Marks(site.lists).all().values()
    assert (mark.list, mark.note) == ("block", "dull") and mark.id == ids(site.page())[1]
    assert opened.run(f"{button}.click(), window.here") == 1
    said(f"{button}.getAttribute('aria-pressed')", "false")
    assert Marks(site.lists).all() == {}
    filled = "form.insertAdjacentHTML('beforeend', '<input name=list value=keep>')"
    opened.run(f"(({{form}}) => ({filled}, form.submit()))({button})")  # as a form is sent where no script runs
    said("window.here === undefined && location.hash.slice(0, 2)", "#r")
    assert [mark.list for mark in Marks(site.lists).all().values()] == ["keep"] and opened.said == []
    site.mark(ids(site.page())[1], "")
