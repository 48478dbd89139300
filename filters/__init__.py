"""Which rows stay: repair, measure, compare, choose; knows no source, no export and no flow.

* `edits`       repair a message's text; every change is counted by turn
* `pii`         personal data and secrets, found once for the edit and for the signals
* `signals`     measure turns and conversations; a value is a number, a flag, a word or unknown, never NaN
* `classifier`  a fastText model as a signal, trained with its evidence
* `overlap`     near-duplicates, caps and benchmarks: nominated by hashes, verified exactly
* `selection`   fill a budget from the units that stand

A frame goes in and a frame comes out; the same rows give the same values, whatever the shard or the number of threads.
"""
