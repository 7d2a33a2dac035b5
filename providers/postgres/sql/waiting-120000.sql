-- pg_blocking_pids takes the whole lock table for itself: it is asked about those that wait, and about nobody else.
SELECT /* fusion-console */ pid, pg_blocking_pids(pid) AS blockers
FROM pg_stat_activity
WHERE wait_event_type = 'Lock'
  OR (query = '<insufficient privilege>' AND pid IN (SELECT pid FROM pg_locks WHERE NOT granted))
ORDER BY pid
LIMIT 300
