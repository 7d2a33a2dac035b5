"""The bridge's database: a real PostgreSQL with its schema, its roles and a bounded workload."""
