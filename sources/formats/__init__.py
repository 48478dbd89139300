"""One file per dump format; a new file here is a new format, found by its name.

`looks(value) -> float` says from 0 to 1 how much one decoded record is of this format. `rows(value)` yields dicts with any
fields of a row except id, source, license, origin, records and fingerprint; several rows are one group unless they name their
own `group_id`. It raises `turns.Unreadable` to quarantine the record, `turns.NoRow` to drop it. A format whose records
need each other defines `gather(values)` instead, from (number, value) to (numbers, row or NoRow).

A dump that is known for certain faults may name them in `faults(value) -> list[str]`, which become flags of the rows, and mend
them in `repair(value) -> value`, where a source asks for it. Scores are turned so that higher is better; what they mean stands
in the docstring. Nothing else knows a format's name: a file here and a sample in `tests/dumps/` are all it takes.
"""
