"""A release to the Hub or to any store, and back: what would change beside what is published, and the gates before it leaves."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from exports import card as cards
from exports import card_merge, fetch, folders, hub, hub_state, leaving
from flows import diffing, gates, releases, reporting
from flows.places import places
from flows.reporting import Whose
from schemas.addresses import public as shown
from schemas.faults import DataFault, MissingFault, UsageFault

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_ENTRIES = 20  # of a card's changelog


@dataclass(frozen=True)
class Change:
    """Rows against the release that is published there now; `since` is its fingerprint, None where there is none."""

    since: str | None
    added: int
    removed: int
    changed: int
    told: str  # the same in words
    markdown: str = ""  # an entry of the card's changelog


@dataclass(frozen=True)
class Offer:
    """What a push would do, and whether it may."""

    where: str
    visibility: str
    facts: dict[str, Any]
    files: dict[str, list[str]]  # add, change, delete, same: names
    bytes: int
    nothing: bool
    change: Change
    gates: list[gates.Gate]

    @property
    def open(self) -> bool:
        """Whether all gates are."""
        return all(gate.open for gate in self.gates)

    @property
    def message(self) -> str:
        """What a commit says below its title: the funnel, and what changed."""
        return f"{self.change.told}\n\n{funnel(self.facts['funnel'])}"


class Shut(DataFault):
    """Gates that are shut: what a push would do, and what they say."""

    def __init__(self, offer: Offer) -> None:
        super().__init__(gates.refusal(offer.gates))
        self.offer = offer


def to_hub(release: Path, repo: str, api: "HfApi", *, private: bool, texts: Whose = "kept") -> tuple[Offer, hub.Plan]:
    """Look at the gates, plan, and compare with what the repository holds. Nothing is sent. Raises as `hub_state.there`.

    The card keeps what people wrote in the one that is there, and tells what changed; the report shows `texts`.
    """
    sound, (facts, files) = _sound(release, repo, private=private)
    there = hub_state.there(repo, api)
    if there.fingerprint == facts["fingerprint"]:
        change = Change(there.fingerprint, 0, 0, 0, "the same release is there")
    elif there.fingerprint:
        held, hashes = files.keys() & there.files.keys(), facts["files"]
        near = {name for name in held if hub_state.equal(files[name], there.files[name], hashes.get(name))}
        change = _since(release, hub_state.reader(api, repo, there.commit)[1], repo, near)
    else:
        change = _first(release)
    dressed = _dressed(release, (facts, files), there, api=api, repo=repo, texts=texts, change=change)
    plan = hub.plan(release, repo, there, *dressed)
    found = {"add": plan.add, "change": plan.change, "delete": plan.delete, "same": plan.same}
    made = "" if there.commit else "new, "
    seen = "private" if (private if there.private is None else there.private) else "public"
    public = not private or there.private is False
    how: dict[str, Any] = {"files": found, "size": plan.bytes, "nothing": plan.nothing, "change": change, "public": public}
    return _offer(release, repo, f"{made}{seen}", sound, **how), plan


def to_store(release: Path, address: str, *, private: bool, texts: Whose = "kept") -> tuple[Offer, leaving.Leaves]:
    """As `to_hub`, for a folder or bucket: each release has a folder of its own there, so nothing is taken away."""
    sound, leaves = _sound(release, shown(address), private=private)
    facts, files = _reported(release, leaves, texts)
    there = folders.current(address)
    lacking = folders.lacks(facts, files, address) if there == facts["fingerprint"] else sorted(files)
    if there == facts["fingerprint"]:
        change = Change(there, 0, 0, 0, "the same release is there")
    elif there:
        change = _since(release, folders.reader(address, None)[1], shown(address), set())
    else:
        change = _first(release)
    same = sorted(files.keys() - set(lacking))
    found = {"add": [] if same else lacking, "change": lacking if same else [], "delete": [], "same": same}
    size, nothing = sum(leaving.size(files[name]) for name in lacking), not lacking
    how: dict[str, Any] = {"files": found, "size": size, "nothing": nothing, "change": change, "public": not private}
    return _offer(release, shown(address), "whoever may read that place", sound, **how), (facts, files)


def pull(get: fetch.Get, where: str, out: Path) -> Path:
    """A published release into `out`/NAME/FINGERPRINT, checked; `current` there moves only where there was none. Its folder.

    Raises DataFault where bytes are not those of its manifest, or what the reader raises.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".pull-") as holder:
        draft = Path(holder) / "release"
        facts = fetch.manifest(get, draft, where)
        folder = out / facts["name"] / facts["fingerprint"]
        if not releases.whole(folder):
            fetch.files(get, draft, facts)
            releases.settle(draft, folder)
    if not (folder.parent / "current").exists():
        releases.switch(folder)
    return folder


def funnel(lines: list[dict[str, Any]]) -> str:
    """What came in and what left at each step, as text in columns."""
    rows, words = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for line in lines:
        at = (line["stage"] or "", line["reason"] or "")
        rows[at] += line["rows"] or 0
        words[at] += line["words"] or 0
    wide = max((len(reason) for _, reason in rows), default=0)
    return "\n".join(
        f"{stage:8} {reason:{wide}} {rows[stage, reason]:>12,} rows {words[stage, reason]:>14,} words" for stage, reason in rows
    )


