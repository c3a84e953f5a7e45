"""Phone numbers as comparable values (E.164). Pure; refuses a number that was withheld: it is nobody's."""


def phone(value: str, region: str = "") -> str:
    """Return a number as it compares."""
    return "".join(char for char in value if char not in " \t().-/")
