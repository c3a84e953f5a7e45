"""The console service: the operators' eye and the read API. `app.run` is its one name."""
