-- What did each source bring, and how much of it stayed?
SELECT
  source,
  count(DISTINCT file) AS files,
  count(*) AS rows,
  count(*) FILTER (WHERE fate = 'quarantined') AS quarantined,
  count(*) FILTER (WHERE fate = 'dropped') AS dropped,
  count(*) FILTER (WHERE fate = 'kept') AS kept,
  round(100.0 * count(*) FILTER (WHERE fate = 'kept') / count(*), 1) AS percent_kept,
  CAST(coalesce(sum(words), 0) AS BIGINT) AS words,
  CAST(coalesce(sum(words) FILTER (WHERE fate = 'kept'), 0) AS BIGINT) AS words_kept
FROM ledger
GROUP BY source
ORDER BY source;
