-- Which rows fell to the rule $rule and to no other: what would go on without it? The longest first.
SELECT id, stage, detail, words
FROM ledger
WHERE fate <> 'kept' AND (broken = [$rule] OR broken = [$rule || ' (unknown)'])
ORDER BY words DESC, id;
