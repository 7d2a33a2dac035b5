SELECT /* fusion-console */
  pid, backend_start, xact_start, query_start, state_change,
  coalesce(state, '') AS state,
  coalesce(wait_event_type, '') AS wait_event_type,
  coalesce(wait_event, '') AS wait_event,
  coalesce(usename::text, '') AS user,
  coalesce(application_name, '') AS app,
  coalesce(host(client_addr), CASE WHEN client_port = -1 THEN 'local' END, '') AS client,
  coalesce(datname::text, '') AS database,
  left(coalesce(query, ''), 2000) AS query,
  0::bigint AS query_id,
  NULL::int AS leader_pid,
  coalesce(backend_type, '') AS backend_type,
  coalesce(query = '<insufficient privilege>', false) AS hidden,
  extract(epoch FROM clock_timestamp() - backend_start)::float8 AS backend_age,
  extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction_age,
  extract(epoch FROM clock_timestamp() - query_start)::float8 AS query_age,
  extract(epoch FROM clock_timestamp() - state_change)::float8 AS state_age
FROM pg_stat_activity
WHERE CASE
  WHEN %(pids)s::int[] IS NOT NULL THEN pid = ANY(%(pids)s::int[])
  -- Without pg_read_all_stats the state of other roles is not told: their sessions are shown as what they are, unknown.
  ELSE (state <> 'idle' OR (state IS NULL AND datid IS NOT NULL AND query = '<insufficient privilege>'))
    AND backend_type IS DISTINCT FROM 'walsender'
    AND pid <> ALL(%(own)s::int[])
    AND NOT (application_name = %(app)s AND usename = current_user)
  END
ORDER BY coalesce(xact_start, query_start, backend_start), pid
LIMIT 500
