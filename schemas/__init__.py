"""What things look like: rows, recipe, ledger, side tables, manifest; imports nothing of ours.

* `rows`      the one row shape, as an Arrow schema
* `ledger`    ledger, edits, pairs, quarantine and funnel, as Arrow schemas
* `recipe`    the recipe as a pydantic model, read from strict YAML
* `parquet`   how a table lies at rest: same rows, same bytes
* `faults`    the errors a person sees, each with its exit code
"""
