-- Run inside a release folder, in DuckDB 1 or 2 (`.read views.sql`): every table of the release under its own name.
CREATE OR REPLACE VIEW ledger AS SELECT * FROM 'ledger.parquet';
CREATE OR REPLACE VIEW edits AS SELECT * FROM 'edits.parquet';
CREATE OR REPLACE VIEW turns AS SELECT * FROM 'turns.parquet';
CREATE OR REPLACE VIEW signals AS SELECT * FROM 'signals.parquet';
CREATE OR REPLACE VIEW pairs AS SELECT * FROM 'pairs.parquet';
CREATE OR REPLACE VIEW comparisons AS SELECT * FROM 'comparisons.parquet';
CREATE OR REPLACE VIEW contamination AS SELECT * FROM 'contamination.parquet';
CREATE OR REPLACE VIEW benchmarks AS SELECT * FROM 'benchmarks.parquet';
CREATE OR REPLACE VIEW funnel AS SELECT * FROM 'funnel.parquet';
CREATE OR REPLACE VIEW bias AS SELECT * FROM 'bias.parquet';
CREATE OR REPLACE VIEW exported AS
  SELECT regexp_extract(filename, '([^/\\]+)[/\\][^/\\]+$', 1) AS export, id, regexp_extract(filename, '(train|test)-[0-9]+-of-[0-9]+', 1) AS split
  FROM read_parquet('*/*-of-*.parquet', filename = true);
-- The last three fail where a release has no such export; every other export's folder can be read as they are.
CREATE OR REPLACE VIEW sft AS
  SELECT * EXCLUDE (filename), regexp_extract(filename, '(train|test)-[0-9]+-of-[0-9]+[.]parquet$', 1) AS split
  FROM read_parquet('sft/*.parquet', filename = true);
CREATE OR REPLACE VIEW preference AS
  SELECT * EXCLUDE (filename), regexp_extract(filename, '(train|test)-[0-9]+-of-[0-9]+[.]parquet$', 1) AS split
  FROM read_parquet('preference/*.parquet', filename = true);
CREATE OR REPLACE VIEW ties AS
  SELECT * EXCLUDE (filename), regexp_extract(filename, '(train|test)-[0-9]+-of-[0-9]+[.]parquet$', 1) AS split
  FROM read_parquet('ties/*.parquet', filename = true);
