-- What did each edit change: how many rows, turns and places?
SELECT edit, count(DISTINCT id) AS rows, count(*) AS turns, CAST(sum(count) AS BIGINT) AS places
FROM edits
GROUP BY edit
ORDER BY edit;
