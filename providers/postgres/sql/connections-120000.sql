SELECT /* fusion-console */
  coalesce(a.state, 'unknown') AS state, coalesce(a.usename::text, '') AS user, coalesce(a.application_name, '') AS app,
  coalesce(host(a.client_addr), CASE WHEN a.client_port = -1 THEN 'local' END, '') AS client,
  coalesce(a.datname::text, '') AS database,
  count(*)::int AS count,
  extract(epoch FROM clock_timestamp() - min(a.state_change))::float8 AS oldest_state,
  (sum(count(*)) OVER (PARTITION BY a.usesysid))::int AS role_used,
  nullif(r.rolconnlimit, -1) AS role_limit,
  (sum(count(*)) OVER (PARTITION BY a.datid))::int AS database_used,
  nullif(d.datconnlimit, -1) AS database_limit
FROM pg_stat_activity AS a LEFT JOIN pg_roles AS r ON r.oid = a.usesysid LEFT JOIN pg_database AS d ON d.oid = a.datid
WHERE a.datid IS NOT NULL AND coalesce(a.backend_type, 'client backend') = 'client backend'
GROUP BY a.state, a.usename, a.usesysid, a.application_name, a.client_addr, CASE WHEN a.client_port = -1 THEN 'local' END,
  a.datname, a.datid, r.rolconnlimit, d.datconnlimit
ORDER BY count DESC, "user", app, client, state
LIMIT 500
