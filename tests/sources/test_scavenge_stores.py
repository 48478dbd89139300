"""s3:// against an S3 on the loopback interface, with pyarrow's real client; other protocols through fsspec's memory store."""

import hashlib
from types import SimpleNamespace

import fsspec
import pytest

from schemas.faults import DeniedFault, MissingFault, UsageFault
from sources import stores
from sources.scavenge import NetworkFault, fetch, look, standing
from tests.sources.loopback_web import S3, Page

BODY = b"".join(b'{"n": %d}\n' % n for n in range(200_000))
OTHER = BODY.replace(b"n", b"m")


def spec(path="raw", license="unknown"):
    return SimpleNamespace(path=path, sha256=None, license=license)


@pytest.fixture
def s3(monkeypatch):
    monkeypatch.setattr(stores, "_PIECE", 300_000)
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    with S3() as found:
        monkeypatch.setenv("AWS_ENDPOINT_URL", found.url)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        found.pages |= {
            "/bucket/dumps/a.jsonl": Page(BODY),
            "/bucket/dumps/deep/b.jsonl": Page(BODY[:5000]),
            "/bucket/dumps/notes.md": Page(b"# notes"),
            "/bucket/other.jsonl": Page(b"{}\n"),
        }
        yield found


def test_a_folder_a_pattern_and_one_object(s3, tmp_path):
    whole = look("s", "s3://bucket/dumps/", spec(), tmp_path)
    assert [each.name for each in whole] == ["a.jsonl", "deep/b.jsonl"]
    assert [each.name for each in look("s", "s3://bucket/dumps/**/*.jsonl", spec("raw/**/*.jsonl"), tmp_path)] == [
        "a.jsonl",
        "deep/b.jsonl",
    ]
    assert [each.name for each in look("s", "s3://bucket/dumps/*.jsonl", spec(), tmp_path)] == ["a.jsonl"]
    [one] = look("s", "s3://bucket/other.jsonl", spec("raw/mine.jsonl"), tmp_path)
    assert fetch(one).path == tmp_path / "raw" / "mine.jsonl"
    got = [fetch(each) for each in whole]
    assert got[0].path.read_bytes() == BODY and got[0].note.sha256 == hashlib.sha256(BODY).hexdigest()
    assert got[0].note.etag == s3.pages["/bucket/dumps/a.jsonl"].tag and got[0].note.url == "s3://bucket/dumps/a.jsonl"


def test_nothing_new_brings_no_byte_and_a_new_version_comes(s3, tmp_path):
    for each in look("s", "s3://bucket/dumps", spec(), tmp_path):
        fetch(each)
    s3.log.clear()
    assert all(standing(each) for each in look("s", "s3://bucket/dumps", spec(), tmp_path)) and not s3.asked()
    s3.pages["/bucket/dumps/a.jsonl"] = Page(OTHER)
    first, second = look("s", "s3://bucket/dumps", spec(), tmp_path)
    assert standing(first) is None and standing(second)
    assert fetch(first).path.read_bytes() == OTHER


@pytest.mark.parametrize("changed", [False, True])
def test_a_broken_download_goes_on_only_with_the_same_object(s3, tmp_path, changed):
    [found] = look("s", "s3://bucket/dumps/a.jsonl", spec(), tmp_path)

    def stop(done, size):
        if done >= 600_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(found, stop)
    assert (tmp_path / "raw" / ".a.jsonl.part").stat().st_size == 600_000
    s3.log.clear()
    if changed:
        s3.pages["/bucket/dumps/a.jsonl"] = Page(OTHER)
    [found] = look("s", "s3://bucket/dumps/a.jsonl", spec(), tmp_path)
    assert fetch(found).path.read_bytes() == (OTHER if changed else BODY)
    assert s3.asked()[0].startswith("bytes=0-" if changed else "bytes=600000-")


def test_an_object_that_changes_while_it_is_read_is_not_taken(s3, tmp_path):
    [found] = look("s", "s3://bucket/dumps/a.jsonl", spec(), tmp_path)

    def swap(done, size):
        if done == 600_000:
            s3.pages["/bucket/dumps/a.jsonl"] = Page(OTHER)

    with pytest.raises(NetworkFault, match="changed while"):
        fetch(found, swap)
    assert not (tmp_path / "raw" / "a.jsonl").exists()
    assert fetch(found).path.read_bytes() == OTHER


def test_keys_come_from_the_environment_and_their_lack_is_told(s3, tmp_path, monkeypatch):
    s3.secret = "AKIAEXAMPLE"
    with pytest.raises(DeniedFault, match=r"s3://bucket/other\.jsonl"):
        look("s", "s3://bucket/other.jsonl", spec(), tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "shhh")
    [found] = look("s", "s3://bucket/other.jsonl", spec(), tmp_path)
    assert fetch(found).new


def test_a_key_in_a_recipe_is_refused_and_not_shown(s3, tmp_path):
    with pytest.raises(UsageFault, match="AWS_ACCESS_KEY_ID") as fault:
        look("s", "s3://AKIAEXAMPLE:shhh@bucket/other.jsonl", spec(), tmp_path)
    assert "shhh" not in str(fault.value) and not s3.log


def test_what_is_not_there(s3, tmp_path):
    with pytest.raises(MissingFault, match="no file"):
        look("s", "s3://bucket/gone.jsonl", spec(), tmp_path)
    with pytest.raises(MissingFault):
        look("s", "s3://bucket/gone/*.jsonl", spec(), tmp_path)
    s3.__exit__()
    with pytest.raises(NetworkFault):
        look("s", "s3://bucket/other.jsonl", spec(), tmp_path)


@pytest.fixture
def memory():
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pipe({"/box/a.jsonl": BODY, "/box/in/b.csv": b"a,b\n", "/box/x.png": b"p"})
    yield fs
    fs.store.clear()


def test_any_store_of_fsspec(memory, tmp_path):
    found = look("s", "memory://box", spec(license="mit"), tmp_path)
    assert [(each.name, each.shown) for each in found] == [
        ("a.jsonl", "memory://box/a.jsonl"),
        ("in/b.csv", "memory://box/in/b.csv"),
    ]
    assert [fetch(each).new for each in found] == [True, True]
    assert (tmp_path / "raw" / "in" / "b.csv").read_bytes() == b"a,b\n"
    assert all(standing(each) for each in look("s", "memory://box", spec(license="mit"), tmp_path))
    memory.pipe("/box/a.jsonl", OTHER)
    again = look("s", "memory://box", spec(license="mit"), tmp_path)
    assert [bool(standing(each)) for each in again] == [False, True]
    assert fetch(again[0]).path.read_bytes() == OTHER


@pytest.mark.parametrize(
    "url, told", [("az://box/a.jsonl", "pip install adlfs"), ("sftp://me:pa55@h/a.jsonl", "paramiko"), ("oss://b/a", "ossfs")]
)
def test_a_protocol_whose_package_is_not_there_names_it(tmp_path, url, told):
    with pytest.raises(UsageFault, match=told) as fault:
        look("s", url, spec(), tmp_path)
    assert "pa55" not in str(fault.value)
