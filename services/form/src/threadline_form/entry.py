"""What came in with one post, before anybody judged it: fields as typed, files on disk, and what was wrong already."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from threadline_contracts.ids import file_blob_id
from threadline_contracts.message import Attachment
from threadline_form.settings import Limits
from threadline_form.submission import FIELDS
from threadline_form.validate import Fault, FileFact

KEY_FIELD: Final = "idempotency_key"
TRAP_FIELD: Final = "your_website"  # a field that only programs see
STAMP_FIELD: Final = "rendered"
KNOWN_FIELDS: Final = frozenset({*FIELDS, KEY_FIELD, TRAP_FIELD, STAMP_FIELD})
_WORST_BYTES: Final = 12  # of one character: a pair of \uXXXX in JSON, or four %XX
_FRAMING: Final = 64 * 1024  # names, boundaries, headers, the hidden fields


class ReceivedFile(FileFact, frozen=True, kw_only=True):
    """A file that is wholly on disk at `path`, under its safe name."""

    sha256: str
    path: Path

    def attachment(self, desk: str) -> Attachment:
        """Return the file as a message of this desk names it."""
        return Attachment(
            filename=self.filename,
            media_type=self.media_type,
            size=self.size,
            sha256=self.sha256,
            blob=file_blob_id(desk, self.sha256),
        )


class Entry(Struct, frozen=True, kw_only=True):
    """One post, read; `ignored` counts fields that no form has, `files` are those that are kept on disk."""

    fields: Mapping[str, str] = field(default_factory=dict)
    files: tuple[ReceivedFile, ...] = ()
    had_files: bool = False
    ignored: int = 0
    faults: tuple[Fault, ...] = ()


def unreadable(code: str = "unreadable") -> Entry:
    """Return the entry of a body that could not be read at all."""
    return Entry(faults=(Fault(field="form", code=code),))


def text_cap(limits: Limits) -> int:
    """Return how many bytes of text may come, generously: the limits themselves are checked in characters."""
    characters: int = sum(getattr(limits, name) for name in FIELDS)
    return _FRAMING + _WORST_BYTES * characters


def body_cap(limits: Limits) -> int:
    """Return how many bytes a whole post may have."""
    return limits.max_total_bytes + text_cap(limits)
