"""The bridge's cache: a real Valkey server with users, keys and a bounded workload."""
