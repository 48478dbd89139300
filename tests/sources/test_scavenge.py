"""Bringing files: checked, atomic, taken up again; over a real server on this machine."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from schemas.faults import DataFault, DeniedFault, MissingFault, StorageFault, UsageFault
from sources.scavenge import fetch

BODY = b"".join(b'{"n": %d}\n' % n for n in range(300_000))
SHA = hashlib.sha256(BODY).hexdigest()


class Server(BaseHTTPRequestHandler):
    """Serves BODY, honours ranges, and misbehaves at some addresses."""

    asked: list[tuple[str, str | None]] = []

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.asked.append((self.path, wanted))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/dump.jsonl")
        elif self.path in ("/away", "/file"):
            self.send_response(302)
            self.send_header("Location", "http://192.0.2.1/x" if self.path == "/away" else "file:///etc/passwd")
        elif self.path in ("/401", "/404", "/503"):
            self.send_response(int(self.path[1:]))
        else:
            begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(BODY) - begin))
            self.end_headers()
            self.wfile.write(BODY[begin : len(BODY) // 2 if self.path == "/cut" and not wanted else len(BODY)])
            return
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    Server.asked.clear()
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def test_a_file_comes_whole_and_once(server, tmp_path):
    got = fetch(f"{server}/dump.jsonl", tmp_path / "raw", SHA.upper())
    assert (got.new, got.sha256, got.size, got.path) == (True, SHA, len(BODY), tmp_path / "raw" / "dump.jsonl")
    assert got.path.read_bytes() == BODY
    assert not fetch(f"{server}/dump.jsonl", tmp_path / "raw", SHA).new
    assert len(Server.asked) == 1
    before = got.path.stat().st_mtime_ns
    assert not fetch(f"{server}/dump.jsonl", tmp_path / "raw").new
    assert got.path.stat().st_mtime_ns == before and [p.name for p in got.path.parent.iterdir()] == ["dump.jsonl"]


def test_a_redirect_is_followed_only_to_a_safe_place(server, tmp_path):
    assert fetch(f"{server}/moved", tmp_path, SHA).size == len(BODY)
    for path in ("away", "file"):
        with pytest.raises((UsageFault, StorageFault), match=r"safe|not allowed"):
            fetch(f"{server}/{path}", tmp_path)


def test_wrong_bytes_never_get_the_name(server, tmp_path):
    with pytest.raises(DataFault, match=SHA):
        fetch(f"{server}/dump.jsonl", tmp_path, "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_pinned_download_goes_on_where_it_broke(server, tmp_path):
    with pytest.raises(StorageFault):
        fetch(f"{server}/cut", tmp_path, SHA)
    assert [p.name for p in tmp_path.iterdir()] == ["cut.part"]
    assert fetch(f"{server}/cut", tmp_path, SHA).sha256 == SHA
    assert Server.asked[1] == ("/cut", f"bytes={len(BODY) // 2}-")


def test_an_unpinned_download_starts_again(server, tmp_path):
    (tmp_path / "dump.jsonl.part").write_bytes(b"something else")
    assert fetch(f"{server}/dump.jsonl", tmp_path).sha256 == SHA


@pytest.mark.parametrize(("path", "fault"), [("401", DeniedFault), ("404", MissingFault), ("503", StorageFault)])
def test_what_the_server_says_is_told(server, tmp_path, path, fault):
    with pytest.raises(fault, match=path):
        fetch(f"{server}/{path}", tmp_path)


def test_nobody_there_is_a_storage_fault(server, tmp_path):
    with pytest.raises(StorageFault):
        fetch("http://127.0.0.1:9/x", tmp_path)


@pytest.mark.parametrize(
    "url", ["http://example.org/x", "http://localhost.example.org/x", "ftp://a/b", "hf://datasets/a/b", "data:,x"]
)
def test_other_addresses_are_refused_before_anything_is_asked(tmp_path, url):
    with pytest.raises(UsageFault):
        fetch(url, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_paths_are_copied(tmp_path):
    held = tmp_path / "there" / "my dump (1).json"
    held.parent.mkdir()
    held.write_bytes(b"[]")
    assert fetch(held.as_uri(), tmp_path / "a").path.name == "my_dump__1_.json"
    assert fetch(str(held), tmp_path / "b").path.read_bytes() == b"[]"
    with pytest.raises(MissingFault):
        fetch(str(tmp_path / "gone.json"), tmp_path / "c")
