-- Does every export hold exactly the rows that the ledger names for it? (no rows: yes)
WITH lines AS (  -- parts of one conversation are one row, a pair is two
  SELECT DISTINCT export, regexp_replace(id, '/part[0-9]+of[0-9]+$', '') AS id FROM exported
),
held AS (
  SELECT export, id FROM lines WHERE id IN (SELECT id FROM ledger) OR NOT contains(id, '|')
  UNION
  SELECT export, unnest(string_split(id, '|')) FROM lines WHERE id NOT IN (SELECT id FROM ledger) AND contains(id, '|')
),
named AS (
  SELECT DISTINCT unnest(exports) AS export, id FROM ledger WHERE fate = 'kept'
)
SELECT coalesce(held.export, named.export) AS export, coalesce(held.id, named.id) AS id,
  CASE WHEN named.id IS NULL THEN 'exported, but the ledger does not say so' ELSE 'named by the ledger, but not exported' END AS said
FROM held
FULL JOIN named ON held.export = named.export AND held.id = named.id
WHERE held.id IS NULL OR named.id IS NULL
ORDER BY export, id;
