"""winnow push: a release to the Hub."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from exports.hub import Plan, Pushed


def command(
    release: Annotated[str, typer.Argument(help="a release's folder or name")],
    repo: Annotated[str, typer.Argument(help="OWNER/NAME of a dataset on the Hub")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="do it; without it, only say what would change")] = False,
    private: Annotated[bool, typer.Option("--private/--public", help="who may see a new repository")] = True,
    tag: Annotated[str | None, typer.Option(help="name of the tag  [default: 12 digits of the fingerprint]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Show what a push would change; with --yes do it, in one commit, and tag it. Private unless --public."""
    from flows import releases
    from flows.places import places

    print(publish(str(releases.find(release, places())), repo, yes=yes, private=private, tag=tag, as_json=as_json))


def publish(
    folder: str, repo: str, *, yes: bool = False, private: bool = True, tag: str | None = None, as_json: bool = False
) -> str:
    """Plan, and with `yes` push; returns what to print. Raises the faults of `exports.hub`."""
    import sys
    from pathlib import Path

    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars

    from exports import hub

    if not sys.stderr.isatty():
        disable_progress_bars()
    api = HfApi()
    planned = hub.plan(Path(folder), repo, api)
    done = hub.push(planned, api, private=private, tag=tag) if yes else None
    return _json(planned, done) if as_json else _text(planned, done)


def _json(plan: "Plan", done: "Pushed | None") -> str:
    changes = {"add": plan.add, "change": plan.change, "delete": plan.delete, "same": plan.same}
    told = {"repo": plan.repo, "fingerprint": plan.fingerprint, "nothing": plan.nothing, **changes}
    return json.dumps(told | ({"commit": done.commit, "tag": done.tag, "pushed": done.new} if done else {}), sort_keys=True)


def _text(plan: "Plan", done: "Pushed | None") -> str:
    if plan.nothing:
        return f"{plan.repo} has {plan.fingerprint[:12]} already: nothing to do" + (f"; tag {done.tag}" if done else "")
    lines = [f"{mark} {name}" for mark, names in (("+", plan.add), ("~", plan.change), ("-", plan.delete)) for name in names]
    counts = f"{len(plan.add)} new, {len(plan.change)} changed, {len(plan.delete)} taken away, {len(plan.same)} the same"
    if done:
        return "\n".join([*lines, f"{plan.repo}: {counts}; commit {done.commit[:12]}, tag {done.tag}"])
    where = f"{plan.repo} (new)" if plan.parent is None else plan.repo
    return "\n".join([*lines, f"{where}: {counts}; nothing was sent: say --yes to do it"])
