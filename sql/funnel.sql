-- What came in, what fell at each stage and for which reason, and what was kept, source by source?
-- Stage `in` is every line of the ledger; the rows of the other stages add up to it. The pipeline writes this as funnel.parquet.
WITH lines AS (
  SELECT source, 'in' AS stage, CAST(NULL AS VARCHAR) AS reason, words FROM ledger
  UNION ALL
  SELECT source, CASE WHEN fate = 'kept' THEN 'kept' ELSE stage END,
    CASE WHEN fate = 'kept' THEN NULL ELSE regexp_replace(reason, '^(beginning of|too like) .*', '\1 another row', 's') END, words
  FROM ledger
)
SELECT source, stage, reason, count(*) AS rows, CAST(coalesce(sum(words), 0) AS BIGINT) AS words
FROM lines
GROUP BY source, stage, reason
ORDER BY source, list_position(['in', 'read', 'keep', 'overlap', 'export', 'kept'], stage), rows DESC, reason;
