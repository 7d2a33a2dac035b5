SELECT /* fusion-console */ pg_database_size(current_database()) AS size
