-- Does every export hold exactly the rows that the ledger names for it? (no rows: yes)
WITH held AS (
  SELECT 'sft' AS export, id FROM sft
  UNION ALL
  SELECT 'preference', unnest(string_split(id, '|')) FROM preference
  UNION ALL
  SELECT 'ties', unnest(string_split(id, '|')) FROM ties
),
named AS (
  SELECT unnest(exports) AS export, id FROM ledger WHERE fate = 'kept'
)
SELECT coalesce(held.export, named.export) AS export, coalesce(held.id, named.id) AS id,
  CASE WHEN named.id IS NULL THEN 'exported, but the ledger does not say so' ELSE 'named by the ledger, but not exported' END AS said
FROM (SELECT DISTINCT * FROM held) AS held
FULL JOIN (SELECT DISTINCT * FROM named) AS named ON held.export = named.export AND held.id = named.id
WHERE held.id IS NULL OR named.id IS NULL
ORDER BY export, id;
