"""What an operator may choose about grouping. Read once; a wrong value is one line that names its key."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

from msgspec import Meta, Struct

from threadline_contracts.errors import SettingsError
from threadline_contracts.message import Name
from threadline_contracts.tokens import KeyRing
from threadline_shared.settings import load
from threadline_threads.identity import Customs, own_contacts
from threadline_threads.numbers import MAX_PATTERN, Pattern, compile_pattern, packaged_patterns
from threadline_threads.phones import is_region
from threadline_threads.policy import Policy
from threadline_threads.policy_settings import PolicyRow, policy_of
from threadline_threads.retention.kinds import RetentionSettings
from threadline_threads.terms import ANNOUNCEMENT_RECIPIENTS, REOPEN_DAYS, Terms

_KEY_ID: Final = re.compile(r"[0-9a-z]{1,8}", re.ASCII)
_SECRET_BYTES: Final = 16  # at least: 128 bits

Region = Annotated[str, Meta(pattern="^([A-Z]{2})?$", description="a country's two letters, or empty")]


class NumberPattern(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[threads.numbers]]`."""

    kind: Name
    pattern: Annotated[str, Meta(min_length=1, max_length=MAX_PATTERN, description="an RE2 regular expression")]

    def __post_init__(self) -> None:
        """Raise ValueError for a pattern that cannot be used."""
        self.compiled()

    def compiled(self) -> Pattern:
        """Return it ready for use."""
        return compile_pattern(self.kind, self.pattern)


class ThreadsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[threads]` of the settings file."""

    own_addresses: Annotated[
        tuple[str, ...], Meta(description="our mailboxes, besides those that messages come in by: never participants")
    ] = ()
    shared_addresses: Annotated[
        tuple[str, ...], Meta(description="addresses and numbers of several people: they never link two contacts")
    ] = ()
    phone_region: Region = ""
    phone_regions: dict[str, Region] = {}
    gmail_dots: Annotated[bool, Meta(description="a.na@gmail.com is ana@gmail.com")] = False
    policy: tuple[PolicyRow, ...] = ()
    numbers: Annotated[tuple[NumberPattern, ...], Meta(max_length=50)] = ()
    announcement_recipients: Annotated[
        int, Meta(ge=1, description="to more people than these, a mail of ours that answers nothing is an announcement")
    ] = ANNOUNCEMENT_RECIPIENTS
    twins: Annotated[
        bool,
        Meta(description="a mail to two departments is one ticket; false: a ticket of each, that go apart for good"),
    ] = True
    reopen_days: Annotated[
        int, Meta(ge=0, le=3650, description="so long a customer's message still opens a solved ticket again")
    ] = REOPEN_DAYS
    batches_in_hand: Annotated[
        int, Meta(ge=1, le=16, description="at once: one is read while another is committed")
    ] = 2
    clerk_batch: Annotated[int, Meta(ge=1, le=1000, description="events that the clerk reads at once, at rest")] = 200
    clerk_pause: Annotated[float, Meta(ge=0.01, le=60, description="seconds between two looks for new events")] = 0.5
    suggest_from: Annotated[float, Meta(ge=0.05, le=1, description="the score that a suggestion needs")] = 0.35
    retention: RetentionSettings = RetentionSettings()
    database_connections: Annotated[int, Meta(ge=2, le=100)] = 4
    database_statement_cache: Annotated[
        int, Meta(ge=0, le=1000, description="0: behind pgbouncer in transaction mode")
    ] = 100

    def __post_init__(self) -> None:
        """Raise ValueError for a country that there is not."""
        for region in filter(None, (self.phone_region, *self.phone_regions.values())):
            if not is_region(region):
                raise ValueError(f"phone_region {region!r} is no country: its two letters of ISO 3166-1, as HR or DE")

    def customs(self) -> Customs:
        """Return what they say about identities."""
        own = own_contacts(self.own_addresses, self.phone_region, gmail_dots=self.gmail_dots)
        shared = own_contacts(self.shared_addresses, self.phone_region, gmail_dots=self.gmail_dots)
        return Customs(own, shared, self.phone_region, self.phone_regions, self.gmail_dots)

    def terms(self, ring: KeyRing) -> Terms:
        """Return on what terms messages are grouped."""
        return Terms(
            ring=ring,
            customs=self.customs(),
            policy=self.table(),
            most_recipients=self.announcement_recipients,
            reopens_within=timedelta(days=self.reopen_days),
            twins=self.twins,
        )

    def table(self) -> Policy:
        """Return the policy in force, with the patterns of numbers: the operator's, then ours."""
        return policy_of(self.policy, (*(one.compiled() for one in self.numbers), *packaged_patterns()))


class TokenSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys that sign reply tokens."""

    token_keys: str = ""


def key_ring(env: Mapping[str, str]) -> KeyRing:
    """Return the keys of THREADLINE_TOKEN_KEYS (`k2:<hex>,k1:<hex>`), the signing one first. Raises SettingsError."""
    text = load(TokenSettings, env).token_keys
    if not text:
        raise SettingsError("THREADLINE_TOKEN_KEYS is not set: k1:<at least 32 hexadecimal digits>")
    ring: dict[str, bytes] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, secret = part.partition(":")
        ring[_checked(name, ring)] = _secret(name, secret)
    return ring


def _checked(name: str, ring: Mapping[str, bytes]) -> str:
    if not _KEY_ID.fullmatch(name):
        raise SettingsError("THREADLINE_TOKEN_KEYS: a key is <1 to 8 digits or small letters>:<hexadecimal>")
    if name in ring:
        raise SettingsError(f"THREADLINE_TOKEN_KEYS: there are two keys {name}")
    return name


def _secret(name: str, text: str) -> bytes:
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) < _SECRET_BYTES:
        raise SettingsError(f"THREADLINE_TOKEN_KEYS: key {name} needs at least {2 * _SECRET_BYTES} hexadecimal digits")
    return secret
