-- What became of the rows of the file $file, in its order?
SELECT record, id, fate, stage, reason, detail, words
FROM ledger
WHERE file = $file
ORDER BY record, id;
