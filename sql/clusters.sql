-- Which families of near-duplicates are there: the row that stands, how many rows, how alike, and who fell? Largest first.
-- A group of answers counts as one, by its best. The row that stood may have fallen later, for another reason.
SELECT
  fallen.twin AS stands,
  any_value(best.fate) AS fate,
  count(*) + 1 AS size,
  min(fallen.similarity) AS least_alike,
  max(fallen.similarity) AS most_alike,
  list(fallen.id ORDER BY fallen.id) AS members
FROM ledger AS fallen
JOIN ledger AS best ON best.id = fallen.twin
WHERE fallen.stage = 'overlap'
  AND EXISTS (FROM pairs WHERE pairs.id = least(fallen.id, fallen.twin) AND pairs.other = greatest(fallen.id, fallen.twin))
GROUP BY fallen.twin
ORDER BY size DESC, stands;
