"""The read API: what programs ask for tickets, files, dead letters and events."""
