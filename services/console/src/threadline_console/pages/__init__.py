"""The pages operators see: rendered on the server, whole before any script runs."""
