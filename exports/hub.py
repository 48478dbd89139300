"""The way to the Hub: what a push would change, then one atomic commit that does it, and a tag.

Only files that the release's manifest lists are sent, after their hashes were checked again; files that an older release
left there are taken away in the same commit. The commit names the state it was planned on, so a repository that moved
meanwhile is never overwritten. The token is the client's own business (environment or `hf auth login`) and is never shown.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exports import leaving, names
from exports.hub_faults import faults
from schemas.faults import BusyFault, DataFault, UsageFault

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
    def bytes(self) -> int:
        """How many bytes a push would send, where the Hub has none of them yet."""
        return sum(leaving.size(self.files[name]) for name in [*self.add, *self.change])

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
    checked(repo)
    manifest, files = leaving.verified(release)
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


def push(plan: Plan, api: "HfApi", *, private: bool = True, tag: str | None = None, told: str = "") -> Pushed:
    """Do what the plan says: create the repository where it is new, one commit on the planned state, then the tag.

    The tag is the first 12 digits of the fingerprint unless given; `told` goes into the commit's message. Where nothing changed
    only a missing tag is made. An answer that got lost is looked for on the Hub, so nothing is published twice.
    Raises UsageFault (tag taken, a public repository without `private=False`), BusyFault (the repository moved), DeniedFault,
    StorageFault.
    """
    tag = tag or plan.fingerprint[:12]
    if private and plan.private_there is False:
        raise UsageFault(f"{plan.repo} is public on the Hub: say --public if that is meant, or push to another repository")
    if plan.tags.get(tag, plan.parent if plan.nothing else None) not in ({plan.parent} if plan.nothing else {None}):
        raise UsageFault(f"{plan.repo} has the tag {tag} already, on {plan.tags[tag][:12]}: choose another with --tag")
    with faults(plan.repo):
        commit = plan.parent if plan.nothing else _commit(plan, api, private, told)
        assert commit is not None
        if tag not in plan.tags:
            _tag(plan, api, tag, commit)
    return Pushed(commit, tag, not plan.nothing)


def reader(api: "HfApi", repo: str, revision: str | None) -> tuple[str, Callable[[str, Path], None]]:
    """The commit of a revision, and a function that brings one of its files into a folder. Raises as `plan`, and MissingFault."""
    checked(repo)
    with faults(repo):
        commit = str(api.dataset_info(repo, revision=revision).sha)

    def get(name: str, into: Path) -> None:
        with faults(repo):
            api.hf_hub_download(repo, name, revision=commit, local_dir=into, **_KIND)

    return commit, get


def checked(repo: str) -> None:
    """Raises UsageFault where this is no OWNER/NAME."""
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", repo):
        raise UsageFault(f"{repo!r} is no repository: write it as OWNER/NAME")


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
    size = leaving.size(ours)
    if size != there.size:
        return False
    if there.lfs is not None:
        return bool((hashlib.sha256(ours).hexdigest() if isinstance(ours, bytes) else leaving.sha256(ours)) == there.lfs.sha256)
    content = ours if isinstance(ours, bytes) else ours.read_bytes()
    return bool(hashlib.sha1(b"blob %d\0" % size + content, usedforsecurity=False).hexdigest() == there.blob_id)


def _commit(plan: Plan, api: "HfApi", private: bool, told: str) -> str:
    from huggingface_hub import CommitOperationDelete
    from huggingface_hub.errors import HfHubHTTPError, HTTPError

    operations: list[CommitOperationAdd | CommitOperationDelete] = [_addition(plan, name) for name in [*plan.add, *plan.change]]
    operations += [CommitOperationDelete(name) for name in plan.delete]
    parent = plan.parent or _made(plan, api, private)
    counts = plan.manifest.get("counts") or {}
    rows = ", ".join(f"{name} {sum(splits.values()):,}" for name, splits in sorted(counts.items()))
    title = f"{plan.manifest.get('name', 'release')} {plan.fingerprint[:12]}" + (f": {rows} rows" if rows else "")
    message: dict[str, Any] = {"commit_message": title, "commit_description": told}
    try:
        return str(api.create_commit(plan.repo, operations, **message, parent_commit=parent, **_KIND).oid)
    except (HfHubHTTPError, HTTPError, OSError):
        if (arrived := _arrived(plan, api, parent)) is None:
            raise
        return arrived


def _made(plan: Plan, api: "HfApi", private: bool) -> str:
    """The first commit of a new repository."""
    api.create_repo(plan.repo, private=private, exist_ok=True, **_KIND)
    state = _state(api, plan.repo)
    if state is None or (private and not state[1]) or state[2].keys() - {".gitattributes", "README.md"}:
        raise BusyFault(f"{plan.repo} was made by somebody else meanwhile: look at it, and push again")
    return state[0]


def _arrived(plan: Plan, api: "HfApi", parent: str) -> str | None:
    """The commit of a push whose answer was lost, where the Hub has all that was sent; None where it has not, or cannot say."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError

    try:
        state = _state(api, plan.repo)
    except (HfHubHTTPError, HTTPError, OSError):
        return None
    if state is None or state[0] == parent:
        return None
    there = state[2]
    whole = all(name in there and _equal(content, there[name]) for name, content in plan.files.items())
    return state[0] if whole and not there.keys() & set(plan.delete) else None


def _tag(plan: Plan, api: "HfApi", tag: str, commit: str) -> None:
    """Make the tag; where the answer was lost, or it came twice, the tag that stands there is looked at."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError

    try:
        api.create_tag(plan.repo, tag=tag, revision=commit, tag_message=f"winnow {plan.fingerprint}", **_KIND)
    except (HfHubHTTPError, HTTPError, OSError):
        if commit not in {each.target_commit for each in api.list_repo_refs(plan.repo, **_KIND).tags if each.name == tag}:
            raise


def _addition(plan: Plan, name: str) -> "CommitOperationAdd":
    """One file to send; its bytes are hashed once more, by the client, as they are sent."""
    from huggingface_hub import CommitOperationAdd

    content = plan.files[name]
    made = CommitOperationAdd(name, content if isinstance(content, bytes) else str(content))
    said = plan.manifest["files"].get(name)
    if said and made.upload_info.sha256.hex() != said:
        raise DataFault(f"{plan.release / name} changed since the plan was made: push again")
    return made
