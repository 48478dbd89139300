"""Files of a dataset on the Hugging Face Hub, pinned to the commit found: `hf://datasets/OWNER/NAME[@revision][/path]`.

The Hub's own client reads addresses, lists, and knows the token (HF_TOKEN, or its login), at call time and never earlier. The
bytes come by `web`, because the client's `hf_hub_download` takes the old file away first and begins again after a kill.
"""

import glob
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from fsspec.utils import glob_translate

from schemas.addresses import clean, public
from schemas.faults import DeniedFault, Fault, MissingFault, UsageFault
from sources import licence
from sources.wanted import NetworkFault, Remote

_GRAMMAR = "write hf://datasets/OWNER/NAME, hf://datasets/OWNER/NAME@revision or .../folder/*.jsonl"


def look(url: str) -> list[Remote]:
    """The files of an address at the newest commit of its revision, with their hashes and the licence of the dataset's card."""
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.hf_api import RepoFile

    repo, revision, inside = _parts(url)
    api = HfApi(library_name="winnow")
    with _faults(url, repo, api.endpoint):
        info = api.dataset_info(repo, revision=revision, timeout=60)
        if info.gated and not get_token():
            raise DeniedFault(f"{public(url)}: {_gate(api.endpoint, repo)}")
        tree = api.list_repo_tree(repo, recursive=True, revision=info.sha, repo_type="dataset")
        files = [each for each in tree if isinstance(each, RepoFile)]
    license, found = _license(info.card_data), _chosen(files, inside)
    if not found:
        shown = ", ".join(sorted(each.path for each in files)[:5]) or "nothing"
        raise MissingFault(f"{public(url)}: no file of {repo} lies there; it holds {shown}{' ...' if len(files) > 5 else ''}")
    return [_remote(repo, str(info.sha), each, name, license) for each, name in found]


def request(remote: Remote) -> tuple[str, dict[str, str]]:
    """The https:// address of a file, and the headers that say who asks."""
    from huggingface_hub import HfApi, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    repo, revision, inside = _parts(remote.url)
    endpoint = HfApi().endpoint
    url = hf_hub_url(repo, inside, repo_type="dataset", revision=revision, endpoint=endpoint)
    return url, {name.title(): value for name, value in build_hf_headers(library_name="winnow").items()}


@contextmanager
def _faults(url: str, repo: str = "", endpoint: str = "") -> Iterator[None]:
    """What the client raises, as ours."""
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HTTPError, RevisionNotFoundError

    try:
        yield
    except Fault:
        raise
    except GatedRepoError:
        raise DeniedFault(f"{public(url)}: {_gate(endpoint, repo)}") from None
    except RevisionNotFoundError:
        raise MissingFault(f"{public(url)}: {repo} has no such revision; {_GRAMMAR}") from None
    except HfHubHTTPError as error:
        raise _refused(url, error.response.status_code, endpoint, repo) from None
    except (HTTPError, OSError) as error:
        said = clean(error, url) or type(error).__name__
        raise NetworkFault(f"{public(url)}: the Hub cannot be reached ({said}); try again") from None
    except ValueError as error:
        raise UsageFault(f"{public(url)}: {clean(error, url)}") from None


def denied(remote: Remote) -> DeniedFault:
    """What to do where the Hub refuses a file that it lists."""
    from huggingface_hub import HfApi

    return DeniedFault(f"{public(remote.url)}: {_gate(HfApi().endpoint, _parts(remote.url)[0])}")


def _refused(url: str, status: int, endpoint: str, repo: str) -> Fault:
    if status in (401, 403, 404):
        who = f"there is no dataset {repo} for you ({status}): it is private, or its name is another"
        kind = MissingFault if status == 404 else DeniedFault
        return kind(f"{public(url)}: {who}; look at {endpoint}/datasets/{repo}, {_token()}")
    kinds = NetworkFault if status == 429 or status >= 500 else UsageFault
    return kinds(f"{public(url)}: the Hub says {status}; try again")


def _gate(endpoint: str, repo: str) -> str:
    return f"{repo} is gated: accept its terms at {endpoint}/datasets/{repo}, {_token()}"


def _token() -> str:
    return "then set HF_TOKEN to a token of yours that may read it (export HF_TOKEN=hf_..., or `hf auth login`)"


def _parts(url: str) -> tuple[str, str | None, str]:
    """Repository, revision and path of an address."""
    from huggingface_hub.utils import parse_hf_uri

    try:
        found = parse_hf_uri(url)
    except ValueError as error:
        raise UsageFault(f"{public(url)}: {clean(error, url)} {_GRAMMAR}") from None
    if found.type != "dataset":
        raise UsageFault(f"{public(url)}: a {found.type}, and only datasets are read; {_GRAMMAR}")
    return found.id, found.revision, found.path_in_repo


def _remote(repo: str, commit: str, file: Any, name: str, license: str | None) -> Remote:
    sha256 = file.lfs.sha256 if file.lfs else None
    url = f"hf://datasets/{repo}@{commit}/{file.path}"
    return Remote(url, name, sha256 or file.blob_id, file.size, sha256, None if sha256 else file.blob_id, commit, license)


def _chosen(files: list[Any], inside: str) -> list[tuple[Any, str]]:
    """The files that an address means, and their names below it: one file, all of a folder, or those of a pattern."""
    exact = [(each, PurePosixPath(each.path).name) for each in files if each.path == inside]
    if exact or not glob.has_magic(inside):
        base = inside.rstrip("/") + "/" if inside else ""
        return exact or [(each, each.path.removeprefix(base)) for each in files if each.path.startswith(base)]
    steps = inside.split("/")
    base = "".join(f"{step}/" for step in steps[: next(at for at, step in enumerate(steps) if glob.has_magic(step))])
    pattern = re.compile(glob_translate(inside))
    return [(each, each.path.removeprefix(base)) for each in files if pattern.match(each.path)]


def _license(card: Any) -> str | None:
    """The licence of a card."""
    return licence.said({name: getattr(card, name, None) for name in ("license", "license_name")})
