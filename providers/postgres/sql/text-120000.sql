SELECT /* fusion-console */ convert_to(s.query, getdatabaseencoding()) AS query
FROM {schema}.pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid
WHERE s.queryid = %(id)s AND d.datname = current_database() AND s.query <> '<insufficient privilege>'
LIMIT 1
