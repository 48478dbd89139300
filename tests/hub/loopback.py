"""A small Hub on the loopback interface: enough of its HTTP for huggingface_hub and datasets to push, list and load.

Repositories live in memory: a list of commits (path -> bytes) and tags. A repository with a `token` is for its bearer alone:
all of it where it is `private`, its files where it is `gated`; one with a `cdn` sends large files' askers there. `faults` maps
"METHOD /path-prefix" to a status that is answered instead, once each, and `hooks` to a function that is called first, once each.
`lost` is like `faults`, but what was asked is done first; None breaks the line instead of an answer. `log` is every request.
"""

import base64
import hashlib
import json
import os
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import yaml

from exports.card_header import LICENSES
from flows.places import ROOT

REPO = r"/(?:api/)?datasets/(?P<repo>[^/]+/[^/]+?)"


def environment(url: str, home: Path, **more: str) -> dict[str, str]:
    """An environment whose Hub is at `url` and has its cache under `home`: no account and no proxy of this machine."""
    kept = {
        name: said for name, said in os.environ.items() if not name.startswith(("HF_", "HUGGING")) and "proxy" not in name.lower()
    }
    ours = {"HF_ENDPOINT": url, "HF_HOME": str(home / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    return kept | ours | {"NO_PROXY": "*", "PYTHONPATH": str(ROOT)} | more


class Hub(ThreadingHTTPServer):
    """Start with `with Hub() as hub:`; `hub.url` is its endpoint."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.repos: dict[str, dict] = {}
        self.blobs: dict[str, bytes] = {}
        self.faults: dict[str, int] = {}
        self.lost: dict[str, int | None] = {}
        self.tokens: set[str | None] = set()
        self.hooks: dict[str, Callable[[], None]] = {}
        self.log: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def files(self, repo):
        """What the newest commit holds."""
        return self.repos[repo]["commits"][-1]

    def sha(self, repo, at=-1):
        """The name of a commit."""
        commits = self.repos[repo]["commits"]
        files = sorted((name, hashlib.sha1(data).hexdigest()) for name, data in commits[at].items())
        return hashlib.sha1(f"{repo} {at % len(commits)} {files}".encode()).hexdigest()

    def commit(self, repo, files, private=True):
        """Put files there behind everyone's back."""
        found = self.repos.setdefault(repo, {"commits": [{}], "tags": {}, "private": private})
        found["commits"].append(found["commits"][-1] | files)


class Answer(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_):
        """Quiet."""

    def answer(self):
        where = urlsplit(self.path)
        path, self.query, self.content = unquote(where.path), dict(parse_qsl(where.query)), self.body()
        self.server.log.append(f"{self.command} {path}")
        self.server.tokens.add(self.headers.get("Authorization"))
        self.instead = next(
            ((self.server.lost.pop(prefix),) for prefix in list(self.server.lost) if f"{self.command} {path}".startswith(prefix)),
            None,
        )
        for prefix in list(self.server.hooks):
            if f"{self.command} {path}".startswith(prefix):
                self.server.hooks.pop(prefix)()
        for prefix in list(self.server.faults):
            if f"{self.command} {path}".startswith(prefix):
                return self.say({"error": "as asked"}, self.server.faults.pop(prefix))
        for pattern, handle in ROUTES:
            if found := re.fullmatch(pattern, path):
                named = found.groupdict()
                if named.get("repo") and named["repo"] not in self.server.repos:
                    return self.say({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
                if named.get("repo") and (status := self.barred(self.server.repos[named["repo"]], handle is Answer.resolve)):
                    code = "GatedRepo" if self.server.repos[named["repo"]].get("gated") else "RepoNotFound"
                    return self.say({"error": "Not for you"}, status, {"X-Error-Code": code})
                return handle(self, **named)
        return self.say({"error": f"no such page: {path}"}, 404)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

    def barred(self, repo, is_file):
        """The status for somebody without the token, where one is asked for."""
        said = self.headers.get("Authorization")
        if "token" not in repo or said == f"Bearer {repo['token']}" or not (repo["private"] or (repo.get("gated") and is_file)):
            return None
        return 403 if said else 401

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def say(self, value, status=200, headers=None):
        if self.instead == (None,):
            self.close_connection = True
            return
        if self.instead:
            value, status = {"error": "done, and not said"}, self.instead[0]
        data = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
        self.send_response(status)
        for name, said in {"Content-Length": str(len(data)), "Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, said)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def at(self, repo, revision):
        """The files of a revision, and its name; None where there is no such revision."""
        found, names = self.server.repos[repo], {}
        for at in range(len(found["commits"])):
            names[self.server.sha(repo, at)] = at
        names |= {"main": len(found["commits"]) - 1} | {tag: names[sha] for tag, sha in found["tags"].items()}
        return (found["commits"][names[revision]], self.server.sha(repo, names[revision])) if revision in names else None

    def create(self):
        asked = json.loads(self.content)
        repo = f"{asked.get('organization') or 'tester'}/{asked['name']}"
        url = {"url": f"{self.server.url}/datasets/{repo}", "name": repo, "id": "1"}
        if repo in self.server.repos:
            return self.say(url | {"error": "You already created this dataset repo"}, 409)
        private = asked.get("private") or asked.get("visibility") == "private"
        self.server.repos[repo] = {
            "commits": [{".gitattributes": b"*.parquet filter=lfs\n"}],
            "tags": {},
            "private": bool(private),
        }
        return self.say(url)

    def validate(self):
        errors = [{"message": each} for each in mistakes(json.loads(self.content)["content"])]
        self.say({"errors": errors, "warnings": []}, 400 if errors else 200)

    def preupload(self, repo):
        mode = {True: "lfs", False: "regular"}
        files = [
            {"path": each["path"], "uploadMode": mode[each["path"].endswith(".parquet")], "shouldIgnore": False, "oid": None}
            for each in json.loads(self.content)["files"]
        ]
        self.say({"files": files, "commitOid": self.server.sha(repo)})

    def batch(self, repo):
        objects = []
        for each in json.loads(self.content)["objects"]:
            there = each["oid"] in self.server.blobs
            upload = {"upload": {"href": f"{self.server.url}/_lfs/{each['oid']}", "header": {}}}
            objects.append({"oid": each["oid"], "size": each["size"], **({} if there else {"actions": upload})})
        self.say({"transfer": "basic", "objects": objects})

    def upload(self, oid):
        if hashlib.sha256(self.content).hexdigest() != oid:
            return self.say({"error": "not these bytes"}, 400)
        self.server.blobs[oid] = self.content
        return self.say({})

    def commit(self, repo):
        files, head = dict(self.server.files(repo)), {}
        for line in self.content.splitlines():
            key, value = (step := json.loads(line))["key"], step["value"]
            if key == "header":
                head = value
            elif key == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif key == "lfsFile":
                files[value["path"]] = self.server.blobs[value["oid"]]
            elif key == "deletedFile":
                del files[value["path"]]
        if head.get("parentCommit", self.server.sha(repo)) != self.server.sha(repo):
            return self.say({"error": "A commit has happened since."}, 412)
        self.server.repos[repo]["commits"].append(files)
        self.server.repos[repo].setdefault("messages", []).append(f"{head['summary']}\n\n{head.get('description', '')}")
        oid = self.server.sha(repo)
        return self.say({"success": True, "commitOid": oid, "commitUrl": f"{self.server.url}/datasets/{repo}/commit/{oid}"})

    def tag(self, repo, revision):
        tags, asked = self.server.repos[repo]["tags"], json.loads(self.content)["tag"]
        if asked in tags:
            return self.say({"error": "Tag reference exists already"}, 409)
        tags[asked] = self.at(repo, revision)[1]
        return self.say({})

    def info(self, repo, revision="main"):
        found = self.at(repo, revision or "main")
        if found is None:
            return self.say({"error": "Invalid rev id"}, 404, {"X-Error-Code": "RevisionNotFound"})
        files, sha = found
        told = {"_id": "1", "id": repo, "sha": sha, "private": self.server.repos[repo]["private"]}
        told |= {"gated": self.server.repos[repo].get("gated", False), "cardData": card(files.get("README.md", b""))}
        told |= {"disabled": False, "downloads": 0, "likes": 0, "tags": [], "siblings": [{"rfilename": name} for name in files]}
        self.say(told)

    def refs(self, repo):
        def ref(kind, name, sha):
            return {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": sha}

        tags = [ref("tags", name, sha) for name, sha in self.server.repos[repo]["tags"].items()]
        self.say({"branches": [ref("heads", "main", self.server.sha(repo))], "converts": [], "tags": tags})

    def tree(self, repo, revision, folder):
        files, _ = self.at(repo, revision)
        start = f"{folder.strip('/')}/" if folder.strip("/") else ""
        deep, found = self.query.get("recursive", "").lower() in ("true", "1"), {}
        for name in sorted(files):
            if name.startswith(start):
                steps = name[len(start) :].split("/")
                for depth in range(1, len(steps) if deep else min(2, len(steps))):
                    folder_name = start + "/".join(steps[:depth])
                    found[folder_name] = {"type": "directory", "oid": "d" * 40, "size": 0, "path": folder_name}
                if deep or len(steps) == 1:
                    found[name] = entry(name, files[name])
        if start and not found:
            return self.say({"error": "not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        return self.say(list(found.values()))

    def paths(self, repo, revision):
        files, _ = self.at(repo, revision)
        asked = json.loads(self.content)["paths"] if self.content[:1] == b"{" else parse_qs(self.content.decode())["paths"]
        found = [entry(name, files[name]) for name in asked if name in files]
        folders = [name for name in asked if any(each.startswith(name.rstrip("/") + "/") for each in files)]
        self.say(found + [{"type": "directory", "oid": "d" * 40, "size": 0, "path": name} for name in folders])

    def resolve(self, repo, revision, name):
        found = self.at(repo, revision)
        if found is None or name not in found[0]:
            return self.say({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        data, sha = found[0][name], found[1]
        if "cdn" in self.server.repos[repo] and "lfs" in entry(name, data):
            oid = hashlib.sha256(data).hexdigest()
            linked = {"X-Linked-ETag": f'"{oid}"', "X-Linked-Size": str(len(data)), "X-Repo-Commit": sha}
            where = f"{self.server.repos[repo]['cdn']}/{oid}?X-Amz-Signature=s1gnature"
            return self.say(b"", 302, linked | {"Location": where})
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": sha, "Accept-Ranges": "bytes"}
        if asked := re.match(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or ""):
            first, last = asked.groups()
            start = int(first) if first else len(data) - int(last)
            end = min(int(last) + 1, len(data)) if first and last else len(data)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
            return self.say(data[start:end], 206, headers)
        return self.say(data, 200, headers)


def entry(name, data):
    """A file as the tree shows it: git's own hash, and sha256 for large files."""
    size = len(data)
    told = {"type": "file", "oid": hashlib.sha1(b"blob %d\0" % size + data).hexdigest(), "size": size, "path": name}
    lfs = {"oid": hashlib.sha256(data).hexdigest(), "size": size, "pointerSize": 134}
    return told | ({"lfs": lfs} if name.endswith((".parquet", ".gz")) else {})


def card(readme):
    """The YAML on top of a dataset card."""
    found = re.match(rb"---\n(.*?)\n---", readme, re.DOTALL)
    return yaml.safe_load(found[1]) if found else None


SIZES = ["n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B"]


def mistakes(readme):
    """What the Hub's documentation of dataset cards (hub-docs, datasetcard.md) does not allow in the YAML of one."""
    try:
        head = card(readme.encode()) or {}
    except yaml.YAMLError as fault:
        return [str(fault)]
    lists = ("language", "size_categories", "task_categories", "source_datasets", "tags")
    told = [f'"{key}" must be a list of texts' for key in lists if not texts(head.get(key, []))]
    if head.get("license", "unknown") not in LICENSES:
        told.append(f'"license" must be one of {sorted(LICENSES)}')
    if head.get("license") == "other" and not head.get("license_name"):
        told.append('"license_name" is required with `license: other`')
    told += [f'"size_categories": {each}' for each in head.get("size_categories", []) if each not in SIZES]
    told += [f'"language": {each}' for each in head.get("language", []) if not re.fullmatch("[a-z]{2,3}", each)]
    configs, infos = head.get("configs", []), head.get("dataset_info", [])
    for each in configs:
        files = each.get("data_files", [])
        if not each.get("config_name") or not files or any(set(file) != {"split", "path"} for file in files):
            told.append('"configs" must have config_name, and data_files of split and path')
    for each in infos if isinstance(infos, list) else [infos]:
        named = each.get("config_name") in [config.get("config_name") for config in configs]
        if not named or not all("name" in field and len(field) == 2 for field in each.get("features", [])):
            told.append('"dataset_info" must have a config_name, and features of name and type')
        told += [
            f'"splits": {split}' for split in each.get("splits", []) if split.keys() != {"name", "num_bytes", "num_examples"}
        ]
    return told


def texts(value):
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


ROUTES = [
    (r"/api/whoami-v2", lambda hub: hub.say({"name": "tester", "type": "user"})),
    (r"/api/repos/create", Answer.create),
    (r"/api/validate-yaml", Answer.validate),
    (r"/_lfs/(?P<oid>\w+)", Answer.upload),
    (REPO + r"\.git/info/lfs/objects/batch", Answer.batch),
    (REPO + r"/preupload/main", Answer.preupload),
    (REPO + r"/commit/main", Answer.commit),
    (REPO + r"/tag/(?P<revision>[^/]+)", Answer.tag),
    (REPO + r"/refs", Answer.refs),
    (
        REPO + r"/tree/(?P<revision>[^/]+)(?P<folder>/.*)?/?",
        lambda hub, repo, revision, folder: hub.tree(repo, revision, folder or ""),
    ),
    (REPO + r"/paths-info/(?P<revision>[^/]+)", Answer.paths),
    (REPO + r"/resolve/(?P<revision>[^/]+)/(?P<name>.+)", Answer.resolve),
    (REPO + r"(?:/revision/(?P<revision>[^/]+))?", Answer.info),
]
