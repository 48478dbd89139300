-- How alike are the pairs that were met, in steps of 5 %, and how many of each step fell?
SELECT
  pairs.key,
  floor(pairs.similarity * 20 + 1e-9) / 20 AS similarity_from,
  count(*) AS pairs,
  count(*) FILTER (WHERE one.twin = pairs.other OR another.twin = pairs.id) AS fell
FROM pairs
JOIN ledger AS one ON one.id = pairs.id
JOIN ledger AS another ON another.id = pairs.other
GROUP BY ALL
ORDER BY pairs.key, similarity_from DESC;
