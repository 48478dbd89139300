-- In any DuckDB shell, 1.1 or later, inside a release's folder (`.read views.sql`): every table of the release under its own name.
-- From anywhere else, also of one that is published: SET VARIABLE release = 'hf://datasets/OWNER/NAME/'; and then the same.
CREATE OR REPLACE VIEW ledger AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'ledger.parquet');
CREATE OR REPLACE VIEW edits AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'edits.parquet');
CREATE OR REPLACE VIEW turns AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'turns.parquet');
CREATE OR REPLACE VIEW signals AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'signals.parquet');
CREATE OR REPLACE VIEW pairs AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'pairs.parquet');
CREATE OR REPLACE VIEW comparisons AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'comparisons.parquet');
CREATE OR REPLACE VIEW omitted AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'omitted.parquet');
CREATE OR REPLACE VIEW contamination AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'contamination.parquet');
CREATE OR REPLACE VIEW benchmarks AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'benchmarks.parquet');
CREATE OR REPLACE VIEW funnel AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'funnel.parquet');
CREATE OR REPLACE VIEW bias AS SELECT * FROM read_parquet(coalesce(getvariable('release'), '') || 'bias.parquet');
CREATE OR REPLACE VIEW exported AS
  SELECT regexp_extract(filename, '([^/\\]+)[/\\][^/\\]+$', 1) AS export, id, regexp_extract(filename, '(train|test)-[0-9]+-of-[0-9]+', 1) AS split
  FROM read_parquet(coalesce(getvariable('release'), '') || '*/*-of-*.parquet', filename = true);
-- The exports that questions ask. One that a release has not is empty: its list of files is `pairs.parquet`, whose rows are left out.
-- `*/` finds them: of a folder that is not there the Hub says 404.
SET VARIABLE sft_files = (
  SELECT coalesce(list(file), []) || [coalesce(getvariable('release'), '') || 'pairs.parquet']
  FROM (FROM glob(coalesce(getvariable('release'), '') || '*/*-of-*.parquet') WHERE file SIMILAR TO '(.*[/\\])?sft[/\\][^/\\]+' ORDER BY file));
CREATE OR REPLACE VIEW sft AS
  SELECT * EXCLUDE (filename, other, similarity, key), regexp_extract(filename, '(train|test)-[0-9]+-of-[0-9]+[.]parquet$', 1) AS split
  FROM read_parquet(getvariable('sft_files'), filename = true, union_by_name = true) WHERE filename NOT LIKE '%pairs.parquet'
  UNION ALL BY NAME
  SELECT '' AS id, [{'role': '', 'content': ''}] AS messages, 0 AS words, '' AS source, '' AS license WHERE false;
SET VARIABLE preference_files = (
  SELECT coalesce(list(file), []) || [coalesce(getvariable('release'), '') || 'pairs.parquet']
  FROM (FROM glob(coalesce(getvariable('release'), '') || '*/*-of-*.parquet') WHERE file SIMILAR TO '(.*[/\\])?preference[/\\][^/\\]+' ORDER BY file));
CREATE OR REPLACE VIEW preference AS
  SELECT * EXCLUDE (filename, other, similarity, key), regexp_extract(filename, '(train|test)-[0-9]+-of-[0-9]+[.]parquet$', 1) AS split
  FROM read_parquet(getvariable('preference_files'), filename = true, union_by_name = true) WHERE filename NOT LIKE '%pairs.parquet'
  UNION ALL BY NAME
  SELECT '' AS id, [{'role': '', 'content': ''}] AS prompt, [{'role': '', 'content': ''}] AS chosen, [{'role': '', 'content': ''}] AS rejected, 0.0 AS score_margin, '' AS margin_by, [''] AS flags, '' AS source, '' AS license WHERE false;
SET VARIABLE ties_files = (
  SELECT coalesce(list(file), []) || [coalesce(getvariable('release'), '') || 'pairs.parquet']
  FROM (FROM glob(coalesce(getvariable('release'), '') || '*/*-of-*.parquet') WHERE file SIMILAR TO '(.*[/\\])?ties[/\\][^/\\]+' ORDER BY file));
CREATE OR REPLACE VIEW ties AS
  SELECT * EXCLUDE (filename, other, similarity, key), regexp_extract(filename, '(train|test)-[0-9]+-of-[0-9]+[.]parquet$', 1) AS split
  FROM read_parquet(getvariable('ties_files'), filename = true, union_by_name = true) WHERE filename NOT LIKE '%pairs.parquet'
  UNION ALL BY NAME
  SELECT '' AS id, [{'role': '', 'content': ''}] AS prompt, [{'role': '', 'content': ''}] AS first, [{'role': '', 'content': ''}] AS second, [''] AS flags, '' AS source, '' AS license WHERE false;
