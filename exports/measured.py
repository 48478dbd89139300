"""How well secrets and personal data are found in planted texts (seed 20230504); tests/edits/test_planted.py measures again."""

from typing import NamedTuple


class Measured(NamedTuple):
    """Of one kind: how many were planted, the share found whole, and the share of what was called so that is it."""

    planted: int
    recall: float
    precision: float


FOUND = {
    "secret": Measured(1300, 1.0, 0.999),
    "email": Measured(500, 1.0, 1.0),
    "iban": Measured(500, 1.0, 1.0),
    "national_id": Measured(500, 1.0, 1.0),
    "card": Measured(500, 1.0, 1.0),
    "phone": Measured(500, 0.942, 1.0),
    "ip": Measured(500, 1.0, 1.0),
}
NOT_COVERED = ("names of people", "postal addresses", "dates of birth", "user names", "numbers of passports and licences")
