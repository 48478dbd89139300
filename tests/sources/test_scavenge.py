"""Bringing files over https and from paths: whole, checked, noted, taken up again, never two halves; on real servers."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.faults import BusyFault, DataFault, DeniedFault, Fault, MissingFault, StorageFault, UsageFault
from sources import drafts, notes, scavenge, wanted
from sources.scavenge import NetworkFault, fetch, look, standing
from tests.sources.loopback_web import Page, Web

ROOT = Path(__file__).resolve().parents[2]
BODY = b"".join(b'{"n": %d}\n' % n for n in range(300_000))
SHA = hashlib.sha256(BODY).hexdigest()
OTHER = BODY.replace(b"n", b"m")


@pytest.fixture
def web():
    with Web() as found:
        yield found


def spec(path="raw", sha256=None, license="unknown"):
    return SimpleNamespace(path=path, sha256=sha256, license=license)


def bring(url, data, path="raw", **more):
    [found] = look("s", url, spec(path, **more), data)
    return fetch(found)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_is_noted_and_comes_once(web, tmp_path):
    web.pages["/dump.jsonl"] = Page(BODY)
    got = bring(f"{web.url}/dump.jsonl", tmp_path, license="mit")
    assert got.new and got.path == tmp_path / "raw" / "dump.jsonl" and got.path.read_bytes() == BODY
    assert names(got.path.parent) == [".scavenged.json", "dump.jsonl"]
    said = {
        "etag": web.pages["/dump.jsonl"].tag,
        "license": "mit",
        "sha256": SHA,
        "size": len(BODY),
        "url": f"{web.url}/dump.jsonl",
    }
    note = got.path.parent / ".scavenged.json"
    assert json.loads(note.read_bytes()) == {"dump.jsonl": said}
    before = note.stat().st_mtime_ns, got.path.stat().st_mtime_ns
    [again] = look("s", f"{web.url}/dump.jsonl", spec(license="mit"), tmp_path)
    assert (there := standing(again)) is not None and not there.new and there.note == got.note
    assert web.asked() == [None] and before == (note.stat().st_mtime_ns, got.path.stat().st_mtime_ns)


def test_what_changed_there_or_here_comes_again(web, tmp_path):
    web.pages["/a.jsonl"] = Page(BODY)
    path = bring(f"{web.url}/a.jsonl", tmp_path).path
    web.pages["/a.jsonl"] = Page(OTHER)
    assert bring(f"{web.url}/a.jsonl", tmp_path).new and path.read_bytes() == OTHER
    path.write_bytes(BODY)  # the same size
    os.utime(path, ns=(time.time_ns() + 10**9,) * 2)
    assert bring(f"{web.url}/a.jsonl", tmp_path).new and path.read_bytes() == OTHER
    path.unlink()
    assert bring(f"{web.url}/a.jsonl", tmp_path).new


def test_a_server_without_head_is_asked_whether_the_version_is_the_known_one(web, tmp_path):
    web.pages["/a.jsonl"] = Page(BODY, head=False)
    web.pages["/b.jsonl"] = Page(BODY, head=False, etag=None, modified="Mon, 01 Jan 2024 00:00:00 GMT")
    web.pages["/c.jsonl"] = Page(BODY, head=False, etag=None)
    for name in "abc":
        assert bring(f"{web.url}/{name}.jsonl", tmp_path).new
        assert not bring(f"{web.url}/{name}.jsonl", tmp_path).new
    asked = [headers for method, _, headers in web.log if method == "GET"]
    assert asked[1]["if-none-match"] == web.pages["/a.jsonl"].tag and "if-modified-since" in asked[3]


def test_a_redirect_is_followed_only_to_a_safe_place(web, tmp_path):
    web.pages |= {"/dump.jsonl": Page(BODY), "/moved": Page(to="/dump.jsonl")}
    assert bring(f"{web.url}/moved", tmp_path, "raw/moved.jsonl").note.sha256 == SHA
    for path, target in {
        "/away": "http://192.0.2.1/x",
        "/file": "file:///etc/passwd",
        "/ftp": "ftp://localhost/x",
        "/me": f"http://me:pw@{web.url[7:]}/dump.jsonl",
    }.items():
        web.pages[path] = Page(to=target, head=False)
        with pytest.raises(UsageFault, match="less safe"):
            bring(web.url + path, tmp_path, "raw/x.jsonl")
        web.pages[path].head = True
        with pytest.raises(UsageFault, match="less safe"):
            bring(web.url + path, tmp_path, "raw/x.jsonl")
    web.pages["/ring"] = Page(to="/ring")
    with pytest.raises(Fault, match="ring"):
        bring(f"{web.url}/ring", tmp_path, "raw/x.jsonl")


def test_wrong_bytes_never_get_the_name(web, tmp_path):
    web.pages["/dump.jsonl"] = Page(BODY)
    with pytest.raises(DataFault, match=SHA):
        bring(f"{web.url}/dump.jsonl", tmp_path, sha256="0" * 64)
    assert names(tmp_path / "raw") == []


def test_a_pin_counts_more_than_what_is_there_already(web, tmp_path):
    web.pages["/dump.jsonl"] = Page(BODY)
    assert bring(f"{web.url}/dump.jsonl", tmp_path).new
    with pytest.raises(DataFault, match=SHA):
        bring(f"{web.url}/dump.jsonl", tmp_path, sha256="0" * 64)
    assert not bring(f"{web.url}/dump.jsonl", tmp_path, sha256=SHA).new
    (tmp_path / "raw" / ".scavenged.json").unlink()  # as if a person had put it there: the pin says it is the one
    [found] = look("s", f"{web.url}/dump.jsonl", spec(sha256=SHA), tmp_path)
    assert (there := standing(found)) is not None and not there.new


def test_a_download_goes_on_where_it_broke_with_the_same_version(web, tmp_path):
    web.pages["/dump.jsonl"] = page = Page(BODY, cuts=(1_000_000, 500_000))
    for _ in range(2):
        with pytest.raises(NetworkFault, match=f"of {len(BODY):,} bytes"):
            bring(f"{web.url}/dump.jsonl", tmp_path)
        assert names(tmp_path / "raw") == [".dump.jsonl.part", ".dump.jsonl.part.of"]
    assert bring(f"{web.url}/dump.jsonl", tmp_path).note.sha256 == SHA
    assert web.asked() == [None, "bytes=1000000-", "bytes=1500000-"]
    assert web.log[-1][2]["if-range"] == page.tag
    assert names(tmp_path / "raw") == [".scavenged.json", "dump.jsonl"]


@pytest.mark.parametrize("obeys", [True, False])
def test_halves_of_two_versions_are_never_joined(web, tmp_path, obeys):
    web.pages["/dump.jsonl"] = Page(BODY, cuts=(1_000_000,))
    with pytest.raises(NetworkFault):
        bring(f"{web.url}/dump.jsonl", tmp_path)
    web.pages["/dump.jsonl"] = Page(OTHER, obeys=obeys)  # a server that does not obey sends the rest of the new one, as 206
    assert bring(f"{web.url}/dump.jsonl", tmp_path).path.read_bytes() == OTHER


def test_an_address_that_changed_in_the_recipe_begins_again(web, tmp_path):
    web.pages |= {"/1/a.jsonl": Page(BODY, etag='"x"', cuts=(1_000_000,)), "/2/a.jsonl": Page(OTHER, etag='"x"')}
    with pytest.raises(NetworkFault):
        bring(f"{web.url}/1/a.jsonl", tmp_path)
    assert bring(f"{web.url}/2/a.jsonl", tmp_path).path.read_bytes() == OTHER


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_version_only_pinned_bytes_are_gone_on_with(web, tmp_path, etag):
    web.pages["/a.jsonl"] = Page(BODY, etag=etag, cuts=(1_000_000, 1_000_000, 1_000_000))
    for pin in (None, None, SHA):
        with pytest.raises(NetworkFault):
            bring(f"{web.url}/a.jsonl", tmp_path, sha256=pin)
    assert bring(f"{web.url}/a.jsonl", tmp_path, sha256=SHA).note.sha256 == SHA
    assert web.asked() == [None, None, "bytes=1000000-", "bytes=2000000-"]


def test_pinned_halves_that_do_not_fit_are_dropped_and_the_next_run_is_right(web, tmp_path):
    web.pages["/a.jsonl"] = Page(OTHER, etag=None, cuts=(1_000_000,))
    with pytest.raises(NetworkFault):
        bring(f"{web.url}/a.jsonl", tmp_path, sha256=SHA)
    web.pages["/a.jsonl"] = Page(BODY, etag=None)
    with pytest.raises(DataFault, match="run again"):
        bring(f"{web.url}/a.jsonl", tmp_path, sha256=SHA)
    assert bring(f"{web.url}/a.jsonl", tmp_path, sha256=SHA).note.sha256 == SHA


def test_a_draft_that_was_whole_already_only_gets_its_name(web, tmp_path):
    web.pages["/a.jsonl"] = page = Page(BODY)
    draft, of = tmp_path / "raw" / ".a.jsonl.part", tmp_path / "raw" / ".a.jsonl.part.of"
    draft.parent.mkdir()
    draft.write_bytes(BODY)
    of.write_text(json.dumps({"url": f"{web.url}/a.jsonl", "etag": page.tag}))
    assert bring(f"{web.url}/a.jsonl", tmp_path).note.sha256 == SHA
    assert web.asked() == [f"bytes={len(BODY)}-"]
    web.pages["/a.jsonl"] = Page(
        BODY[:1000], etag=page.tag
    )  # the version says the same, the size does not: 416, and from the start
    draft.write_bytes(BODY)
    of.write_text(json.dumps({"url": f"{web.url}/a.jsonl", "etag": page.tag}))
    (tmp_path / "raw" / "a.jsonl").unlink()
    assert bring(f"{web.url}/a.jsonl", tmp_path).path.read_bytes() == BODY[:1000]


def test_a_draft_of_nothing_known_is_begun_again(web, tmp_path):
    web.pages["/a.jsonl"] = Page(BODY)
    for said in (None, b"", b"[]", b"\xff", b'{"url": "x"}'):
        (tmp_path / "raw").mkdir(exist_ok=True)
        (tmp_path / "raw" / ".a.jsonl.part").write_bytes(b"something else")
        if said is not None:
            (tmp_path / "raw" / ".a.jsonl.part.of").write_bytes(said)
        assert bring(f"{web.url}/a.jsonl", tmp_path).note.sha256 == SHA
        (tmp_path / "raw" / "a.jsonl").unlink()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(0, 40_000), max_size=6),
    ranges=st.booleans(),
    length=st.booleans(),
    etag=st.sampled_from(["", None]),
)
def test_wherever_it_breaks_the_file_is_right_or_not_there(web, tmp_path_factory, cuts, ranges, length, etag):
    data, body = tmp_path_factory.mktemp("data"), BODY[:50_000]
    web.pages["/a.jsonl"] = Page(body, etag=etag, ranges=ranges, cuts=tuple(cuts))
    for _ in range(len(cuts) + 1):
        try:
            got = bring(f"{web.url}/a.jsonl", data)
        except NetworkFault:
            assert not (data / "raw" / "a.jsonl").exists()
        else:
            assert got.path.read_bytes() == body
            return
    raise AssertionError("it never came")


def test_an_answer_that_never_ends_or_does_not_fit_stops(web, tmp_path, monkeypatch):
    web.pages["/a.jsonl"] = Page(BODY, length=False)
    monkeypatch.setattr(drafts, "MOST", 100_000)
    with pytest.raises(DataFault, match="100,000"):
        bring(f"{web.url}/a.jsonl", tmp_path)
    web.pages["/a.jsonl"] = Page(BODY)
    with pytest.raises(DataFault, match=f"{len(BODY):,}.*100,000"):
        bring(f"{web.url}/a.jsonl", tmp_path)
    monkeypatch.setattr(drafts, "MOST", 1 << 40)
    monkeypatch.setattr(drafts.shutil, "disk_usage", lambda path: SimpleNamespace(free=5_000))
    with pytest.raises(StorageFault, match="bytes more, and 5,000"):
        bring(f"{web.url}/a.jsonl", tmp_path)
    assert not (tmp_path / "raw" / "a.jsonl").exists()


@pytest.mark.parametrize(
    "status, fault",
    [
        (401, DeniedFault),
        (403, DeniedFault),
        (404, MissingFault),
        (410, MissingFault),
        (429, NetworkFault),
        (503, NetworkFault),
        (400, UsageFault),
    ],
)
def test_what_the_server_says_is_told(web, tmp_path, status, fault):
    web.pages["/x.jsonl"] = Page(status=status)
    with pytest.raises(fault, match=f"x.jsonl.*{status}"):
        bring(f"{web.url}/x.jsonl", tmp_path)


def test_a_page_about_a_file_is_not_the_file(web, tmp_path):
    web.pages["/blob/x.jsonl"] = page = Page(b"<html>", kind="text/html; charset=utf-8")
    for page.head in (True, False):
        with pytest.raises(UsageFault, match="web page"):
            bring(f"{web.url}/blob/x.jsonl", tmp_path)
    web.pages["/chat.html"] = page
    assert bring(f"{web.url}/chat.html", tmp_path, "raw/*.html").new


def test_nobody_there_is_a_network_fault(tmp_path):
    with pytest.raises(NetworkFault, match="try again"):
        bring("http://127.0.0.1:9/x.jsonl", tmp_path)


@pytest.mark.parametrize(
    "url, told",
    [
        ("http://example.org/x.jsonl", "https://"),
        ("http://localhost.example.org/x.jsonl", "https://"),
        ("http://127.0.0.1.example.org/x.jsonl", "https://"),
        ("ftp://a/b.jsonl", "not safe"),
        ("data:,x", "no place|no protocol|cannot"),
        ("simplecache::https://a/b.jsonl", "no place"),
        ("reference://x", "no place"),
        ("zip://x.json::file:///tmp/x.zip", "no place"),
        ("gs://bucket/x.jsonl", "pip install gcsfs"),
        ("wat://bucket/x.jsonl", "no protocol"),
        ("https://[::1/x.jsonl", "address|IPv6"),
    ],
)
def test_other_addresses_are_refused_before_anything_is_asked(tmp_path, url, told):
    with pytest.raises(UsageFault, match=told):
        bring(url, tmp_path)
    assert list(tmp_path.iterdir()) == []


SECRETS = ["pa55word", "kaninchen", "t0psecret", "AKIAIOSFODNN7EXAMPLE1"]


@pytest.mark.parametrize("broken", [None, "404", "403", "503", "cut", "away", "pin", "path"])
def test_a_secret_in_an_address_is_used_and_never_shown_or_written(web, tmp_path, broken):
    web.pages["/d/a.jsonl"] = page = Page(BODY, cuts=(99,) if broken == "cut" else ())
    if broken in ("404", "403", "503"):
        page.status = int(broken)
    if broken == "away":
        page.to = f"http://kaninchen:pa55word@192.0.2.1/?token={SECRETS[2]}"
    host = web.url.removeprefix("http://")
    url = f"http://{SECRETS[1]}:{SECRETS[0]}@{host}/d/a.jsonl?v=2&token={SECRETS[2]}&x={SECRETS[3]}#{SECRETS[2]}"
    told, pin = "", "0" * 64 if broken == "pin" else None
    try:
        got = bring(url, tmp_path, "raw/*.csv" if broken == "path" else "raw", sha256=pin)
        told = repr(got)
        assert broken is None and "v=2" in got.note.url
    except Fault as fault:
        assert broken is not None, fault
        told = f"{fault!r} {fault.__cause__!r}"
    told += (
        "".join(path.read_text() for path in (tmp_path / "raw").glob(".*") if path.suffix != ".part")
        if (tmp_path / "raw").is_dir()
        else ""
    )
    assert host in told and not [secret for secret in SECRETS if secret in told], told
    assert f"token={SECRETS[2]}" in web.log[0][1] and web.log[0][2]["authorization"].startswith("Basic ")


def test_a_password_does_not_follow_to_another_host(web, tmp_path):
    with Web() as other:
        other.pages["/a.jsonl"] = Page(BODY)
        web.pages |= {"/a.jsonl": Page(to=f"{other.url}/a.jsonl"), "/b.jsonl": Page(to="/c.jsonl"), "/c.jsonl": Page(BODY)}
        host = web.url.replace("http://", "http://me:mine@")
        bring(f"{host}/a.jsonl", tmp_path)
        bring(f"{host}/b.jsonl", tmp_path)
        assert all("authorization" not in headers for _, _, headers in other.log) and other.log
        assert all("authorization" in headers for _, _, headers in web.log)


def test_two_at_once_do_not_write_one_draft(web, tmp_path):
    web.pages["/a.jsonl"] = Page(BODY)
    [found] = look("s", f"{web.url}/a.jsonl", spec(), tmp_path)
    with drafts.draft(found.path), pytest.raises(BusyFault, match=r"a\.jsonl"):
        fetch(found)
    assert fetch(found).new


KILLED = """
import sys
from pathlib import Path
from types import SimpleNamespace
from sources.scavenge import fetch, look
for each in look("s", sys.argv[1], SimpleNamespace(path="raw", sha256=None, license="mit"), Path(sys.argv[2])):
    fetch(each)
