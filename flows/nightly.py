"""The flow for a schedule: bring what is new, then make the release of a recipe. Nothing new: it says so and ends well."""

from pathlib import Path

from prefect import flow, get_run_logger

from flows import runs
from flows.bring import scavenge
from flows.curate import curate
from flows.places import places


@flow(name="nightly", flow_run_name="nightly-{recipe}", persist_result=False)
def nightly(recipe: str = "everyday", data: Path | None = None, out: Path | None = None) -> str:
    """`recipe` is a file or a name in recipes/. Returns the folder of the release that now stands."""
    asked = runs.load(recipe, [])
    data, out = (data or places().raw).resolve(), (out or places().releases).resolve()
    if any(spec.urls for spec in asked.sources.values()):
        scavenge(asked, data)
    planned, _ = runs.plan_for(recipe, [], data, out, [])
    if (standing := runs.standing(planned, out)) is not None:
        get_run_logger().info("nothing new: %s stands", standing)
        return str(standing)
    return str(curate(asked, data, out))
