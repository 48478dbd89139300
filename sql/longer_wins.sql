-- How often is the better answer of a pair the longer one, source by source? (half: length says nothing)
WITH sides AS (
  SELECT preference.source, better.words AS better, worse.words AS worse
  FROM preference
  JOIN ledger AS better ON better.id = split_part(preference.id, '|', 1)
  JOIN ledger AS worse ON worse.id = split_part(preference.id, '|', 2)
)
SELECT
  source,
  count(*) AS pairs,
  count(*) FILTER (WHERE better > worse) AS longer_wins,
  count(*) FILTER (WHERE better < worse) AS shorter_wins,
  round(100.0 * count(*) FILTER (WHERE better > worse) / count(*) FILTER (WHERE better <> worse), 1) AS percent_longer,
  CAST(median(better - worse) AS BIGINT) AS median_words_more
FROM sides
GROUP BY source
ORDER BY source;
