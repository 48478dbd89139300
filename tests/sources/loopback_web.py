"""A web server and an S3 on the loopback interface that keep the rules of HTTP, and break off, redirect or lie where told."""

import hashlib
import re
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Page:
    """What lies at a path. `etag` "" means: the body's hash; `cuts` are bytes after which an answer breaks off, once each."""

    body: bytes = b""
    etag: str | None = ""
    modified: str | None = None
    status: int = 200
    to: str | None = None
    ranges: bool = True
    head: bool = True
    obeys: bool = True  # If-Range
    length: bool = True
    cuts: tuple[int, ...] = ()
    kind: str = "application/json"
    pause: float = 0.0  # seconds after each 64 KiB

    @property
    def tag(self):
        return f'"{hashlib.md5(self.body).hexdigest()}"' if self.etag == "" else self.etag


class Web(ThreadingHTTPServer):
    """`with Web() as web: web.pages["/x"] = Page(b"...")`; `web.log` holds (method, path, headers) of each request."""

    daemon_threads = True

    def __init__(self, answer=None):
        super().__init__(("127.0.0.1", 0), answer or Answer)
        self.pages: dict[str, Page] = {}
        self.log: list[tuple[str, str, dict[str, str]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def asked(self, method="GET"):
        """The ranges asked for so far."""
        return [headers.get("range") for said, _, headers in self.log if said == method]


class Answer(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Web

    def log_message(self, *_):
        """Quiet."""

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_GET(self):
        self.server.log.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
        page = self.server.pages.get(unquote(urlsplit(self.path).path))
        if page is None or page.status >= 400:
            return self.say(page.status if page else 404, {})
        if self.command == "HEAD" and not page.head:
            return self.say(405, {})
        if page.to:
            return self.say(302, {"Location": page.to})
        told = ({"ETag": page.tag} if page.tag else {}) | ({"Last-Modified": page.modified} if page.modified else {})
        if self.headers.get("If-None-Match", "-") == page.tag or self.headers.get("If-Modified-Since", "-") == page.modified:
            return self.say(304, told)
        begin = self.begin(page)
        if begin > 0 and begin >= len(page.body):
            return self.say(416, told | {"Content-Range": f"bytes */{len(page.body)}"})
        if begin:
            told["Content-Range"] = f"bytes {begin}-{len(page.body) - 1}/{len(page.body)}"
        self.say(206 if begin else 200, told, page.body[begin:], page)

    do_HEAD = do_GET

    def begin(self, page):
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        stale = page.obeys and self.headers.get("If-Range", page.tag) != page.tag
        return int(found[1]) if found and page.ranges and not stale else 0

    def say(self, status, headers, body=b"", page=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if page is None or page.length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.close_connection = True
            self.send_header("Connection", "close")
        if page and page.status < 300:
            self.send_header("Content-Type", page.kind)
        self.end_headers()
        if self.command == "HEAD":
            return
        if page and page.cuts:
            body, page.cuts, self.close_connection = body[: page.cuts[0]], page.cuts[1:], True
        for at in range(0, len(body), 1 << 16):
            self.wfile.write(body[at : at + (1 << 16)])
            time.sleep(page.pause if page else 0)


class S3(Web):
    """Buckets as `pages["/bucket/key"]`: ListObjectsV2, HEAD and GET with ranges. `secret`: the key id that is let in."""

    def __init__(self):
        super().__init__(Bucket)
        self.secret: str | None = None


class Bucket(Answer):
    """One request to a bucket."""

    server: S3

    def do_GET(self):
        if self.server.secret and f"Credential={self.server.secret}/" not in self.headers.get("Authorization", ""):
            return self.say(403, {})
        asked = parse_qs(urlsplit(self.path).query)
        if "list-type" in asked:
            return self.listed(unquote(urlsplit(self.path).path).strip("/"), asked)
        super().do_GET()

    do_HEAD = do_GET

    def listed(self, bucket, asked):
        prefix, stop = asked.get("prefix", [""])[0], asked.get("delimiter", [""])[0]
        files, folders = [], set()
        for path, page in sorted(self.server.pages.items()):
            key = path.removeprefix(f"/{bucket}/")
            if not path.startswith(f"/{bucket}/{prefix}"):
                continue
            if stop and stop in key[len(prefix) :]:
                folders.add(prefix + key[len(prefix) :].split(stop)[0] + stop)
                continue
            size = f"<Size>{len(page.body)}</Size><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
            files.append(f"<Contents><Key>{escape(key)}</Key><ETag>{escape(page.tag)}</ETag>{size}</Contents>")
        files += [f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders)]
        head = f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(files)}</KeyCount>"
        told = (
            f"<ListBucketResult>{head}<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{''.join(files)}</ListBucketResult>"
        )
        self.say(200, {"Content-Type": "application/xml"}, b'<?xml version="1.0"?>' + told.encode())

    def begin(self, page):
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        return int(found[1]) if found else 0

    def say(self, status, headers, body=b"", page=None):
        """An end of the range that was asked for is kept, as S3 does."""
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if found and page is not None and status in (200, 206):
            first, last = int(found[1]), min(int(found[2]), len(page.body) - 1)
            status, body = 206, page.body[first : last + 1]
            headers = headers | {"Content-Range": f"bytes {first}-{last}/{len(page.body)}"}
        super().say(status, {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"} | headers, body, page)
