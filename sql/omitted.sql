-- Which export left out how many of the rows that stand, for which reason, and how many of these leave in another export?
SELECT
  export,
  regexp_replace(omitted.reason, '^(beginning of|too like) .*', '\1 another row', 's') AS reason,
  count(*) AS rows,
  count(*) FILTER (WHERE fate = 'kept') AS kept_elsewhere,
  CAST(coalesce(sum(words), 0) AS BIGINT) AS words,
  min(id) AS example,
  arg_min(coalesce(omitted.detail, ''), id) AS detail
FROM omitted JOIN ledger USING (id)
GROUP BY ALL
ORDER BY export, rows DESC, reason;
