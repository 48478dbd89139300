"""The way to the Hub: what a push would change, then one atomic commit that does it, and a tag.

Only files that the release's manifest lists are sent, after their hashes were checked again; files that an older release
left there are taken away in the same commit. The commit names the state it was planned on, so a repository that moved
meanwhile is never overwritten. The token is the client's own business (environment or `hf auth login`) and is never shown.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exports import leaving, names
from exports.hub_faults import faults
from exports.hub_state import KIND, There, equal, state
from schemas.faults import BusyFault, DataFault, UsageFault

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi


@dataclass(frozen=True)
class Plan:
    """What a push would do. Paths are sorted; `files` holds bytes where what is sent is no file of the release."""

    release: Path
    repo: str
    manifest: dict[str, Any]
    files: leaving.Files
    there: There
    add: list[str]
    change: list[str]
    delete: list[str]
    same: list[str]

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
        others = set(self.change) - {"README.md"}
        if others == {"manifest.json"} and _but_card(self.manifest) == _but_card(self.there.manifest):
            others = set()
        return self.there.fingerprint == self.fingerprint and not (self.add or self.delete or others)


@dataclass(frozen=True)
class Pushed:
    """What was done: the commit on the Hub, its tag, and whether a commit was made."""

    commit: str
    tag: str
    new: bool


def plan(release: Path, repo: str, found: There, manifest: dict[str, Any], files: leaving.Files) -> Plan:
    """Compare what would leave of a release (see `leaving`) with what the repository holds; nothing is sent."""
    held = found.files
    listed = {*(found.manifest.get("files") or {})} | {
        path for path in held if path.split("/")[0] in names() and path.endswith((".parquet", ".jsonl"))
    }
    same = {path for path in files.keys() & held.keys() if equal(files[path], held[path], manifest["files"].get(path))}
    return Plan(
        release,
        repo,
        manifest,
        files,
        found,
        add=sorted(files.keys() - held.keys()),
        change=sorted(files.keys() & held.keys() - same),
        delete=sorted((listed & held.keys()) - files.keys()),
        same=sorted(same),
    )


def push(plan: Plan, api: "HfApi", *, private: bool = True, tag: str | None = None, told: str = "") -> Pushed:
    """Do what the plan says: create the repository where it is new, one commit on the planned state, then the tag.

    The tag is the first 12 digits of the fingerprint unless given; `told` goes into the commit's message. Where nothing changed
    only a missing tag is made. An answer that got lost is looked for on the Hub, so nothing is published twice.
    Raises UsageFault (tag taken, a public repository without `private=False`), BusyFault (the repository moved), DeniedFault,
    StorageFault.
    """
    if private and plan.there.private is False:
        raise UsageFault(f"{plan.repo} is public on the Hub: say --public if that is meant, or push to another repository")
    taken = plan.there.tags.get(tag or "")
    if taken and not (plan.nothing and taken == plan.there.commit):
        raise UsageFault(f"{plan.repo} has the tag {tag} already, on {taken[:12]}: choose another with --tag")
    tag = tag or plan.fingerprint[:12]  # where that stands, it names these bytes
    with faults(plan.repo):
        commit = plan.there.commit if plan.nothing else _commit(plan, api, private, told)
        assert commit is not None
        if tag not in plan.there.tags:
            _tag(plan, api, tag, commit)
    return Pushed(commit, tag, not plan.nothing)


def _but_card(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest without the hash of the card, which people write in."""
    return manifest | {"files": {name: sha for name, sha in (manifest.get("files") or {}).items() if name != "README.md"}}


def _commit(plan: Plan, api: "HfApi", private: bool, told: str) -> str:
    from huggingface_hub import CommitOperationDelete
    from huggingface_hub.errors import HTTPError

    operations: list[CommitOperationAdd | CommitOperationDelete] = [_addition(plan, name) for name in [*plan.add, *plan.change]]
    operations += [CommitOperationDelete(name) for name in plan.delete]
    parent = plan.there.commit or _made(plan, api, private)
    counts = plan.manifest.get("counts") or {}
    rows = ", ".join(f"{name} {sum(splits.values()):,}" for name, splits in sorted(counts.items()))
    title = f"{plan.manifest.get('name', 'release')} {plan.fingerprint[:12]}" + (f": {rows} rows" if rows else "")
    message: dict[str, Any] = {"commit_message": title, "commit_description": told}
    try:
        return str(api.create_commit(plan.repo, operations, **message, parent_commit=parent, **KIND).oid)
    except (HTTPError, OSError):
        if (arrived := _arrived(plan, api, parent)) is None:
            raise
        return arrived


def _made(plan: Plan, api: "HfApi", private: bool) -> str:
    """The first commit of a new repository."""
    api.create_repo(plan.repo, private=private, exist_ok=True, **KIND)
    found = state(api, plan.repo)
    if found is None or (private and not found[1]) or found[2].keys() - {".gitattributes", "README.md"}:
        raise BusyFault(f"{plan.repo} was made by somebody else meanwhile: look at it, and push again")
    return found[0]


def _arrived(plan: Plan, api: "HfApi", parent: str) -> str | None:
    """The commit of a push whose answer was lost, where the Hub has all that was sent; None where it has not, or cannot say."""
    from huggingface_hub.errors import HTTPError

    try:
        found = state(api, plan.repo)
    except (HTTPError, OSError):
        return None
    if found is None or found[0] == parent:
        return None
    there = found[2]
    whole = all(
        name in there and equal(content, there[name], plan.manifest["files"].get(name)) for name, content in plan.files.items()
    )
    return found[0] if whole and not there.keys() & set(plan.delete) else None


def _tag(plan: Plan, api: "HfApi", tag: str, commit: str) -> None:
    """Make the tag; where the answer was lost, or it came twice, the tag that stands there is looked at."""
    from huggingface_hub.errors import HTTPError

    try:
        api.create_tag(plan.repo, tag=tag, revision=commit, tag_message=f"winnow {plan.fingerprint}", **KIND)
    except (HTTPError, OSError):
        if commit not in {each.target_commit for each in api.list_repo_refs(plan.repo, **KIND).tags if each.name == tag}:
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
