"""What leaves: one file per trainer's shape, the dataset card, and the way to the Hub. Knows no filter and no flow.

* `sft`         conversations to learn from: id, messages, source, license, words, and what else some row has
* `preference`  a better and a worse answer to one context: id, prompt, chosen, rejected, score_margin, ...; and ties
* `ranking`     the order of a group's answers, from ranks, scores, or several ratings (`voting`)
* `pairing`     which answers are compared; `doubt` flags pairs that their own numbers deny
* `soundness`   what is wrong with a pair's texts; `contradictions` one pair told both ways, too many of one context
* `beginnings`  rows that are the beginning of another row
* `card`        a release's README.md, made from the release alone
* `hub`         what a push would change, and one atomic commit that does it; `hub_faults` tells what the Hub said

Column names never collide with those that trainers reserve. A row that an export leaves out has a reason.
"""
