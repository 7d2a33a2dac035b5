SELECT /* fusion-console */
  coalesce((SELECT default_version FROM pg_available_extensions WHERE name = 'pg_stat_statements'), '') AS available,
  coalesce((SELECT extversion FROM pg_extension WHERE extname = 'pg_stat_statements'), '') AS installed,
  coalesce((SELECT n.nspname::text FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_stat_statements'), '') AS schema,
  -- What the library defines is there for everybody to read; the list of libraries is not.
  current_setting('pg_stat_statements.max', true) IS NOT NULL AS loaded,
  current_database()::text AS database,
  current_user::text AS role
