"""What `winnow scavenge` does and says: nothing new is known without Prefect, and licences that differ are told."""

import json
import re
from pathlib import Path
from typing import Any

from flows import engine, runs
from flows.places import places
from schemas import recipe as recipes
from schemas.addresses import public
from schemas.recipe import Recipe
from sources import notes
from sources import scavenge as remote
from sources.scavenge import Fetched
from sources.wanted import folder


def bring(named: str, data: Path | None, as_json: bool, shown: bool) -> str:
    """Bring what a recipe declares; returns what to print. Raises the faults of `sources.scavenge`."""
    asked, where = recipes.load(runs.recipe_file(named)), (data or places().raw).resolve()
    done = brought(asked, where, shown=shown)
    return _json(asked, where, done) if as_json else _text(asked, where, done)


def brought(asked: Recipe, where: Path, *, shown: bool) -> list[Fetched]:
    """Every declared file of a recipe below `where`; Prefect is asked only where something is to be brought."""
    done = standing(asked, where)
    if done is None:
        engine.prepare(places())
        from flows.bring import scavenge

        try:
            done = scavenge(asked, where, progress=shown)
        except Exception as fault:
            raise runs.own(fault) from None
    return done


def standing(recipe: Recipe, data: Path) -> list[Fetched] | None:
    """Every file of the recipe, where all are there and nothing is new; None where something is to be brought."""
    listed = [
        each for name, spec in recipe.sources.items() for url in spec.urls or [] for each in remote.look(name, url, spec, data)
    ]
    found = [remote.standing(each) for each in remote.distinct(listed)]
    return None if None in found else [each for each in found if each]


def licenses(recipe: Recipe, done: list[Fetched]) -> list[str]:
    """One line for each source whose licence, as found, is not what its recipe says."""
    lines = []
    for name, spec in recipe.sources.items():
        for found in sorted({each.note.license for each in done if each.source == name and each.note.license} - {spec.license}):
            if spec.license == "unknown":
                lines.append(f"{name}: its card says the licence is {found}; the recipe names none, so write `license: {found}`")
            else:
                lines.append(
                    f"{name}: its card says the licence is {found}, the recipe says {spec.license}: make sure which holds"
                )
    return lines


def left(recipe: Recipe, data: Path, done: list[Fetched]) -> list[str]:
    """One line for each source whose address once had files that it has no more: `winnow run` would read them still."""
    lines, wanted = [], {each.path for each in done}
    for name, spec in recipe.sources.items():
        into = folder(spec.path, data)
        begun = tuple(re.split(r"[*?\[]|(?<=[^/])@", public(url))[0] for url in spec.urls or [])
        known = (each for each, note in notes.read(into).items() if begun and note.url.startswith(begun))
        gone = [each for each in known if into / each not in wanted and (into / each).is_file()]
        if gone:
            lines.append(
                f"{name}: {len(gone):,} files are no longer at their address; remove them from {into}: {', '.join(gone[:5])}"
            )
    return lines


def _text(recipe: Recipe, data: Path, done: list[Fetched]) -> str:
    new, size = sum(each.new for each in done), sum(each.note.size for each in done) / 1e6
    if not done:
        return f"{recipe.name}: no source says `from:`, so there is nothing to bring"
    said = f"{new:,} new, {len(done) - new:,} unchanged, {size:,.1f} MB in {data}"
    return "\n".join([*licenses(recipe, done), *left(recipe, data, done), said if new else f"nothing new: {said}"])


def _json(recipe: Recipe, data: Path, done: list[Fetched]) -> str:
    def line(each: Fetched) -> dict[str, Any]:
        note = {name: value for name, value in vars(each.note).items() if value is not None}
        return {"source": each.source, "path": each.path.relative_to(data).as_posix(), "new": each.new} | note

    new, size = sum(each.new for each in done), sum(each.note.size for each in done)
    told = {"new": new, "unchanged": len(done) - new, "bytes": size, "data": str(data), "licenses": licenses(recipe, done)}
    told["left"] = left(recipe, data, done)
    return json.dumps(told | {"files": [line(each) for each in done]}, sort_keys=True)
