"""The operator's policy table as settings, and ours behind it. Refuses a row that no evidence could carry."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from importlib.resources import files
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from threadline_contracts.message import Channel
from threadline_threads.numbers import Pattern
from threadline_threads.policy import ANY, Action, Condition, Policy, Row

_UNITS: Final = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_WINDOW: Final = re.compile(r"([0-9]{1,6}) ?(s|min|h|d|w)", re.ASCII)
_LONGEST: Final = timedelta(days=366)
# A claim proves nothing and words alone belong to nobody: what a stranger can type joins no conversation.
_NEVER_JOIN: Final = frozenset({Condition.CLAIMED_IDENTITY, Condition.SIMILAR_TEXT})

_CHANNELS: Final = frozenset(Channel)

ChannelName = Annotated[str, Meta(pattern=r"^([*]|[a-z][a-z0-9_-]{0,31})$", description="a channel, or * for any")]


class PolicyRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[threads.policy]]`."""

    condition: Condition
    later: ChannelName = ANY
    earlier: ChannelName = ANY
    window: Annotated[str, Meta(description="a number and s, min, h, d or w; empty: that of our own row")] = ""
    action: Action

    def __post_init__(self) -> None:
        """Raise ValueError for a row that cannot be."""
        if self.window:
            read_window(self.window)
        for side in (self.later, self.earlier):
            if side != ANY and side not in _CHANNELS:
                raise ValueError(f"there is no channel {side!r}; there are: {', '.join(sorted(_CHANNELS))}, *")
        if self.action is Action.JOIN and self.condition in _NEVER_JOIN:
            raise ValueError(f"{self.condition} may suggest or be off, but never join: it proves nothing")

    def row(self) -> Row:
        """Return it as the policy reads it."""
        window = read_window(self.window or _usual_window(self.condition))
        return Row(self.condition, self.later, self.earlier, window, self.action)


class _Packaged(Struct, frozen=True, forbid_unknown_fields=True):
    policy: tuple[PolicyRow, ...]


def read_window(text: str) -> timedelta:
    """Return `10min`, `24h`, `7d` as a time span. Raises ValueError."""
    match = _WINDOW.fullmatch(text.strip())
    window = timedelta(seconds=int(match[1]) * _UNITS[match[2]]) if match else timedelta(0)
    if not timedelta(0) < window <= _LONGEST:
        raise ValueError(f"window {text!r} is not a number and s, min, h, d or w, up to a year: 10min, 24h, 7d")
    return window


def policy_of(rows: Iterable[PolicyRow] = (), patterns: Sequence[Pattern] = ()) -> Policy:
    """Return the table in force: the operator's rows, then ours."""
    return Policy((row.row() for row in (*rows, *DEFAULTS)), patterns)


def _usual_window(condition: Condition) -> str:
    return next(row.window for row in DEFAULTS if row.condition is condition)


DEFAULTS: Final = msgspec.convert(
    tomllib.loads((files(__package__) / "policy.toml").read_text(encoding="utf-8")), _Packaged
).policy
