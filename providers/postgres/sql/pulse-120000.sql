SELECT /* fusion-console */
  current_user::text AS role, current_setting('server_version') AS version, pg_is_in_recovery() AS replica,
  extract(epoch FROM clock_timestamp())::float8 AS clock
