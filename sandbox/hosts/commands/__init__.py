"""The read-only commands of a triage, as Amazon Linux 2023 prints them."""
