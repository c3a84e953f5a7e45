"""How long each kind of data is kept, and what takes away what is older. docs/privacy.md."""
