SELECT /* fusion-console */
  current_user::text AS role,
  me.rolsuper AS superuser,
  pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_all,
  pg_has_role(current_user, 'pg_signal_backend', 'USAGE') AS signals,
  coalesce((SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles WHERE rolname = 'pg_signal_autovacuum_worker'), false)
    AS signals_autovacuum,
  coalesce((SELECT has_function_privilege(p.oid, 'EXECUTE') FROM pg_proc AS p JOIN pg_extension AS e
    ON e.extname = 'pg_stat_statements' AND p.pronamespace = e.extnamespace
    WHERE p.proname = 'pg_stat_statements_reset' LIMIT 1), false) AS resets,
  coalesce((SELECT pg_has_role(current_user, usesysid, 'USAGE') FROM pg_stat_activity WHERE pid = %(pid)s), false) AS same,
  -- A session of nobody, as autovacuum's, counts as a superuser's.
  (SELECT coalesce(r.rolsuper, true) FROM pg_stat_activity AS a LEFT JOIN pg_roles AS r ON r.oid = a.usesysid
    WHERE a.pid = %(pid)s) AS of_superuser
FROM pg_roles AS me WHERE me.rolname = current_user
