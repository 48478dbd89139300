-- How far apart are the better and the worse answer of the pairs, by what tells it?
SELECT source, margin_by, floor(score_margin) AS margin_from, count(*) AS pairs
FROM preference
GROUP BY ALL
ORDER BY source, margin_by, margin_from;
