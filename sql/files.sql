-- What did each file give, and how much of it stayed? The files that lost most first.
SELECT
  source,
  file,
  count(*) AS rows,
  count(*) FILTER (WHERE fate = 'quarantined') AS quarantined,
  count(*) FILTER (WHERE fate = 'dropped') AS dropped,
  count(*) FILTER (WHERE fate = 'kept') AS kept,
  round(100.0 * count(*) FILTER (WHERE fate = 'kept') / count(*), 1) AS percent_kept
FROM ledger
GROUP BY source, file
ORDER BY percent_kept, rows DESC, source, file;
