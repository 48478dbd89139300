-- What did each edit change in each source, and in what share of its rows?
WITH sizes AS (SELECT source, count(*) AS lines FROM ledger WHERE stage IS DISTINCT FROM 'read' GROUP BY source)
SELECT
  source,
  edit,
  count(DISTINCT edits.id) AS rows,
  round(100.0 * count(DISTINCT edits.id) / any_value(lines), 1) AS percent,
  CAST(sum(count) AS BIGINT) AS places
FROM edits
JOIN ledger ON ledger.id = edits.id
JOIN sizes USING (source)
GROUP BY source, edit
ORDER BY source, edit;
