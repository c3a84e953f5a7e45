"""What is wrong with a submission, field by field, as codes of the catalogue. Pure; it never mends anything."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from threadline_form.filetypes import matches
from threadline_form.settings import Ask, Form
from threadline_form.submission import FIELDS, Submission
from threadline_form.texts import size

MAX_KEY: Final = 200
_LOCAL_PART: Final = 64  # RFC 5321 4.5.3.1.1
_MIN_DIGITS: Final = 3
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY}}}")
_SPACE_OR_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f<>,;]")
_TOO_LARGE: Final = frozenset({"file_too_large", "files_too_large", "too_large"})


class Fault(Struct, frozen=True, kw_only=True):
    """One thing to correct: the field (`form` for the whole), a key of the catalogue and its values."""

    field: str
    code: str
    values: Mapping[str, str | int] = msgspec.field(default_factory=dict)

    @property
    def is_size(self) -> bool:
        """Whether it is a matter of bytes: 413 rather than 422."""
        return self.code in _TOO_LARGE


class FileFact(Struct, frozen=True, kw_only=True):
    """What validation needs to know of a file that came with the form."""

    filename: str
    media_type: str
    size: int


def field_faults(submission: Submission, form: Form) -> Iterator[Fault]:
    """Yield at most one fault for each text field that the form has."""
    for name in FIELDS:
        ask = getattr(form.fields, name)
        if ask is not Ask.OFF and (fault := _field_fault(name, getattr(submission, name).strip(), ask, form)):
            yield fault


def file_faults(files: Sequence[FileFact], form: Form) -> Iterator[Fault]:
    """Yield at most one fault of the files, the most useful one first."""
    limits = form.limits
    if form.fields.files is Ask.REQUIRED and not files:
        yield Fault(field="files", code="required_files")
    elif len(files) > limits.max_files:
        yield Fault(field="files", code="too_many_files", values={"limit": limits.max_files})
    elif large := next((file for file in files if file.size > limits.max_file_bytes), None):
        values = {"name": large.filename, "limit": size(limits.max_file_bytes)}
        yield Fault(field="files", code="file_too_large", values=values)
    elif sum(file.size for file in files) > limits.max_total_bytes:
        yield Fault(field="files", code="files_too_large", values={"limit": size(limits.max_total_bytes)})
    elif refused := next((file for file in files if not is_welcome(file, form)), None):
        yield Fault(field="files", code="file_type", values={"name": refused.filename})


def is_welcome(file: FileFact, form: Form) -> bool:
    """Return whether a form takes files of this type and ending."""
    allowed, blocked = form.limits.allowed_types, form.limits.blocked_types
    if matches(file.media_type, file.filename, blocked):
        return False
    return not allowed or matches(file.media_type, file.filename, allowed)


def is_key(key: str) -> bool:
    """Return whether this can be an idempotency key: 1 to 200 printable ASCII characters without spaces."""
    return _KEY.fullmatch(key) is not None


def is_email(value: str) -> bool:
    """Return whether this looks like an address somebody can be answered at: one @, and a domain with a dot.

    Deliberately no more than that (RFC 5321 allows nearly anything before the @); `localhost` is a domain too.
    """
    local, at, domain = value.partition("@")
    if not at or not local or "@" in domain or len(local) > _LOCAL_PART or _SPACE_OR_CONTROL.search(value):
        return False
    return domain == "localhost" or (len(labels := domain.split(".")) > 1 and all(labels))


def _field_fault(name: str, value: str, ask: Ask, form: Form) -> Fault | None:
    limit = getattr(form.limits, name)
    length = len(value.replace("\r\n", "\n"))  # browsers show a line end as one character, and send two
    if not value:
        return Fault(field=name, code=f"required_{name}") if ask is Ask.REQUIRED else None
    if length > limit:
        return Fault(field=name, code="too_long", values={"count": length, "limit": limit})
    if name == "email" and not is_email(value):
        return Fault(field=name, code="not_email")
    if name == "phone" and sum(character.isdigit() for character in value) < _MIN_DIGITS:
        return Fault(field=name, code="not_phone")
    return None
