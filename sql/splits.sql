-- How much is for training and how much is held out, export by export and source by source?
SELECT
  export,
  source,
  count(*) FILTER (WHERE split = 'train') AS train,
  count(*) FILTER (WHERE split = 'test') AS test,
  round(100.0 * count(*) FILTER (WHERE split = 'test') / count(*), 1) AS percent_test
FROM (
  SELECT 'sft' AS export, source, split FROM sft
  UNION ALL SELECT 'preference', source, split FROM preference
  UNION ALL SELECT 'ties', source, split FROM ties
) AS leaves
GROUP BY ALL
ORDER BY export, source;
