"""The way to the Hub: what a push would change, then one atomic commit that does it, and a tag.

Only files that the release's manifest lists are sent, after their hashes were checked again; files that an older release
left there are taken away in the same commit. The commit names the state it was planned on, so a repository that moved
meanwhile is never overwritten. The token is the client's own business (environment or `hf auth login`) and is never shown.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from exports import names
from exports.card import card
from exports.hub_faults import faults
from schemas.faults import BusyFault, DataFault, MissingFault, UsageFault

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

_KIND: dict[str, Any] = {"repo_type": "dataset"}


@dataclass(frozen=True)
class Plan:
    """What a push would do. Paths are sorted; `files` holds the bytes of README.md where the release has none."""

    release: Path
    repo: str
    manifest: dict[str, Any]
    files: dict[str, Path | bytes]
    parent: str | None  # the commit it was planned on; None: there is no such repository yet
    private_there: bool | None
    tags: dict[str, str]
    add: list[str]
    change: list[str]
    delete: list[str]
    same: list[str]
    there: str | None  # fingerprint of the release that is on the Hub now

    @property
    def fingerprint(self) -> str:
        """The release's fingerprint."""
        return str(self.manifest["fingerprint"])

    @property
    def nothing(self) -> bool:
        """The Hub has this release; a README.md that was edited there by hand stays."""
        return self.there == self.fingerprint and not (self.add or self.delete or set(self.change) - {"README.md"})


@dataclass(frozen=True)
class Pushed:
    """What was done: the commit on the Hub, its tag, and whether a commit was made."""

    commit: str
    tag: str
    new: bool


def plan(release: Path, repo: str, api: "HfApi") -> Plan:
    """Compare a release with what the repository holds; nothing is sent.

    Raises DataFault where a hash does not hold, MissingFault for a missing file, DeniedFault, StorageFault (see `hub_faults`).
    """
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", repo):
        raise UsageFault(f"{repo!r} is no repository: write it as OWNER/NAME")
    manifest, files = _verified(release)
    with faults(repo):
        state = _state(api, repo)
        parent, private, there, tags = state or (None, None, {}, {})
        old = _old(api, repo, parent) if "manifest.json" in there else {}
    listed = {*(old.get("files") or {})} | {
        path for path in there if path.split("/")[0] in names() and path.endswith((".parquet", ".jsonl"))
    }
    return Plan(
        release,
        repo,
        manifest,
        files,
        parent,
        private,
        tags,
        add=sorted(files.keys() - there.keys()),
        change=sorted(path for path in files.keys() & there.keys() if not _equal(files[path], there[path])),
        delete=sorted((listed & there.keys()) - files.keys()),
        same=sorted(path for path in files.keys() & there.keys() if _equal(files[path], there[path])),
        there=old.get("fingerprint"),
    )


def push(plan: Plan, api: "HfApi", *, private: bool = True, tag: str | None = None) -> Pushed:
    """Do what the plan says: create the repository where it is new, one commit on the planned state, then the tag.

    The tag is the first 12 digits of the fingerprint unless given. Where nothing changed only a missing tag is made.
    Raises DataFault (secrets, unknown licence for the public), UsageFault (tag taken, a public repository without
    `private=False`), BusyFault (the repository moved), DeniedFault, StorageFault.
    """
    tag = tag or plan.fingerprint[:12]
    _allowed(plan, private)
    if plan.tags.get(tag, plan.parent if plan.nothing else None) not in ({plan.parent} if plan.nothing else {None}):
        raise UsageFault(f"{plan.repo} has the tag {tag} already, on {plan.tags[tag][:12]}: choose another with --tag")
    with faults(plan.repo):
        commit = plan.parent if plan.nothing else _commit(plan, api, private)
        assert commit is not None
        if tag not in plan.tags:
            api.create_tag(plan.repo, tag=tag, revision=commit, tag_message=f"winnow {plan.fingerprint}", **_KIND)
    return Pushed(commit, tag, not plan.nothing)


def _verified(release: Path) -> tuple[dict[str, Any], dict[str, Path | bytes]]:
    """The manifest, and every file to send, each with the hash that the manifest says."""
    path = release / "manifest.json"
    if not path.is_file():
        raise MissingFault(f"{path}: no manifest, so this is no release; `winnow run` makes one")
    manifest = json.loads(path.read_bytes())
    files: dict[str, Path | bytes] = {"manifest.json": path}
    for name, said in sorted(manifest["files"].items()):
        files[name] = _listed(release, name, said)
    if "README.md" not in files:
        files["README.md"] = card(release).encode()
    return manifest, files


