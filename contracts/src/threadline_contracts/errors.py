"""The failures that cross package borders, each named for what its catcher should do next."""


class TemporaryError(Exception):
    """Nothing is wrong with the input: keep it and offer it again."""


class MalformedInputError(ValueError):
    """No retry will help until our parser is mended: keep the raw bytes, bury, count."""


class SettingsError(ValueError):
    """The operator can mend this: one line that names the key; the process exits with 1."""
