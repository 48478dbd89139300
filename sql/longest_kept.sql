-- Which kept rows are the longest?
SELECT id, words, exports
FROM ledger
WHERE fate = 'kept'
ORDER BY words DESC, id
LIMIT 50;