def _listed(release: Path, name: str, said: str) -> Path:
    parts, path = PurePosixPath(name).parts, release / name
    if (
        not parts
        or name.startswith("/")
        or "\\" in name
        or {"..", ".git"} & set(parts)
        or any("quarantine" in part.lower() for part in parts)
    ):
        raise DataFault(
            f"manifest.json lists {name!r}, which may not leave: a release holds only its own files, and never quarantine"
        )
    if not path.is_file():
        raise MissingFault(f"{path}: listed in manifest.json and not there; make the release again with `winnow run`")
    if not path.resolve().is_relative_to(release.resolve()):
        raise DataFault(f"{path} leads out of the release: only files of the release are pushed")
    found = _sha256(path)
    if found != said:
        raise DataFault(f"{path} was changed: its sha256 is {found[:12]}, manifest.json says {said[:12]}; make the release again")
    return path


def _state(api: "HfApi", repo: str) -> tuple[str, bool, dict[str, Any], dict[str, str]] | None:
    """Commit, privacy, files and tags of the repository; None where there is none."""
    from huggingface_hub.errors import RepositoryNotFoundError
    from huggingface_hub.hf_api import RepoFile

    try:
        info = api.dataset_info(repo)
    except RepositoryNotFoundError as error:
        if error.response is not None and error.response.status_code == 404:
            return None
        raise
    tree = api.list_repo_tree(repo, recursive=True, revision=info.sha, **_KIND)
    tags = {tag.name: tag.target_commit for tag in api.list_repo_refs(repo, **_KIND).tags}
    return str(info.sha), bool(info.private), {each.path: each for each in tree if isinstance(each, RepoFile)}, tags


def _old(api: "HfApi", repo: str, revision: str | None) -> dict[str, Any]:
    """The manifest that is on the Hub, or nothing where it is not ours."""
    try:
        found = json.loads(Path(api.hf_hub_download(repo, "manifest.json", revision=revision, **_KIND)).read_bytes())
    except ValueError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("files"), dict) else {}


def _equal(ours: Path | bytes, there: Any) -> bool:
    """Whether the Hub holds these bytes: by sha256 where it stores large files, else by git's own hash."""
    size = len(ours) if isinstance(ours, bytes) else ours.stat().st_size
    if size != there.size:
        return False
    if there.lfs is not None:
        return bool((hashlib.sha256(ours).hexdigest() if isinstance(ours, bytes) else _sha256(ours)) == there.lfs.sha256)
    content = ours if isinstance(ours, bytes) else ours.read_bytes()
    return bool(hashlib.sha1(b"blob %d\0" % size + content, usedforsecurity=False).hexdigest() == there.blob_id)


def _allowed(plan: Plan, private: bool) -> None:
    """Refuse what may not leave, or not in public."""
    secrets = plan.manifest.get("secrets") or 0
    if secrets:
        raise DataFault(
            f"{plan.release} holds {secrets:,} secrets (0 may leave): add `redact` to the recipe's `edits` and run it again"
        )
    if private and plan.private_there is False:
        raise UsageFault(f"{plan.repo} is public on the Hub: say --public if that is meant, or push to another repository")
    licenses = {name: spec.get("license") or "unknown" for name, spec in (plan.manifest.get("sources") or {}).items()}
    unknown = sorted(name for name, license in licenses.items() if license == "unknown")
    if not private and (unknown or (plan.manifest.get("license") or "unknown") == "unknown"):
        told = f"{len(unknown)} of {len(licenses)} sources ({', '.join(unknown)})" if unknown else "the release"
        raise DataFault(
            f"no known licence for {told}, so it may not be public: write `license:` in the recipe, or push --private"
        )


def _commit(plan: Plan, api: "HfApi", private: bool) -> str:
    from huggingface_hub import CommitOperationDelete

    operations: list[CommitOperationAdd | CommitOperationDelete] = [_addition(plan, name) for name in [*plan.add, *plan.change]]
    operations += [CommitOperationDelete(name) for name in plan.delete]
    parent = plan.parent
    if parent is None:
        api.create_repo(plan.repo, private=private, exist_ok=True, **_KIND)
        state = _state(api, plan.repo)
        if state is None or (private and not state[1]) or state[2].keys() - {".gitattributes", "README.md"}:
            raise BusyFault(f"{plan.repo} was made by somebody else meanwhile: look at it, and push again")
        parent = state[0]
    counts = plan.manifest.get("counts") or {}
    rows = ", ".join(f"{name} {sum(splits.values()):,}" for name, splits in sorted(counts.items()))
    title = f"{plan.manifest.get('name', 'release')} {plan.fingerprint[:12]}" + (f": {rows} rows" if rows else "")
    return str(api.create_commit(plan.repo, operations, commit_message=title, parent_commit=parent, **_KIND).oid)


def _addition(plan: Plan, name: str) -> "CommitOperationAdd":
    """One file to send; its bytes are hashed once more, by the client, as they are sent."""
    from huggingface_hub import CommitOperationAdd

    content = plan.files[name]
    made = CommitOperationAdd(name, content if isinstance(content, bytes) else str(content))
    said = plan.manifest["files"].get(name)
    if said and made.upload_info.sha256.hex() != said:
        raise DataFault(f"{plan.release / name} changed since the plan was made: push again")
    return made


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
