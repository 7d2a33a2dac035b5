WITH /* fusion-console */ known AS MATERIALIZED (
  SELECT * FROM pg_locks WHERE pid = ANY(%(pids)s::int[])
), here AS (
  SELECT oid FROM pg_database WHERE datname = current_database()
)
SELECT pid, locktype, mode, granted,
  CASE
    WHEN known.relation IS NULL THEN ''
    WHEN known.database IN (0, (SELECT oid FROM here)) THEN known.relation::regclass::text
    ELSE 'relation ' || known.relation || ' of another database'
  END AS relation,
  NULL::float8 AS waited
FROM known
WHERE NOT granted OR locktype = 'tuple' OR (locktype = 'relation' AND (database, relation) IN (
  SELECT database, relation FROM known WHERE relation IS NOT NULL AND (NOT granted OR locktype = 'tuple')))
ORDER BY pid, granted, locktype DESC
LIMIT 3000
