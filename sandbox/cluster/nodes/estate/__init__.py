"""The seeded estate: the bridge, the cluster's own pods, and what they need."""
