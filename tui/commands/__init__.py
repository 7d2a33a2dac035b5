"""The command line: the same objects as the screens, data on stdout, narration on stderr."""
