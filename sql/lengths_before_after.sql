-- How long are the rows of each source in words, before and after?
SELECT
  source,
  count(words) AS rows,
  CAST(median(words) AS BIGINT) AS median_before,
  CAST(avg(words) AS BIGINT) AS mean_before,
  count(words) FILTER (WHERE fate = 'kept') AS kept,
  CAST(median(words) FILTER (WHERE fate = 'kept') AS BIGINT) AS median_after,
  CAST(avg(words) FILTER (WHERE fate = 'kept') AS BIGINT) AS mean_after
FROM ledger
WHERE words IS NOT NULL
GROUP BY source
ORDER BY source;
