"""Exit codes that more than one file needs."""

INTERRUPTED = 130  # what shells give to a process that SIGINT ended
