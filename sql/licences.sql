-- How much leaves under each licence, export by export?
SELECT export, license, count(*) AS rows, count(DISTINCT source) AS sources
FROM (
  SELECT 'sft' AS export, license, source FROM sft
  UNION ALL SELECT 'preference', license, source FROM preference
  UNION ALL SELECT 'ties', license, source FROM ties
) AS leaves
GROUP BY ALL
ORDER BY export, rows DESC, license;
