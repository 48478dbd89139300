"""Where rows come from: bytes in, rows out, and a line for every record that gave none.

* `files(source, spec, data)`  the files a recipe's source means, sorted; `skipped` names those that are no data
* `check(path)`                whether a path that a person gave can be read at all
* `pieces(file, size)`         a large file of lines in parts that can be read one beside the other
* `read(file)`                 a file as batches: a table of rows, a table of refusals, and how many records they stand for
* `inspect(path)`              what a file is: container, compression, format and how sure, counts, problems
* `parts(file)`                the same for each part of an archive
* `sampled(findings, most)`    rows from all over inspected files
* `scavenge.fetch`             a declared remote file, brought and checked
* `formats/`                   one file a dump format

Every record of a file is in `records` of at least one row, or on exactly one refusal line.
"""

from sources.file import File
from sources.inspecting import Finding, inspect, parts, sampled
from sources.pieces import pieces
from sources.places import check, files, skipped
from sources.reading import Batch, read

__all__ = ["Batch", "File", "Finding", "check", "files", "inspect", "parts", "pieces", "read", "sampled", "skipped"]
