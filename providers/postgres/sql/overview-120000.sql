SELECT /* fusion-console */
  current_setting('server_version') AS version,
  current_database()::text AS database,
  current_user::text AS role,
  extract(epoch FROM clock_timestamp())::float8 AS clock,
  pg_postmaster_start_time() AS started,
  pg_is_in_recovery() AS replica,
  current_setting('max_connections')::int AS max_connections,
  current_setting('superuser_reserved_connections')::int AS superuser_reserved,
  coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int AS reserved,
  current_setting('autovacuum_freeze_max_age')::bigint AS freeze_max_age,
  activity.*, traffic.*, wraparound.*, receiving.*,
  greatest(activity.session_xmin_age, (SELECT max(age(xmin)) FROM pg_replication_slots),
    (SELECT max(age(transaction)) FROM pg_prepared_xacts))::bigint AS oldest_xmin_age,
  (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'name', coalesce(application_name, ''), 'client', coalesce(host(client_addr), 'local'), 'state', coalesce(state, ''),
      'sync', coalesce(sync_state, ''), 'lag_seconds', extract(epoch FROM replay_lag)::float8, 'lag_bytes', pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, replay_lsn)::bigint)
      ORDER BY application_name, pid), '[]')
    FROM pg_stat_replication) AS replicas
FROM (
  SELECT
    count(*) FILTER (WHERE ours)::int AS used,
    count(*) FILTER (WHERE ours AND state = 'active')::int AS active,
    count(*) FILTER (WHERE ours AND state = 'idle')::int AS idle,
    count(*) FILTER (WHERE ours AND state LIKE 'idle in transaction%%')::int AS idle_in_transaction,
    count(*) FILTER (WHERE ours AND query = '<insufficient privilege>')::int AS hidden,
    count(*) FILTER (WHERE wait_event_type = 'Lock')::int AS waiting_for_locks,
    extract(epoch FROM clock_timestamp() - min(xact_start) FILTER (WHERE ours))::float8 AS oldest_transaction,
    max(age(backend_xmin)) AS session_xmin_age,
    coalesce((array_agg(left(query, 500) ORDER BY query_start) FILTER (WHERE slow))[1], '') AS slowest,
    (array_agg(pid ORDER BY query_start) FILTER (WHERE slow))[1] AS slowest_pid,
    extract(epoch FROM clock_timestamp() - min(query_start) FILTER (WHERE slow))::float8 AS slowest_age
  FROM (
    SELECT *, ours AND state = 'active' AND pid <> ALL(%(own)s::int[])
      AND NOT (application_name = %(app)s AND usename = current_user) AS slow
    FROM (
      SELECT *, datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend' AS ours
      FROM pg_stat_activity
    ) AS every
  ) AS judged
) AS activity
CROSS JOIN (
  SELECT xact_commit AS commits, xact_rollback AS rollbacks, blks_hit AS hits, blks_read AS reads, deadlocks, temp_bytes,
    stats_reset
  FROM pg_stat_database WHERE datname = current_database()
) AS traffic
CROSS JOIN (
  SELECT datname::text AS wraparound_database, age(datfrozenxid)::bigint AS wraparound_age,
    max(mxid_age(datminmxid)) OVER ()::bigint AS multixact_age
  FROM pg_database ORDER BY age(datfrozenxid) DESC LIMIT 1
) AS wraparound
CROSS JOIN (
  -- Aurora's replicas read the same volume and refuse these functions.
  SELECT
    CASE WHEN told THEN pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint END AS lag_bytes,
    -- With nothing left to replay the lag is none, but only as long as somebody sends.
    CASE
      WHEN told AND EXISTS (SELECT FROM pg_stat_wal_receiver) AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
      WHEN told THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
    END::float8 AS lag_seconds
  FROM (SELECT pg_is_in_recovery() AND to_regproc('aurora_version') IS NULL AS told) AS standby
) AS receiving
