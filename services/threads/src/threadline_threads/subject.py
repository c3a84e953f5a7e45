"""What a subject says once mail programs, lists and other desks are taken off it. Pure and total."""

from msgspec import Struct


class Subject(Struct, frozen=True):
    """A base subject, comparable; `reply` and `forward` say which prefixes stood before it. Empty matches nothing."""

    base: str
    reply: bool = False
    forward: bool = False


def normal_subject(text: str) -> Subject:
    """Return the base subject."""
    base, reply = " ".join(text[:1000].casefold().split()), False
    while base.startswith(("re:", "aw:")):
        base, reply = base[3:].lstrip(), True
    return Subject(base, reply)
