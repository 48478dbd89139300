-- How many turns does each role have, and how long are they in words?
SELECT role, count(*) AS turns, count(DISTINCT id) AS rows, CAST(median(words) AS BIGINT) AS median_words, max(words) AS longest
FROM turns
GROUP BY role
ORDER BY turns DESC, role;
