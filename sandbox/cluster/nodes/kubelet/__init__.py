"""What runs on a node: pods, containers, their probes and their logs."""
