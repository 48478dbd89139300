-- Why did rows fall, how many to each reason, and what does one of them say?
SELECT
  stage,
  regexp_replace(reason, '^(beginning of|too like) .*', '\1 another row', 's') AS reason,
  count(*) AS rows,
  round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent,
  CAST(coalesce(sum(words), 0) AS BIGINT) AS words,
  min(id) AS example,
  arg_min(coalesce(detail, twin, ''), id) AS detail
FROM ledger
WHERE fate <> 'kept'
GROUP BY ALL
ORDER BY rows DESC, stage, reason;
