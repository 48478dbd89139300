-- How often does the longer answer of a pair win, or the side with more of what the recipe balances, and how sure is that?
-- `of_gap` is the ratio of the lengths in words, of other columns the difference in standard deviations. 95 % intervals (Wilson).
SELECT
  signal,
  stage,
  coalesce(source, 'all sources') AS of_source,
  CASE
    WHEN gap_from IS NULL THEN 'any'
    WHEN gap_to IS NULL THEN 'from ' || CAST(gap_from AS VARCHAR)
    ELSE CAST(gap_from AS VARCHAR) || ' to ' || CAST(gap_to AS VARCHAR)
  END AS of_gap,
  pairs,
  CAST(wins AS BIGINT) AS wins,
  CAST(losses AS BIGINT) AS losses,
  round(100 * share, 1) AS percent,
  round(100 * low, 1) AS from_percent,
  round(100 * high, 1) AS to_percent,
  round(effect, 3) AS cohens_d,
  repeat('#', CAST(round(40 * share) AS BIGINT)) AS picture
FROM bias
ORDER BY signal <> 'length', signal, stage DESC, source IS NOT NULL, source, gap_from NULLS FIRST;
