-- What would each rule drop if it were the only one, and what does it drop that no other rule does? (a group counts as one unit)
SELECT
  rule,
  count(DISTINCT coalesce(ledger.group_id, ledger.id)) AS units_alone,
  count(*) AS rows_alone,
  count(*) FILTER (WHERE len(ledger.broken) = 1) AS rows_by_no_other,
  count(*) FILTER (WHERE ledger.reason = rule) AS rows_named
FROM ledger, unnest(ledger.broken) AS broke (rule)
GROUP BY rule
ORDER BY units_alone DESC, rule;
