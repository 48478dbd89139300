"""The plain DuckDB shell, its own Hub extension and sql/views.sql, over a release on the loopback Hub.

The extension asks https://huggingface.co and nobody else. So it is given a proxy, and at the end of the tunnel answers our Hub.
"""

import json
import re
import socketserver
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

import sql
from schemas import recipe as recipes
from tests.hub.loopback import Answer, Hub

ROOT = Path(__file__).resolve().parents[2]
SHELL = ROOT / ".venv-duckdb" / "bin" / "duckdb"
REPO = "tester/talks"
RECIPE = """
name: talks
license: mit
sources: {chats: {path: openai.jsonl, license: mit}, pairs: {path: preference.jsonl, license: mit}}
edits: [markdown, unicode]
keep: {long: words >= 12}
overlap: {near: {similarity: 0.8}, benchmarks: {against: public}}
exports: {sft: {}, preference: {}}
limits: off
"""


class Tunnel(socketserver.StreamRequestHandler):
    """What a client thinks to be huggingface.co, behind a proxy."""

    def handle(self):
        self.server.asked.append(self.rfile.readline())
        while self.rfile.readline().strip():
            pass
        self.connection.sendall(b"HTTP/1.1 200 established\r\n\r\n")
        with self.server.dressed.wrap_socket(self.connection, server_side=True) as tls:
            Answer(tls, self.client_address, self.server.hub)


@pytest.fixture(scope="module")
def release(curated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shell")
    (folder / "talks.yaml").write_text(RECIPE)
    return curated(recipes.load(folder / "talks.yaml"), ROOT / "tests" / "dumps", folder / "home")


@pytest.fixture(scope="module")
def proxy(release, tmp_path_factory):
    """Address and certificate of a proxy behind which the release is on the Hub."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    name = ["-subj", "/CN=huggingface.co", "-addext", "subjectAltName=DNS:huggingface.co"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, *name]
    subprocess.run(made, check=True, capture_output=True)
    with Hub() as hub, socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        files = {path.relative_to(release).as_posix(): path.read_bytes() for path in release.rglob("*") if path.is_file()}
        hub.commit(REPO, files, private=False)
        server.hub, server.asked, server.daemon_threads = hub, [], True
        server.dressed = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.dressed.load_cert_chain(cert, key)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", cert
        assert {*server.asked} == {b"CONNECT huggingface.co:443 HTTP/1.1\r\n"}
        server.shutdown()


def shell(where, *commands):
    """What the shell of the README prints, as JSON: one list of rows for each question."""
    before = [f"SET VARIABLE release = '{where}'", ".read sql/views.sql", ".mode json"]
    words = [word for command in (*commands, *before) for word in ("-cmd", command)]
    asked = "\n".join(f".print ==={name}\n{text}" for name, text in questions())
    done = subprocess.run([SHELL, *words], input=asked, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr[-2000:]
    found = dict(part.split("\n", 1) for part in done.stdout.split("===")[1:])
    return {name: json.loads(rows) if rows.strip() else [] for name, rows in found.items()}


def questions():
    """Every question, with x for what it asks for."""
    return [(name, re.sub(r"[$][a-z]+", "'x'", sql.question(name))) for name in sorted(sql.questions())]


@pytest.mark.skipif(not SHELL.is_file(), reason="no DuckDB shell with its Hub extension here: `make test-duckdb` brings one")
def test_every_question_over_the_hub_is_answered_as_over_the_folder(release, proxy):
    address, cert = proxy
    [extension] = (ROOT / ".venv-duckdb").resolve().rglob("httpfs.duckdb_extension")
    there = [f"LOAD '{extension}'", f"SET http_proxy = '{address}'", f"SET ca_cert_file = '{cert}'"]
    told = shell(f"hf://datasets/{REPO}/", *there)
    assert told == shell(f"{release}/") and told.keys() == {*sql.questions()}
    assert sum(len(rows) > 0 for rows in told.values()) > 15 and not list(release.glob("ties")), "a folder that is not there, too"
