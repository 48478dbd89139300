"""The server of `winnow browse`: on the loopback interface alone, for who knows its secret address, for no other site's page.

Every address lies below a secret drawn at each start, so neither other users of the machine nor other sites can name one. The
name in `Host` must be ours (a page that rebinds its own name to this machine is refused), and what a browser says of where a
request comes from must be this very site. Nothing of a request becomes a path: there are no files to ask for.
"""

import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.browsing import beside, charts, views
from flows.browsing.asking import Asked
from flows.browsing.marks import Marks
from flows.browsing.opened import Opened, opened
from flows.browsing.pieces import VIEWS, Shown
from flows.lists import KINDS, Mark
from flows.places import Places
from schemas.faults import BusyFault, Fault, MissingFault, UsageFault

HOST, NAMES = "127.0.0.1", ["127.0.0.1", "localhost"]
_BODY = 64 << 10  # bytes of a request
_NOTE = 1000  # characters of a note
_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",  # the rest of a page's policy names its own style and script
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FIELDS = ("where", "find", "reason", "source", "sort", "marked")
_BACK = re.compile(rf"\./(?:{'|'.join([*filter(None, VIEWS), 'cluster', 'pair', 'row'])})?(?:\?[^\s#]*)?(?:#r\d+)?")


@contextmanager
def running(places: Places, release: Path, lists: Path, port: int = 0) -> Iterator[str]:
    """Serve a release until the block is left; gives the address to open. Raises BusyFault where the port is taken."""
    with opened(places, release) as of, _listening(port) as listens:
        secret = secrets.token_urlsafe(24)
        config = uvicorn.Config(
            site(of, Marks(lists), secret), log_level="warning", access_log=False, lifespan="off", ws="none", server_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listens]}, daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield f"http://{HOST}:{listens.getsockname()[1]}/{secret}/"
        finally:
            server.should_exit = True
            thread.join(10)


def site(of: Opened, marks: Marks, secret: str) -> Starlette:
    """Everything that can be asked, below the secret."""
    pages: dict[str, Callable[[Shown, Request], Response]] = {
        "": _rows,
        "row": lambda to, request: HTMLResponse(views.row(to, _named(request, "id"))),
        "clusters": lambda to, request: HTMLResponse(beside.clusters(to, _place(request))),
        "cluster": lambda to, request: HTMLResponse(beside.cluster(to, _named(request, "id"), _place(request)[0])),
        "alike": lambda to, request: HTMLResponse(beside.alike(to, _place(request))),
        "preference": lambda to, request: HTMLResponse(beside.preference(to, _place(request))),
        "charts": lambda to, _: HTMLResponse(charts.page(to)),
        "pair": lambda to, request: HTMLResponse(beside.pair(to, _named(request, "one"), _named(request, "two"))),
        "report": lambda to, _: HTMLResponse((to.of.release / "report.html").read_bytes()),
    }
    routes = [Route(f"/{name}", _answering(of, marks, name, page), methods=["GET"]) for name, page in pages.items()]
    routes.append(Route("/mark", _marking(of, marks), methods=["POST"]))
    guards = [
        Middleware(_OurOwn),
        Middleware(TrustedHostMiddleware, allowed_hosts=NAMES, www_redirect=False),
        Middleware(RequestBodyLimitMiddleware, max_body_size=_BODY),
    ]
    return Starlette(routes=[Mount(f"/{secret}", routes=routes)], middleware=guards, exception_handlers={Fault: _said})


class _OurOwn:
    """Lets through what no page of another site has sent, and adds the headers that every answer has."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        origin, ours = headers.get("origin"), f"http://{headers.get('host')}"
        foreign = origin not in (None, ours) or headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if foreign or (origin is None and scope["method"] not in ("GET", "HEAD")):
            refused = PlainTextResponse("this comes from the page of another site, and is refused", 403, _HEADERS)
            return await refused(scope, receive, send)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self.app(scope, receive, sent)


def _answering(of: Opened, marks: Marks, name: str, page: Callable[[Shown, Request], Response]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return page(Shown(of, marks.all(), f"{name}{query}"), request)

    return answer


def _rows(to: Shown, request: Request) -> Response:
    where, find, reason, source, sort, marked = (request.query_params.get(name, "") for name in _FIELDS)
    some = frozenset(each for each, mark in to.marks.items() if mark.list == marked) if marked else None
    asked = Asked(where, find, reason, source, sort, some, *_place(request))
    return StreamingResponse(views.rows(to, asked, marked), media_type="text/html")


def _marking(of: Opened, marks: Marks) -> Callable[[Request], Response]:
    async def mark(request: Request) -> Response:
        body = (await request.body()).decode("utf-8", "replace")
        return await run_in_threadpool(_mark, of, marks, dict(parse_qsl(body, keep_blank_values=True)))

    return mark  # type: ignore[return-value]


def _mark(of: Opened, marks: Marks, form: dict[str, str]) -> Response:
    found = of.lines("id", [form.get("id", "")])
    name, back = form.get("list", ""), form.get("back", "./")
    if not found or not found[0]["fingerprint"]:
        raise MissingFault(f"no row {form.get('id', '')!r} in this release")
    kind = next((kind for kind in KINDS if kind == name), None)
    if name and not kind:
        raise UsageFault(f"no list {name!r}: there are {', '.join(KINDS)}, and nothing takes a mark back")
    if kind and (other := _other(of, marks.all(), found[0], kind)):
        raise UsageFault(f"{other}, an answer to the same context, is on the other list, and they stand or fall together")
    note = " ".join(form.get("note", "").split())[:_NOTE]
    marks.set(found[0]["fingerprint"], Mark(kind, found[0]["id"], note) if kind else None)
    return RedirectResponse(back if _BACK.fullmatch(back) else "./", 303)


def _other(of: Opened, marks: dict[str, Mark], line: dict[str, Any], kind: str) -> str | None:
    """Another answer of the row's comparison that is on the other list."""
    query = "SELECT id, fingerprint FROM rows WHERE group_id = $group AND fingerprint <> $own ORDER BY id"
    answers = of.ask(query, group=line["group_id"], own=line["fingerprint"]) if line["group_id"] else []
    return next((each["id"] for each in answers if marks.get(each["fingerprint"], Mark(None)).list not in (kind, None)), None)


def _named(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if not value:
        raise UsageFault(f"which row? The address lacks {name}=ID")
    return value


def _place(request: Request) -> tuple[int | None, int | None]:
    """Where a page begins, or ends."""
    after, before = (request.query_params.get(name, "") for name in ("after", "before"))
    if not all(re.fullmatch(r"\d{0,15}", each) for each in (after, before)):
        raise UsageFault("after and before are numbers")
    return (int(after) if after else None), (int(before) if before else None)


def _said(_: Request, fault: Exception) -> Response:
    return PlainTextResponse(str(fault), 404 if isinstance(fault, MissingFault) else 400)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    try:
        listens = socket.create_server((HOST, port))
    except OSError as fault:
        raise BusyFault(f"port {port} is not free ({fault.strerror}); give another, or none for any that is") from None
    with listens:
        yield listens
