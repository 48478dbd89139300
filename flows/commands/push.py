"""winnow push: a release to the Hub, or to any folder or bucket."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from flows.publishing import Offer


def command(
    release: Annotated[str, typer.Argument(help="a release's folder or name")],
    repo: Annotated[str | None, typer.Argument(help="OWNER/NAME of a dataset on the Hub")] = None,
    *,
    to: Annotated[
        str | None, typer.Option(help="a folder, or an address that fsspec knows (s3://...), instead of the Hub")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do it; without it, only say what would change")] = False,
    private: Annotated[bool, typer.Option("--private/--public", help="who may see a new repository")] = True,
    tag: Annotated[str | None, typer.Option(help="name of the tag  [default: 12 digits of the fingerprint]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Show what a push would change, and what the gates say; with --yes do it, in one commit, and tag it.

    Private unless --public. The token is the Hub's own business: HF_TOKEN, or `hf auth login`.
    """
    from flows import gates, releases
    from flows.places import places
    from schemas.faults import UsageFault

    if (repo is None) == (to is None):
        raise UsageFault("say where to: OWNER/NAME on the Hub, or --to FOLDER (or s3://..., or what else fsspec knows)")
    if to and tag:
        raise UsageFault("--tag is for the Hub: in a folder or bucket a release is named by its fingerprint")
    folder = str(releases.find(release, places()))
    told, found = publish(folder, repo, to=to, yes=yes, private=private, tag=tag, as_json=as_json)
    print(told)
    gates.check(found)


def publish(
    folder: str,
    repo: str | None,
    *,
    to: str | None = None,
    yes: bool = False,
    private: bool = True,
    tag: str | None = None,
    as_json: bool = False,
) -> tuple[str, list[Any]]:
    """What to print, and the gates; pushed with `yes` where all are open. Raises the faults of `exports.hub` and `folders`."""
    from pathlib import Path

    from exports import folders, hub
    from flows import publishing

    release, done = Path(folder), dict[str, Any]()
    if repo:
        api = _client()
        offer, plan = publishing.to_hub(release, repo, api, private=private)
        if yes and all(gate.open for gate in offer.gates):
            pushed = hub.push(plan, api, private=private, tag=tag, told=offer.message)
            done = {"commit": pushed.commit, "tag": pushed.tag, "pushed": pushed.new}
    else:
        assert to
        offer = publishing.to_store(release, to, private=private)
        if yes and all(gate.open for gate in offer.gates):
            done = {"pushed": folders.put(release, to)}
    return (_json if as_json else _text)(offer, done), offer.gates


def _client() -> Any:
    import sys

    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    return HfApi()


def _json(offer: "Offer", done: dict[str, Any]) -> str:
    rows = {name: getattr(offer.change, name) for name in ("since", "added", "removed", "changed")}
    told = {"repo": offer.where, "visibility": offer.visibility, "fingerprint": offer.facts["fingerprint"], "bytes": offer.bytes}
    gates = [{"gate": gate.name, "open": gate.open, "told": gate.told} for gate in offer.gates]
    return json.dumps(told | offer.files | {"nothing": offer.nothing, "rows": rows, "gates": gates} | done, sort_keys=True)


def _text(offer: "Offer", done: dict[str, Any]) -> str:
    tag = f"; tag {done['tag']}" if "tag" in done else ""
    lines = [f"{mark} {name}" for mark, key in (("+", "add"), ("~", "change"), ("-", "delete")) for name in offer.files[key]]
    words = {"add": "new", "change": "changed", "delete": "taken away", "same": "the same"}
    counts = ", ".join(f"{len(offer.files[key])} {word}" for key, word in words.items())
    lines = [] if offer.nothing else [*lines, "", f"files    {counts}; {offer.bytes:,} bytes to send"]
    lines += [f"rows     {offer.change.told}", *(_gate(gate) for gate in offer.gates), ""]
    where = f"{offer.where} ({offer.visibility})"
    if offer.nothing and (done or all(gate.open for gate in offer.gates)):
        end = f"{where} has {offer.facts['fingerprint'][:12]} already: nothing to do{tag}"
    elif done:
        commit = f"commit {done['commit'][:12]}" if "commit" in done else f"release {offer.facts['fingerprint'][:12]}"
        end = f"{where}: {commit}{tag}"
    elif all(gate.open for gate in offer.gates):
        end = f"{where}: nothing was sent: say --yes to do it"
    else:
        end = f"{where}: nothing was sent"
    return "\n".join([*lines, end])


def _gate(gate: Any) -> str:
    return f"gate     {'open' if gate.open else 'SHUT':5} {gate.name}: {gate.told}"
