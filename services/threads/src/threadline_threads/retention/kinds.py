"""The kinds of data with an age, and what an operator may set for each. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Days = Annotated[int, Meta(ge=0, le=36_500, description="days; 0: for ever")]


class Kind(StrEnum):
    """What grows old."""

    EVENTS = "events"
    WAITING = "waiting"
    CLUES = "clues"
    COMMANDS = "commands"
    SUGGESTIONS = "suggestions"
    CLOSED_TEXTS = "closed_texts"
    RAW_INPUTS = "raw_inputs"


class RetentionSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[threads.retention]`: days, 0 for ever."""

    events: Days = 30
    waiting: Days = 400
    clues: Days = 400
    commands: Days = 400
    suggestions: Days = 90
    closed_texts: Days = 0
    raw_inputs: Days = 0

    def ages(self) -> Mapping[Kind, timedelta]:
        """Return how old each kind may grow that does not stay for ever."""
        days = {kind: getattr(self, kind) for kind in Kind}
        return {kind: timedelta(days=number) for kind, number in days.items() if number}
