"""One file per dump format; a new file here is a new format, found by its name.

`looks(value) -> float` says from 0 to 1 how much one decoded record is of this format. `rows(value)` yields dicts with any
fields of a row except id, source, license, origin, records and fingerprint; several rows are one group unless they name their
own `group_id`. It raises `turns.Unreadable` to quarantine the record, `turns.NoRow` to drop it. A format whose records
need each other defines `gather(values)` instead, from (number, value) to (numbers, row or NoRow).

A dump that is known for certain faults may name them in `faults(value) -> list[str]`, which become flags of the rows, and mend
them in `repair(value) -> value`, where a source asks for it. Scores are turned so that higher is better; what they mean stands
in the docstring.

What most formats need is there. `turns.thread` reads turns, `answers.asked` and `answers.reply` a context and an answer from
whatever they are in. `answers.part` splits two threads where they part; `answers.group` makes rows of a context and its answers.
`turns.common(value)` gives (row, used): the columns that dumps call by the same names, and the names it read; all that is left
goes to `turns.extra(value, used)`, the votes themselves included. Reasons are reused: `empty`, `no_answer`, `no_prompt`,
`contexts_differ`, `no_conversation` drop; `unknown_shape`, `not_text`, `unknown_role`, `too_large` quarantine.

A file has the format whose mean look at 64 of its records, or fewer, is highest, ties by name, if that is 0.25 at least. A record
that it looks at with 0.45 or less is read by another format that gives 0.9 or more, and twice as much. So a sample must be told
with 0.7 or more, every other format gives half of that at most, and of no single record may another be as sure. A general format
steps back where a special one's marks stand. Extend a format where a dump has the same fields by other names; add one where the
same name means something else, or where people look for it by its own name.

Nothing else knows a format's name: a file here and a sample in `tests/dumps/` are all it takes.
"""
