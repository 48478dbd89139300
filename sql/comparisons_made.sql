-- Of every two answers that were compared: how many leave as a pair, and why do the others not? (the percents of a source add up to 100)
SELECT
  source,
  fate,
  reason,
  count(*) AS comparisons,
  round(100.0 * count(*) / sum(count(*)) OVER (PARTITION BY source), 1) AS percent,
  round(avg(score_margin), 2) AS mean_margin,
  min(id) AS example
FROM comparisons
GROUP BY source, fate, reason
ORDER BY source, fate <> 'kept', comparisons DESC, reason;
