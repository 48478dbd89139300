"""What the Hub's client says when it fails, in our words and with our exit codes; a token is never part of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.faults import BusyFault, DataFault, DeniedFault, Fault, StorageFault


@contextmanager
def faults(repo: str) -> Iterator[None]:
    """The client's errors as ours: 401, 403 Denied; 409, 412 Busy; network, 429, 5xx Storage; any other Data."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, HTTPError, LocalTokenNotFoundError

    try:
        yield
    except Fault:
        raise
    except LocalTokenNotFoundError:
        raise DeniedFault("the Hub asks for a token: `hf auth login`, or set HF_TOKEN, and push again") from None
    except HfHubHTTPError as error:
        raise _refused(
            error.response.status_code if error.response is not None else 0, repo, str(error.server_message or error)
        ) from None
    except (HTTPError, OSError) as error:
        raise StorageFault(
            f"{repo}: the Hub cannot be reached ({_clean(str(error) or type(error).__name__)}): try again"
        ) from None
    except (HFValidationError, ValueError) as error:
        raise DataFault(f"{repo}: the Hub's client refused: {_clean(str(error))}") from None


def _refused(status: int, repo: str, message: str) -> Fault:
    told = _clean(message)
    if status in (401, 403):
        return DeniedFault(
            f"{repo}: the Hub said no ({status}): log in with `hf auth login`, with a token that may write there. {told}"
        )
    if status in (409, 412):
        return BusyFault(f"{repo} moved since the plan was made ({status}): look at what changed there, and push again. {told}")
    if status in (0, 429) or status >= 500:
        return StorageFault(f"{repo}: the Hub failed ({status}): try again. {told}")
    return DataFault(f"{repo}: the Hub refused ({status}): {told}")


def _clean(message: str) -> str:
    """A message in one line, with nothing in it that looks like a token."""
    return " ".join(re.sub(r"(hf_|Bearer )\S+", "[token]", message).split())[:300]
