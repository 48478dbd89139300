-- Which benchmarks were looked for, how many of their items stand in the rows, and how many rows fell for it?
WITH hit AS (
  SELECT
    rule, benchmark,
    count(DISTINCT item) AS items_hit,
    count(DISTINCT id) AS rows_hit,
    count(DISTINCT id) FILTER (WHERE side = 'question') AS by_question,
    count(DISTINCT id) FILTER (WHERE side = 'answer') AS by_answer,
    count(DISTINCT id) FILTER (WHERE how = 'words') AS by_words
  FROM contamination GROUP BY rule, benchmark
),
fell AS (
  SELECT reason AS rule, regexp_extract(twin, '^(.*)#[0-9]+$', 1) AS benchmark, count(*) AS rows_dropped
  FROM ledger WHERE stage = 'overlap' AND twin NOT LIKE '%/%' GROUP BY ALL
)
SELECT
  rule, benchmark, items, answers, CAST(len(too_short) AS BIGINT) AS too_short,
  coalesce(items_hit, 0) AS items_hit,
  coalesce(rows_hit, 0) AS rows_hit,
  coalesce(rows_dropped, 0) AS rows_dropped,
  coalesce(by_question, 0) AS by_question,
  coalesce(by_answer, 0) AS by_answer,
  coalesce(by_words, 0) AS by_words
FROM benchmarks LEFT JOIN hit USING (rule, benchmark) LEFT JOIN fell USING (rule, benchmark)
ORDER BY rows_dropped DESC, rows_hit DESC, rule, benchmark;
