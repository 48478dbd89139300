"""winnow push: a release to the Hub, or to any folder or bucket."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from flows.gates import Gate
    from flows.publishing import Offer

Done = dict[str, Any]  # commit, tag, and whether anything was sent; empty where nothing was to be


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
    texts: Annotated[
        Literal["all", "kept", "none"], typer.Option(help="whose texts the published report.html shows, masked")
    ] = "kept",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
) -> None:
    """Show what a push would change, and what the gates say; with --yes do it, in one commit, and tag it.

    Private unless --public. The token is the Hub's own business: HF_TOKEN, or `hf auth login`.
    """
    from pathlib import Path

    from flows import gates, publishing, releases
    from flows.places import places
    from schemas.addresses import public
    from schemas.faults import DeniedFault, StorageFault, UsageFault

    if (repo is None) == (to is None):
        raise UsageFault("say where to: OWNER/NAME on the Hub, or --to FOLDER (or s3://..., or what else fsspec knows)")
    if to and tag:
        raise UsageFault("--tag is for the Hub: in a folder or bucket a release is named by its fingerprint")
    folder = Path(releases.find(release, places()))
    say = _json if as_json else _text
    try:
        how: dict[str, Any] = {"yes": yes, "private": private, "texts": texts}
        print(say(*(_to_hub(folder, repo, tag=tag, **how) if repo else _to_store(folder, to or "", **how))))
    except publishing.Shut as shut:
        print(say(shut.offer, {}))
        raise
    except (StorageFault, DeniedFault):  # the gates need no network
        looked = gates.look(folder, public=not private)
        print(
            json.dumps({"repo": repo or public(to or ""), "gates": _gates(looked)}, sort_keys=True)
            if as_json
            else "\n".join(map(_gate, looked))
        )
        raise


def _to_hub(release: "Path", repo: str, *, yes: bool, private: bool, tag: str | None, texts: Any) -> "tuple[Offer, Done]":
    """What a push would do, or did. Raises Shut, and the faults of `exports.hub`."""
    import sys

    from huggingface_hub.utils import disable_progress_bars

    from exports import hub_state
    from flows import engine, publishing, runs
    from flows.places import places

    if not sys.stderr.isatty():
        disable_progress_bars()
    if not yes:
        return _open(publishing.to_hub(release, repo, hub_state.client(), private=private, texts=texts)[0]), {}
    engine.prepare(places())
    from flows.publish import publish

    try:
        offer, pushed = publish(release, repo, private=private, tag=tag, texts=texts)
    except Exception as fault:
        raise runs.own(fault) from None
    return offer, {"commit": pushed.commit, "tag": pushed.tag, "pushed": pushed.new}


def _to_store(release: "Path", to: str, *, yes: bool, private: bool, texts: Any) -> "tuple[Offer, Done]":
    """As `_to_hub`. An address may hold a password: Prefect is told the rest of it."""
    from flows import engine, publishing, runs
    from flows.places import places

    if not yes:
        return _open(publishing.to_store(release, to, private=private, texts=texts)[0]), {}
    engine.prepare(places())
    from pydantic import SecretStr

    from flows.publish import publish_there
    from schemas.addresses import public

    try:
        offer, new = publish_there(public(to), release, SecretStr(to), private=private, texts=texts)
    except Exception as fault:
        raise runs.own(fault) from None
    return offer, {"pushed": new}


def _open(offer: "Offer") -> "Offer":
    from flows.publishing import Shut

    if not offer.open:
        raise Shut(offer)
    return offer


def _json(offer: "Offer", done: Done) -> str:
    rows = {name: getattr(offer.change, name) for name in ("since", "added", "removed", "changed")}
    told = {"repo": offer.where, "visibility": offer.visibility, "fingerprint": offer.facts["fingerprint"], "bytes": offer.bytes}
    more = {"nothing": offer.nothing, "rows": rows, "gates": _gates(offer.gates)}
    return json.dumps(told | offer.files | more | done, sort_keys=True)


def _gates(looked: "list[Gate]") -> list[dict[str, Any]]:
    return [{"gate": gate.name, "open": gate.open, "told": gate.told} for gate in looked]


def _text(offer: "Offer", done: Done) -> str:
    tag = f"; tag {done['tag']}" if "tag" in done else ""
    lines = [f"{mark} {name}" for mark, key in (("+", "add"), ("~", "change"), ("-", "delete")) for name in offer.files[key]]
    words = {"add": "new", "change": "changed", "delete": "taken away", "same": "the same"}
    counts = ", ".join(f"{len(offer.files[key])} {word}" for key, word in words.items())
    lines = [] if offer.nothing else [*lines, "", f"files    {counts}; {offer.bytes:,} bytes to send"]
    lines += [f"rows     {offer.change.told}", *(_gate(gate) for gate in offer.gates), ""]
    where = f"{offer.where} ({offer.visibility})"
    if offer.nothing and (done or offer.open):
        end = f"{where} has {offer.facts['fingerprint'][:12]} already: nothing to do{tag}"
    elif done:
        commit = f"commit {done['commit'][:12]}" if "commit" in done else f"release {offer.facts['fingerprint'][:12]}"
        end = f"{where}: {commit}{tag}"
    elif offer.open:
        end = f"{where}: nothing was sent: say --yes to do it"
    else:
        end = f"{where}: nothing was sent"
    return "\n".join([*lines, end])


def _gate(gate: "Gate") -> str:
    return f"gate     {'open' if gate.open else 'SHUT':5} {gate.name}: {gate.told}"
