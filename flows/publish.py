"""The flows that publish a release: change and gates looked at, then one commit on the Hub, and a tag; or files to any store."""

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import SecretStr

from exports import folders, hub, hub_state
from exports.leaving import Leaves
from flows import publishing
from flows.publishing import Offer, Shut
from flows.reporting import Whose

# No retries: a repository that moved is for people to look at, and the Hub's client tries again by itself where that is safe.
_ONCE: Any = {"cache_policy": NO_CACHE, "persist_result": False}


@task(task_run_name="look at {repo}", **_ONCE)
def look(release: Path, repo: str, private: bool, texts: Whose) -> tuple[Offer, hub.Plan]:
    """What would change, and the gates. Raises Shut where one is."""
    offer, plan = publishing.to_hub(release, repo, hub_state.client(), private=private, texts=texts)
    if not offer.open:
        raise Shut(offer)
    return offer, plan


@task(task_run_name="commit to {repo}", **_ONCE)
def commit(repo: str, plan: hub.Plan, private: bool, tag: str | None, told: str) -> hub.Pushed:
    """One commit on the state that was looked at, and its tag; nothing where the release is there."""
    return hub.push(plan, hub_state.client(), private=private, tag=tag, told=told)


@flow(name="publish", flow_run_name="publish-{repo}", persist_result=False)
def publish(
    release: Path, repo: str, *, private: bool = True, tag: str | None = None, texts: Whose = "kept"
) -> tuple[Offer, hub.Pushed]:
    """What `winnow push --yes` does. Raises Shut, and the faults of `exports.hub`."""
    offer, plan = look(release, repo, private, texts)
    pushed = commit(repo, plan, private, tag, offer.message)
    create_markdown_artifact(key="published", markdown=f"{repo} at `{pushed.commit}`, tag `{pushed.tag}`\n\n{offer.message}")
    return offer, pushed


@task(task_run_name="look at {where}", **_ONCE)
def look_there(where: str, release: Path, address: SecretStr, private: bool, texts: Whose) -> tuple[Offer, Leaves]:
    """As `look`, for a folder or bucket; `where` is its address as it may be shown."""
    offer, leaves = publishing.to_store(release, address.get_secret_value(), private=private, texts=texts)
    if not offer.open:
        raise Shut(offer)
    return offer, leaves


@task(task_run_name="put into {where}", **_ONCE)
def put(where: str, leaves: Leaves, address: SecretStr) -> bool:
    """Every file, the pointer to the release last; False where it stood there already."""
    return folders.put(*leaves, address.get_secret_value())


@flow(name="publish", flow_run_name="publish-{where}", persist_result=False)
def publish_there(
    where: str, release: Path, address: SecretStr, *, private: bool = True, texts: Whose = "kept"
) -> tuple[Offer, bool]:
    """What `winnow push --to --yes` does. Prefect remembers what a flow is given, and of a secret that it was one."""
    offer, leaves = look_there(where, release, address, private, texts)
    new = put(where, leaves, address)
    create_markdown_artifact(key="published", markdown=f"{where}, release `{release.name}`\n\n{offer.message}")
    return offer, new