def _sound(release: Path, where: str, *, private: bool) -> tuple[gates.Gate, leaving.Leaves]:
    """The open gate `files`, and what may leave. Raises Shut where it is not: then there is nothing to compare."""
    gate, leaves = gates.checked(release)
    if leaves is None:
        change = Change(None, 0, 0, 0, "not compared with what is there")
        files: dict[str, list[str]] = {"add": [], "change": [], "delete": [], "same": []}
        how: dict[str, Any] = {"files": files, "size": 0, "nothing": False, "change": change, "public": not private}
        raise Shut(_offer(release, where, "private" if private else "public", gate, **how))
    return gate, leaves


def _offer(
    release: Path,
    where: str,
    visibility: str,
    sound: gates.Gate,
    *,
    files: dict[str, list[str]],
    size: int,
    nothing: bool,
    change: Change,
    public: bool,
) -> Offer:
    looked = gates.look(release, public=public, files=sound)
    facts = releases.manifest(release) | {"funnel": pq.read_table(release / "funnel.parquet").to_pylist() if sound.open else []}
    return Offer(where, visibility, facts, files, size, nothing, change, looked)


def _dressed(
    release: Path, leaves: leaving.Leaves, there: hub_state.There, *, api: "HfApi", repo: str, texts: Whose, change: Change
) -> leaving.Leaves:
    """What leaves for the Hub: the release with its report and card for that place. Of a release that is there both stay."""
    card, (facts, _) = hub_state.held(api, repo, there, "README.md"), leaves
    if there.fingerprint == facts["fingerprint"] and there.manifest.get("texts", "kept") == texts and card is not None:
        report = hub_state.held(api, repo, there, "report.html") if texts != "kept" else None
        return leaving.instead(*leaves, {"README.md": card} | ({"report.html": report} if report else {}), **_fact(texts))
    old = (card or b"").decode("utf-8", "replace")
    told = "\n\n".join(part for part in (change.markdown, _earlier(old)) if part)
    new = card_merge.merged(old, cards.card(release, repo, told))
    return leaving.instead(*_reported(release, leaves, texts), {"README.md": new.encode()})


def _earlier(card: str) -> str:
    """The last entries of a card's changelog."""
    return "\n\n### ".join(card_merge.changelog(card).split("\n\n### ")[: _ENTRIES - 1])


def _reported(release: Path, leaves: leaving.Leaves, texts: Whose) -> leaving.Leaves:
    """The report with these texts in place of the release's own, which has those of kept rows."""
    facts, files = leaves
    if "report.html" not in files or facts.get("texts", "kept") == texts:
        return leaves
    [made] = reporting.made(places(), release, texts, leaves=True)
    return leaving.instead(facts, files, {"report.html": made.encode()}, **_fact(texts))


def _fact(texts: Whose) -> dict[str, Any]:
    return {"texts": texts} if texts != "kept" else {}


def _first(release: Path, why: str = "") -> Change:
    """All rows are new."""
    rows = len(pq.read_table(release / "ledger.parquet", columns=["id"], filters=[("fate", "=", "kept")]))
    return Change(None, rows, 0, 0, f"the first release there: {rows:,} rows" if not why else f"{rows:,} rows; {why}")


def _since(release: Path, get: fetch.Get, where: str, same: set[str]) -> Change:
    """The difference to what is published, which is brought for it, but for files that are the same here."""

    def near(name: str, into: Path) -> None:
        if name in same:
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(release / name, into / name)
        else:
            get(name, into)

    with tempfile.TemporaryDirectory(prefix="winnow-published-") as holder:
        draft = Path(holder)
        try:
            facts = fetch.manifest(near, draft, where)
            fetch.files(near, draft, facts, _compared)
            found = diffing.diff(draft, release)
            markdown = diffing.markdown(draft, release, found)
        except (DataFault, MissingFault, UsageFault) as fault:
            return _first(release, f"what is published there cannot be compared: {fault}")
    each, since = Counter(found["change"].to_pylist()), str(facts["fingerprint"])
    counts = (each["added"], each["removed"], each["changed"])
    words = f"{counts[0]:,} rows added, {counts[1]:,} removed, {counts[2]:,} changed since {since[:12]}"
    return Change(since, *counts, words, markdown)


def _compared(name: str) -> bool:
    """Whether a difference is told from this file."""
    return name in ("ledger.parquet", "recipe.yaml") or name.startswith(("sft/", "preference/"))


def reader(named: str, revision: str | None) -> tuple[str, str, Callable[[str, Path], None]]:
    """Where a release is read from, the commit or fingerprint there, and what brings a file: OWNER/NAME, or an address."""
    if "://" in named or named.startswith((".", "/")) or (Path(named) / "current.json").is_file():
        return shown(named), *folders.reader(named, revision)
    return named, *hub_state.reader(hub_state.client(), named, revision)
