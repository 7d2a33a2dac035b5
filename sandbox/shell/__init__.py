"""A small shell: its grammar, its streams, how it runs a line, and the commands that only handle text."""
