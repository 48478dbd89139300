"""What a repository on the Hub holds: its state, a file of it, and the client that asks."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exports import leaving
from exports.hub_faults import faults
from schemas.faults import UsageFault

if TYPE_CHECKING:
    from huggingface_hub import HfApi

KIND: dict[str, Any] = {"repo_type": "dataset"}
_PATIENCE = 300.0  # seconds without a byte; a commit of many files takes the Hub a minute or two


@dataclass(frozen=True)
class There:
    """What a repository holds now; where there is none yet, nothing."""

    commit: str | None = None
    private: bool | None = None
    files: dict[str, Any] = field(default_factory=dict)  # path -> what the Hub's tree says of it
    tags: dict[str, str] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)  # of the release that is published there, where it is ours

    @property
    def fingerprint(self) -> str | None:
        """Of the release that is published there."""
        return self.manifest.get("fingerprint")


def client(seconds: float = _PATIENCE) -> "HfApi":
    """The Hub's client; its own default waits for ever for a Hub that is silent, this one `seconds`."""
    from huggingface_hub import HfApi, get_session

    get_session().timeout = seconds
    return HfApi()


def there(repo: str, api: "HfApi") -> There:
    """What the repository holds. Raises UsageFault for a name that is none, DeniedFault, StorageFault (see `hub_faults`)."""
    checked(repo)
    with faults(repo):
        found = state(api, repo)
        if found is None:
            return There()
        commit, private, files, tags = found
        return There(commit, private, files, tags, _old(api, repo, commit) if "manifest.json" in files else {})


def held(api: "HfApi", repo: str, found: There, name: str) -> bytes | None:
    """A small file as it is there; None where there is none."""
    if name not in found.files:
        return None
    with faults(repo):
        return Path(api.hf_hub_download(repo, name, revision=found.commit, **KIND)).read_bytes()


def reader(api: "HfApi", repo: str, revision: str | None) -> tuple[str, Callable[[str, Path], None]]:
    """The commit of a revision, and a function that brings one of its files into a folder. Raises as `there`; MissingFault."""
    checked(repo)
    with faults(repo):
        commit = str(api.dataset_info(repo, revision=revision).sha)

    def get(name: str, into: Path) -> None:
        with faults(repo):
            api.hf_hub_download(repo, name, revision=commit, local_dir=into, **KIND)

    return commit, get


def equal(ours: Path | bytes, there: Any, sha: str | None = None) -> bool:
    """Whether the Hub holds these bytes: by sha256 (`sha`, where it is known) of large files, else by git's own hash."""
    size = leaving.size(ours)
    if size != there.size:
        return False
    if there.lfs is not None:
        found = sha or (hashlib.sha256(ours).hexdigest() if isinstance(ours, bytes) else leaving.sha256(ours))
        return bool(found == there.lfs.sha256)
    content = ours if isinstance(ours, bytes) else ours.read_bytes()
    return bool(hashlib.sha1(b"blob %d\0" % size + content, usedforsecurity=False).hexdigest() == there.blob_id)


def checked(repo: str) -> None:
    """Raises UsageFault where this is no OWNER/NAME."""
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", repo):
        raise UsageFault(f"{repo!r} is no repository: write it as OWNER/NAME")


def state(api: "HfApi", repo: str) -> tuple[str, bool, dict[str, Any], dict[str, str]] | None:
    """Commit, privacy, files and tags of the repository; None where there is none. Raises what the client raises."""
    from huggingface_hub.errors import RepositoryNotFoundError
    from huggingface_hub.hf_api import RepoFile

    try:
        info = api.dataset_info(repo)
    except RepositoryNotFoundError as error:
        if error.response is not None and error.response.status_code == 404:
            return None
        raise
    tree = api.list_repo_tree(repo, recursive=True, revision=info.sha, **KIND)
    tags = {tag.name: tag.target_commit for tag in api.list_repo_refs(repo, **KIND).tags}
    return str(info.sha), bool(info.private), {each.path: each for each in tree if isinstance(each, RepoFile)}, tags


def _old(api: "HfApi", repo: str, revision: str | None) -> dict[str, Any]:
    """The manifest that is on the Hub, or nothing where it is not ours."""
    try:
        found = json.loads(Path(api.hf_hub_download(repo, "manifest.json", revision=revision, **KIND)).read_bytes())
    except ValueError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("files"), dict) else {}
