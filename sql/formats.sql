-- Which formats of dumps were recognised in each source, and how much of each stayed? Records that gave no row have none.
SELECT
  source,
  format,
  count(*) AS rows,
  count(*) FILTER (WHERE fate = 'dropped') AS dropped,
  count(*) FILTER (WHERE fate = 'kept') AS kept,
  round(100.0 * count(*) FILTER (WHERE fate = 'kept') / count(*), 1) AS percent_kept
FROM ledger JOIN signals USING (id)
GROUP BY source, format
ORDER BY source, rows DESC, format;
