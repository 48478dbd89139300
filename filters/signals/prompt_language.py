"""Which language the user writes in: who asks for a translation writes in one language and is answered in another."""

import numpy as np
import pyarrow as pa

from ._talk import USER, Columns, Talk
from .language import beginning, identify

ROW = {"prompt_language": (pa.string(), "language of the user's turns (ISO 639), `und` where fewer than 20 letters tell")}
_MOST = 240  # characters


def measure(talk: Talk) -> Columns:
    """As `language`, over the user's side alone."""
    return {"prompt_language": identify(beginning(talk, np.flatnonzero(talk.role == USER), _MOST))[0]}
