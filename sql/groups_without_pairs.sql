-- Which comparisons gave no pair, and why? (a group that fell as one is told by what it fell to)
WITH groups AS (
  SELECT
    source,
    group_id,
    count(*) AS answers,
    bool_or(coalesce(list_contains(exports, 'preference'), false)) AS paired,
    min(coalesce(stage || ': ' || reason, 'kept by another export')) AS why
  FROM ledger
  WHERE group_id IS NOT NULL AND stage IS DISTINCT FROM 'read'
  GROUP BY source, group_id
)
SELECT source, why, count(*) AS groups, CAST(sum(answers) AS BIGINT) AS answers, min(group_id) AS example
FROM groups
WHERE NOT paired AND answers > 1
GROUP BY source, why
ORDER BY groups DESC, source, why;
