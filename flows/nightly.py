"""The flow for a schedule: bring what is new, make the release of a recipe, publish it where asked. Nothing new: it ends well."""

from pathlib import Path

from prefect import flow, get_run_logger

from flows import runs
from flows.bring import scavenge
from flows.curate import curate
from flows.places import places
from flows.publish import publish


@flow(name="nightly", flow_run_name="nightly-{recipe}", persist_result=False)
def nightly(
    recipe: str = "everyday", data: Path | None = None, out: Path | None = None, repo: str | None = None, private: bool = True
) -> str:
    """`recipe` is a file or a name in recipes/, `repo` OWNER/NAME on the Hub. Returns the folder of the release that stands."""
    asked = runs.load(recipe, [])
    data, out = (data or places().raw).resolve(), (out or places().releases).resolve()
    if any(spec.urls for spec in asked.sources.values()):
        scavenge(asked, data)
    planned, _ = runs.plan_for(recipe, [], data, out, [])
    release = runs.standing(planned, out)
    if release is not None:
        get_run_logger().info("nothing new: %s stands", release)
    else:
        release = curate(asked, data, out)
    if repo:
        publish(Path(release), repo, private=private)
    return str(release)
