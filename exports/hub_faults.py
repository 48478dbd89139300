"""What the Hub's client says when it fails, in our words and with our exit codes; a token is never part of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from schemas.faults import BusyFault, DataFault, DeniedFault, Fault, MissingFault, StorageFault


@contextmanager
def faults(repo: str) -> Iterator[None]:
    """The client's errors as ours: 401, 403 Denied; 404 Missing; 409, 412 Busy; network, 429, 5xx Storage; any other Data."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, HTTPError, LocalTokenNotFoundError

    try:
        yield
    except Fault:
        raise
    except LocalTokenNotFoundError:
        raise DeniedFault("the Hub asks for a token: `hf auth login`, or set HF_TOKEN, and try again") from None
    except HfHubHTTPError as error:
        raise _refused(error.response, repo, _clean(str(error.server_message or error))) from None
    except (HTTPError, OSError) as error:
        raise StorageFault(f"{repo}: {_silent(error)}; nothing is published twice, so just try again") from None
    except (HFValidationError, ValueError) as error:
        raise DataFault(f"{repo}: the Hub's client refused: {_clean(str(error))}") from None


def _refused(response: Any, repo: str, told: str) -> Fault:
    status = 0 if response is None else int(response.status_code)
    if status in (401, 403):
        return DeniedFault(
            f"{repo}: the Hub said no ({status}): `hf auth login`, or set HF_TOKEN, with a token that may do that. {told}"
        )
    if status == 404:
        return MissingFault(
            f"{repo}: the Hub has no such repository, owner or revision that your token may see (404): check the name. {told}"
        )
    if status in (409, 412):
        return BusyFault(
            f"{repo} moved since the plan was made ({status}), and nothing was published: see what changed there with "
            f"`winnow push` without --yes, then push again. {told}"
        )
    if status == 429:
        wait = re.fullmatch(r"\d{1,5}", response.headers.get("Retry-After") or "")
        return StorageFault(
            f"{repo}: too many requests for the Hub (429): try again in {wait[0] + ' s' if wait else 'some minutes'}. {told}"
        )
    if status == 0 or status >= 500:
        return StorageFault(f"{repo}: the Hub failed ({status}): nothing is published twice, so just try again. {told}")
    return DataFault(f"{repo}: the Hub refused ({status}): {told}")


def _silent(error: Exception) -> str:
    """What kept the Hub from answering."""
    said = _clean(str(error) or type(error).__name__)
    if "timeout" in type(error).__name__.lower():
        return f"the Hub did not answer in time ({said})"
    return f"the Hub cannot be reached ({said})"


def _clean(message: str) -> str:
    """A message in one line, with nothing in it that looks like a token."""
    return " ".join(re.sub(r"(hf_|Bearer )\S+", "[token]", message).split())[:300]
