-- Which rows break a law of conservation? (no rows: every record is accounted for)
-- A twin, or one of a pair, that is called NAME@FINGERPRINT:SOURCE/... was published by that release, and is not in this ledger.
WITH fallen AS (SELECT * FROM ledger WHERE fate <> 'kept'),
counted AS (
  SELECT source, count(*) AS lines, count(*) FILTER (WHERE fate = 'kept') AS kept FROM ledger GROUP BY source
),
told AS (
  SELECT
    source,
    coalesce(sum(rows) FILTER (WHERE stage = 'in'), 0) AS came,
    coalesce(sum(rows) FILTER (WHERE stage = 'kept'), 0) AS kept,
    coalesce(sum(rows) FILTER (WHERE stage NOT IN ('in', 'kept')), 0) AS fell
  FROM funnel GROUP BY source
),
broken AS (
  SELECT 'one line for each id' AS law, id, count(*) || ' lines' AS said FROM ledger GROUP BY id HAVING count(*) > 1
  UNION ALL
  SELECT 'kept, dropped or quarantined', id, 'fate ' || fate FROM ledger WHERE fate NOT IN ('kept', 'dropped', 'quarantined')
  UNION ALL
  SELECT 'kept: in an export, and nothing against it', id,
    'exports ' || coalesce(CAST(exports AS VARCHAR), 'none') || ', stage ' || coalesce(stage, 'none') || ', reason ' || coalesce(reason, 'none')
  FROM ledger
  WHERE fate = 'kept' AND (coalesce(len(exports), 0) = 0 OR stage IS NOT NULL OR reason IS NOT NULL)
  UNION ALL
  SELECT 'fallen: a stage, a reason, and in no export', id,
    'exports ' || coalesce(CAST(exports AS VARCHAR), 'none') || ', stage ' || coalesce(stage, 'none') || ', reason ' || coalesce(reason, 'none')
  FROM fallen
  WHERE coalesce(len(exports), 0) > 0 OR reason IS NULL OR stage IS NULL OR stage NOT IN ('read', 'keep', 'overlap', 'export')
  UNION ALL
  SELECT 'quarantined at read only', id, 'stage ' || coalesce(stage, 'none')
  FROM fallen WHERE fate = 'quarantined' AND stage IS DISTINCT FROM 'read'
  UNION ALL
  SELECT 'a rule names the first that failed', id, 'reason ' || reason || ', broken ' || coalesce(CAST(broken AS VARCHAR), 'none')
  FROM fallen WHERE stage = 'keep' AND broken[1] IS DISTINCT FROM reason
  UNION ALL
  SELECT 'a twin stood when it dropped its like', fallen.id,
    'twin ' || fallen.twin || coalesce(' fell at ' || other.stage || ' to ' || other.reason, ' is not in the ledger')
  FROM fallen LEFT JOIN ledger AS other ON other.id = fallen.twin
  WHERE fallen.stage = 'overlap' AND fallen.twin LIKE '%/%' AND split_part(fallen.twin, '/', 1) NOT LIKE '%@%:%'
    AND (other.id IS NULL OR other.stage IN ('read', 'keep')
      OR (other.stage = 'overlap' AND other.reason = fallen.reason AND split_part(other.twin, '/', 1) NOT LIKE '%@%:%'))
  UNION ALL
  SELECT 'a group falls as one', min(id), 'group ' || group_id || ': ' || string_agg(DISTINCT coalesce(reason, 'stands'), ', ' ORDER BY coalesce(reason, 'stands'))
  FROM (SELECT id, source, group_id, CASE WHEN stage IN ('keep', 'overlap') THEN stage || ' ' || reason END AS reason
        FROM ledger WHERE group_id IS NOT NULL AND stage IS DISTINCT FROM 'read')
  GROUP BY source, group_id
  HAVING count(DISTINCT coalesce(reason, 'stands')) > 1
  UNION ALL
  SELECT 'every row that was read is measured', coalesce(rows.id, signals.id), CASE WHEN signals.id IS NULL THEN 'no signals' ELSE 'no ledger line' END
  FROM (SELECT id FROM ledger WHERE stage IS DISTINCT FROM 'read') AS rows FULL JOIN signals ON signals.id = rows.id
  WHERE signals.id IS NULL OR rows.id IS NULL
  UNION ALL
  SELECT 'a pair is two rows of the ledger', pairs.id, 'other ' || pairs.other || ', similarity ' || pairs.similarity
  FROM pairs LEFT JOIN ledger AS one ON one.id = pairs.id LEFT JOIN ledger AS two ON two.id = pairs.other
  WHERE pairs.id >= pairs.other OR pairs.similarity NOT BETWEEN 0 AND 1
    OR (one.id IS NULL AND two.id IS NULL)
    OR (one.id IS NULL AND split_part(pairs.id, '/', 1) NOT LIKE '%@%:%')
    OR (two.id IS NULL AND split_part(pairs.other, '/', 1) NOT LIKE '%@%:%')
  UNION ALL
  SELECT 'a comparison leaves or has a reason', id, fate || ', reason ' || coalesce(reason, 'none') || ', exports ' || CAST(exports AS VARCHAR)
  FROM comparisons
  WHERE fate NOT IN ('kept', 'dropped') OR (fate = 'kept') = (reason IS NOT NULL) OR (fate = 'kept') = (len(exports) = 0)
  UNION ALL
  SELECT 'one line for each comparison', id, count(*) || ' lines' FROM comparisons GROUP BY id HAVING count(*) > 1
  UNION ALL
  SELECT 'both sides of a comparison stood', pair, coalesce(ledger.id || ' fell at ' || ledger.stage, 'a side is not in the ledger')
  FROM (SELECT id AS pair, unnest([chosen_id, rejected_id]) AS side FROM comparisons)
  LEFT JOIN ledger ON ledger.id = side
  WHERE ledger.id IS NULL OR ledger.stage IN ('read', 'keep', 'overlap')
  UNION ALL
  SELECT 'an export holds the comparisons that leave in it', coalesce(held.id, told.id),
    CASE WHEN told.id IS NULL THEN 'in ' || held.export || ' alone' ELSE 'not in ' || told.export END
  FROM (SELECT export, id FROM exported WHERE contains(id, '|')) AS held
  FULL JOIN (SELECT unnest(exports) AS export, id FROM comparisons) AS told ON held.export = told.export AND held.id = told.id
  WHERE (held.id IS NULL OR told.id IS NULL)
    AND (told.id IS NOT NULL OR held.id NOT IN (SELECT id FROM ledger))
  UNION ALL
  SELECT 'the funnel adds up', coalesce(counted.source, told.source),
    'ledger ' || coalesce(lines, 0) || ' lines, ' || coalesce(counted.kept, 0) || ' kept; funnel '
    || coalesce(came, 0) || ' in, ' || coalesce(told.kept, 0) || ' kept, ' || coalesce(fell, 0) || ' fallen'
  FROM counted FULL JOIN told ON counted.source = told.source
  WHERE lines IS DISTINCT FROM came OR counted.kept IS DISTINCT FROM told.kept OR lines IS DISTINCT FROM told.kept + fell
)
SELECT law, id, said FROM broken ORDER BY law, id;
