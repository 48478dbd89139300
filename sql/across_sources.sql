-- Which sources repeat which: how many rows of one fell to a twin in another?
SELECT fallen.source, best.source AS twin_in, fallen.reason, count(*) AS rows, round(avg(fallen.similarity), 3) AS similarity
FROM ledger AS fallen
JOIN ledger AS best ON best.id = fallen.twin
WHERE fallen.stage = 'overlap'
GROUP BY ALL
ORDER BY rows DESC, fallen.source, twin_in, fallen.reason;
