-- What are the most frequent reasons in each source, and what share of its rows fell to each?
WITH fallen AS (
  SELECT source, stage, regexp_replace(reason, '^(beginning of|too like) .*', '\1 another row', 's') AS reason
  FROM ledger
  WHERE fate <> 'kept'
),
sizes AS (SELECT source, count(*) AS lines FROM ledger GROUP BY source)
SELECT source, stage, reason, count(*) AS rows, round(100.0 * count(*) / any_value(lines), 1) AS percent
FROM fallen JOIN sizes USING (source)
GROUP BY source, stage, reason
ORDER BY source, rows DESC, stage, reason;
