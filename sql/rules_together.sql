-- Which rules fail together, and on how many rows?
SELECT one AS rule, other AS and_rule, count(*) AS rows
FROM (SELECT unnest(broken) AS one, broken FROM ledger WHERE len(broken) > 1) AS broke, unnest(broke.broken) AS more (other)
WHERE one < other
GROUP BY ALL
ORDER BY rows DESC, rule, and_rule;
