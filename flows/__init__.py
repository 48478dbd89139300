"""In what order, and what if it fails: the only place that knows Prefect.

* `places`    where things land on disk
* `code`      the fingerprint of a module and of every module of ours under it
* `store`     a step's folder: done when its manifest stands and its hashes hold
* `plan`      recipe and files -> shards, wanted signals, the release's fingerprint
* `stages`    what is done to one shard: read, edit, measure, sign, cover
* `contaminated`  benchmark items in one shard's rows
* `units`     rows -> units: what rules judge and budgets count
* `lists`     rows that a person wants kept or blocked
* `judge`     rules, contamination, overlap -> who still stands; `court` the units and the verdicts
* `shapes`    what each export takes, and why it leaves the rest (`exporting`, `comparisons`)
* `account`   the ledger; `laws` what must hold
* `leave`     all of that -> a release with its `manifest`, switched in by one rename
* `trying`    what other choices would decide, from what a run left in the store
* `engine`    Prefect's settings; `curate`, `bring`, `nightly` the flows; `runs` one run from the command line
* `gates`     what is looked at before a release leaves; `publishing` what a push would change, and a pull
* `auditing`  any dump measured without a release (`audits`, `examined`, `sweeping`); `reporting` the page; `browsing` it live
* `releases`  finding a release; `story`, `explaining` (with `finding`, `marking`), `diffing`, `inspection`, `screen` what
  a person sees; `commands/` one file a command
"""
