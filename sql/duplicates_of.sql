-- Which rows resemble the row $id, how closely, and what became of them?
WITH found AS (
  SELECT other AS id, similarity, key FROM pairs WHERE id = $id
  UNION ALL
  SELECT id, similarity, key FROM pairs WHERE other = $id
  UNION ALL
  SELECT id, similarity, NULL FROM ledger WHERE twin = $id AND unit IS NULL
  UNION ALL
  SELECT twin, similarity, NULL FROM ledger WHERE id = $id AND twin IS NOT NULL AND unit IS NULL
)
SELECT found.id, max(found.similarity) AS similarity, max(found.key) AS key, any_value(fate) AS fate, any_value(reason) AS reason
FROM found LEFT JOIN ledger ON ledger.id = found.id
GROUP BY found.id
ORDER BY similarity DESC, found.id;
