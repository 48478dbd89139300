-- Why did rows fall, how many to each reason, and what does one of them say?
SELECT
  stage,
  reason,
  count(*) AS rows,
  round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent,
  CAST(coalesce(sum(words), 0) AS BIGINT) AS words,
  min(id) AS example,
  arg_min(coalesce(detail, twin, ''), id) AS detail
FROM ledger
WHERE fate <> 'kept'
GROUP BY stage, reason
ORDER BY rows DESC, stage, reason;
