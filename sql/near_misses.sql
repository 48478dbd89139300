-- Which pairs are just under the threshold: alike, and yet neither fell to the other? The most alike first.
SELECT pairs.similarity, pairs.key, pairs.id, pairs.other, one.fate AS fate, another.fate AS fate_of_other
FROM pairs
JOIN ledger AS one ON one.id = pairs.id
JOIN ledger AS another ON another.id = pairs.other
WHERE one.twin IS DISTINCT FROM pairs.other AND another.twin IS DISTINCT FROM pairs.id
ORDER BY pairs.similarity DESC, pairs.id, pairs.other, pairs.key;
