"""The `threadline` command, and every service in one process."""
