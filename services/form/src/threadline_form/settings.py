"""Settings of the contact form service: one frozen struct per form, a default form where none is configured."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from threadline_contracts.message import DEFAULT_DESK, Name
from threadline_form.texts import LANGUAGES

_MEBI: Final = 1024 * 1024
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")

FormId = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,31}$", description="as in the address: /form/{id}")]
Colour = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$", description="#rrggbb")]
# What a style sheet takes as a list of fonts, and nothing that could end the declaration.
FontList = Annotated[str, Meta(pattern="^[A-Za-z0-9 ,'\"-]{0,200}$", description="a font-family list")]
Count = Annotated[int, Meta(ge=1)]
Localized = str | Mapping[str, str]


class Ask(StrEnum):
    """Whether a field is on the form, and whether it must be filled in."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


class Fields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which fields a form has. A form without a message would have nothing to say, so that one may not be off."""

    name: Ask = Ask.REQUIRED
    email: Ask = Ask.OPTIONAL
    phone: Ask = Ask.OPTIONAL
    subject: Ask = Ask.OPTIONAL
    message: Ask = Ask.REQUIRED
    files: Ask = Ask.OPTIONAL

    def __post_init__(self) -> None:
        """Refuse a form without a message."""
        if self.message is Ask.OFF:
            raise ValueError("fields.message cannot be off: the message is what the form is for")


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one submission may hold: characters of each field, number and bytes of files.

    `allowed_types` (media types, `image/*` too; empty: any) and `blocked_types` (media types or `.endings`) are
    checked against what the first bytes of a file say it is, and against its name.
    """

    name: Count = 200
    email: Count = 254  # RFC 5321 4.5.3.1.3, without the angle brackets
    phone: Count = 50
    subject: Count = 300
    message: Count = 20_000
    max_files: Count = 5
    max_file_bytes: Count = 10 * _MEBI
    max_total_bytes: Count = 25 * _MEBI
    allowed_types: tuple[str, ...] = ()
    blocked_types: tuple[str, ...] = (
        "application/x-msdownload",
        "application/x-executable",
        *(".bat", ".cmd", ".com", ".cpl", ".exe", ".hta", ".jar", ".js", ".jse", ".lnk", ".msi", ".pif", ".ps1"),
        *(".reg", ".scr", ".vbe", ".vbs", ".wsf"),
    )


class RateLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Submissions that a form takes from one address (IPv6: one /64), and from everybody together."""

    address_per_hour: Count = 20
    address_per_day: Count = 240
    form_per_day: Count = 5_000


class Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One contact form. Texts are one string, or a table by language (`title = {en = "Help", de = "Hilfe"}`).

    `allowed_origins` are the sites that may embed the form and post to it; our own origin always may.
    `min_seconds`: a page sent back faster than that is taken in, and flagged as suspected spam.
    """

    id: FormId = "contact"
    desk: Name = DEFAULT_DESK
    department: str = ""
    title: Localized = ""
    intro: Localized = ""
    thanks: Localized = ""
    fields: Fields = field(default_factory=Fields)
    limits: Limits = field(default_factory=Limits)
    rates: RateLimits = field(default_factory=RateLimits)
    allowed_origins: tuple[str, ...] = ()
    languages: tuple[str, ...] = LANGUAGES
    accent: Colour = "#4f46e5"
    radius: Annotated[int, Meta(ge=0, le=24, description="pixels")] = 10
    font: FontList = ""
    min_seconds: Annotated[float, Meta(ge=0, le=60)] = 2.0

    def __post_init__(self) -> None:
        """Refuse what would only fail when a visitor is there."""
        if self.id == "static":
            raise ValueError("id cannot be static: /form/static/ holds the form's own files")
        for origin in self.allowed_origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"allowed_origins: {origin!r} is no origin (https://www.example.com, no path)")
        unknown = [language for language in self.languages if language not in LANGUAGES]
        if unknown or not self.languages:
            raise ValueError(f"languages: {', '.join(unknown) or 'none'}; there are {', '.join(LANGUAGES)}")


class FormSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[form]` section."""

    forms: tuple[Form, ...] = (Form(),)
    form_max_uploads: Annotated[Count, Meta(description="posts with files read at once; one more has to wait")] = 64
    form_read_seconds: Annotated[float, Meta(gt=0, description="how long a post may take to come in")] = 600.0

    def __post_init__(self) -> None:
        """Refuse no form at all, and two with one address."""
        names = [form.id for form in self.forms]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"forms: each needs an id of its own, there are: {', '.join(names) or 'none'}")


class TokenSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys that sign reply tokens, and here: when a page was made.

    Without them each start has a key of its own, and pages from before are not timed.
    """

    token_keys: str = ""


def localized(text: Localized, language: str) -> str:
    """Return a configured text in a language: that one's, else the first there is, else an empty string."""
    if isinstance(text, str):
        return text
    return text.get(language) or next(iter(text.values()), "")
