-- How long are the rows, in words by powers of two, and which lengths stayed?
WITH sized AS (
  SELECT CASE WHEN words = 0 THEN 0 ELSE CAST(pow(2, floor(log2(words))) AS BIGINT) END AS words_from, words, fate
  FROM ledger
  WHERE words IS NOT NULL
)
SELECT
  words_from,
  greatest(2 * words_from - 1, 0) AS words_to,
  count(*) AS rows,
  count(*) FILTER (WHERE fate = 'kept') AS kept,
  round(100.0 * count(*) FILTER (WHERE fate = 'kept') / count(*), 1) AS percent_kept,
  repeat('#', CAST(ceil(40.0 * count(*) / max(count(*)) OVER ()) AS BIGINT)) AS picture
FROM sized
GROUP BY words_from
ORDER BY words_from;