"""


def test_a_process_killed_in_the_middle_is_gone_on_from(web, tmp_path):
    web.pages["/a.jsonl"] = page = Page(BODY, pause=0.05)
    draft = tmp_path / "raw" / ".a.jsonl.part"
    with subprocess.Popen([sys.executable, "-c", KILLED, f"{web.url}/a.jsonl", str(tmp_path)], cwd=ROOT) as process:
        deadline = time.monotonic() + 30
        while not (draft.is_file() and draft.stat().st_size > 200_000):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    page.pause, there = 0.0, draft.stat().st_size
    assert 0 < there < len(BODY) and not (tmp_path / "raw" / "a.jsonl").exists()
    assert bring(f"{web.url}/a.jsonl", tmp_path).path.read_bytes() == BODY
    assert web.asked() == [None, f"bytes={there}-"]


def test_paths_folders_and_patterns_are_copied(tmp_path):
    there, data = tmp_path / "there", tmp_path / "data"
    for name in ("my dump (1).json", "b/c.jsonl", "b/README.md", "b/.hidden.jsonl", "b/d/e.csv"):
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_bytes(b"[]")
    os.mkfifo(there / "b" / "pipe.jsonl")
    assert bring((there / "my dump (1).json").as_uri(), data, "a").path == data / "a" / "my dump (1).json"
    assert bring(str(there / "my dump (1).json"), data, "one/x.json").path == data / "one" / "x.json"
    folder = look("s", str(there), spec("b"), data)
    assert [each.name for each in folder] == ["b/c.jsonl", "b/d/e.csv", "my dump (1).json"]
    assert [fetch(each).new for each in folder] == [True] * 3 and all(
        standing(each) for each in look("s", str(there), spec("b"), data)
    )
    assert [each.name for each in look("s", f"{there}/b/*.jsonl", spec("g/*.jsonl"), data)] == ["c.jsonl"]
    with pytest.raises(MissingFault):
        bring(str(tmp_path / "gone.json"), data)
    with pytest.raises(MissingFault):
        bring(str(there / "b" / "pipe.jsonl"), data)


def remotes(*names):
    return [wanted.Remote(f"https://h/{name}", name) for name in names]


HOSTILE = [
    "../up.jsonl",
    "a/../../up.jsonl",
    "/etc/x.jsonl",
    "a\0b.jsonl",
    "a\\..\\b.jsonl",
    "./a.jsonl",
    "a//b.jsonl",
    "a\nb.jsonl",
    "x" * 250 + ".jsonl",
    "\udcff.jsonl",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_climb_out_or_are_none_stop_everything(tmp_path, name):
    with pytest.raises(DataFault, match="nothing was brought"):
        wanted.chosen("s", "https://h", remotes("good.jsonl", name), spec("raw/**/*.jsonl"), tmp_path)


@pytest.mark.parametrize("path", ["/etc/cron.d", "../up", "a/../../up/*.json"])
def test_a_recipe_cannot_send_files_outside_of_data(web, tmp_path, path):
    web.pages["/a.json"] = Page(b"[]")
    with pytest.raises(UsageFault, match="below"):
        bring(f"{web.url}/a.json", tmp_path, path)


def test_two_files_in_one_place_are_refused(tmp_path):
    for one, two in [("A.jsonl", "a.jsonl"), ("ä.jsonl", "a\u0308.jsonl"), ("a.jsonl", "a.jsonl/b.jsonl")]:
        with pytest.raises(UsageFault, match=r"would (both )?be"):
            scavenge.distinct(wanted.chosen("s", "https://h", remotes(one, two), spec("raw/**/*.jsonl"), tmp_path))
    same = wanted.chosen("s", "https://h", remotes("a.jsonl"), spec("raw"), tmp_path)
    assert scavenge.distinct(same + same) == same


@pytest.mark.parametrize(
    "path, found",
    [
        ("hh", ["a.jsonl", "d/b.jsonl.gz", "d/c.parquet"]),
        ("hh/*.jsonl", ["a.jsonl"]),
        ("hh/**/*.jsonl*", ["a.jsonl", "d/b.jsonl.gz"]),
        ("hh/**", ["a.jsonl", "d/b.jsonl.gz", "d/c.parquet"]),
        ("hh/d/*", ["a.jsonl"]),
        ("hh/a.jsonl", ["a.jsonl"]),
        ("**/*.md", ["README.md"]),
        ("h?/[ab].jsonl", None),
    ],
)
def test_a_path_means_what_it_means_to_a_run(tmp_path, path, found):
    listed = remotes(".gitattributes", "README.md", "a.jsonl", "d/.x.jsonl", "d/b.jsonl.gz", "d/c.parquet", "d/p.png")
    if found is None:
        with pytest.raises(UsageFault, match=r"a\.jsonl"):
            wanted.chosen("s", "https://h", listed, spec(path), tmp_path)
    else:
        assert [each.name for each in wanted.chosen("s", "https://h", listed, spec(path), tmp_path)] == found


def test_a_path_that_means_nothing_there_says_what_would(tmp_path):
    with pytest.raises(UsageFault, match=re.escape("write for example `path: hh/**/*.jsonl.gz`")):
        wanted.chosen("s", "hf://datasets/A/b", remotes("README.md", "x/t.jsonl.gz"), spec("hh/*.jsonl.gz"), tmp_path)
    with pytest.raises(UsageFault, match=re.escape("write `path: hh/dump.jsonl`")):
        wanted.chosen("s", "https://h/get", remotes("get"), spec("hh/*.json"), tmp_path)
    assert (
        wanted.chosen("s", "https://h/get", remotes("get"), spec("hh/dump.jsonl"), tmp_path)[0].path == tmp_path / "hh/dump.jsonl"
    )


def test_notes_that_are_damaged_say_nothing_and_are_made_again(web, tmp_path):
    web.pages["/a.jsonl"] = Page(BODY)
    note = bring(f"{web.url}/a.jsonl", tmp_path).path.with_name(".scavenged.json")
    whole = note.read_bytes()
    for said in (b"", b"\xff\xfe", b"[]", b'{"a.jsonl": 3}', b'{"a.jsonl": {"url": "x"}}', whole[:50]):
        note.write_bytes(said)
        assert not bring(f"{web.url}/a.jsonl", tmp_path).new and note.read_bytes() == whole
    assert notes.read(tmp_path / "nowhere") == {}
