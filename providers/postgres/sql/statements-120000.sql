SELECT /* fusion-console */ *
FROM (
  SELECT
    coalesce(s.queryid, 0) AS query_id, s.userid::bigint AS user_id, s.dbid::bigint AS database_id,
    coalesce(r.rolname::text, '') AS user, coalesce(d.datname::text, '') AS database,
    left(s.query, 2000) AS query, s.query = '<insufficient privilege>' AS hidden, true AS toplevel,
    s.calls, s.rows, s.total_time AS total, s.mean_time AS mean, s.max_time AS max, s.stddev_time AS stddev,
    coalesce(s.total_time / nullif(sum(s.total_time) OVER (), 0), 0)::float8 AS share,
    s.shared_blks_hit AS hits, s.shared_blks_read AS reads, s.temp_blks_written AS temp_written,
    NULL::timestamptz AS since, NULL::bigint AS evicted,
    count(*) OVER () AS known,
    row_number() OVER (ORDER BY s.total_time DESC) AS by_total, row_number() OVER (ORDER BY s.mean_time DESC) AS by_mean
  FROM {schema}.pg_stat_statements AS s
    LEFT JOIN pg_roles AS r ON r.oid = s.userid LEFT JOIN pg_database AS d ON d.oid = s.dbid
  WHERE s.query NOT LIKE '%%/* fusion-console */%%'
) AS ranked
WHERE by_total <= 200 OR by_mean <= 100
ORDER BY by_total
