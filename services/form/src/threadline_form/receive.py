"""A multipart body taken apart as it comes: fields into memory, files onto the disk, everything counted.

aiohttp does not apply its size limit to multipart bodies, so this is where the limits are. Blocking: feed it large
chunks in a thread.
"""

import codecs
import re
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from threadline_contracts.errors import MalformedInputError
from threadline_form.entry import KNOWN_FIELDS, Entry, ReceivedFile, text_cap
from threadline_form.filetypes import SAMPLE_BYTES, media_type, safe_name
from threadline_form.settings import Ask, Form
from threadline_form.validate import Fault, FileFact, file_faults

_MAX_PARTS: Final = 100
_EXTENDED_NAME: Final = re.compile(r"(?i);\s*filename\*\s*=\s*([\w-]+)'[\w-]*'([^;\s]*)")  # RFC 8187 3.2


class _Text:
    """The value of a field; past the cap its bytes are counted, not kept."""

    def __init__(self, segment: MultipartSegment) -> None:
        self.name: Final = _decoded(segment.name or "")
        self.charset: Final[str] = segment.charset or "utf-8"
        self.content: Final = bytearray()


class _File:
    """A file on its way to the disk; `sink` is None where it is only counted."""

    def __init__(self, segment: MultipartSegment, path: Path | None) -> None:
        name = _filename(segment) or ""
        self.is_blank: Final = not name  # a browser's file field that was left empty
        self.filename: Final = safe_name(name)
        self.path: Final = path
        self.sink: BinaryIO | None = path.open("wb") if path else None
        self.digest: Final = sha256()
        self.sample: Final = bytearray()
        self.size = 0

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.digest.update(chunk)
        if len(self.sample) < SAMPLE_BYTES:
            self.sample.extend(chunk[: SAMPLE_BYTES - len(self.sample)])
        if self.sink:
            self.sink.write(chunk)

    def drop(self) -> None:
        """Keep counting, but no longer keep."""
        if self.sink and self.path:
            self.sink.close()
            self.path.unlink()
            self.sink = None

    def close(self) -> None:
        if self.sink:
            self.sink.close()


class Receiver:
    """Takes the chunks of one body; `folder` None reads the fields and throws the files away."""

    def __init__(self, boundary: str, form: Form, folder: Path | None) -> None:
        # Latin-1 decodes every header; `_decoded` then finds the UTF-8 that browsers write.
        self._parser = PushMultipartParser(boundary, max_segment_count=_MAX_PARTS, header_charset="latin-1")
        self._form: Final = form
        self._folder: Final = folder if form.fields.files is not Ask.OFF else None
        self._part: _Text | _File | None = None
        self._text_room = text_cap(form.limits)
        self._file_room = form.limits.max_total_bytes
        self._fields: Final[dict[str, str]] = {}
        self._facts: Final[list[FileFact]] = []
        self._kept: Final[list[ReceivedFile]] = []
        self._ignored = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises MalformedInputError."""
        try:
            for event in self._parser.parse(chunk):
                if event is None:
                    self._end()
                elif isinstance(event, MultipartSegment):
                    self._start(event)
                else:
                    self._take(event)
        except MultipartError as err:
            raise MalformedInputError(f"not multipart: {err}") from err

    def finish(self) -> Entry:
        """Return what came, after the last chunk. Raises MalformedInputError when the end is missing."""
        try:
            self._parser.close()
        except MultipartError as err:
            raise MalformedInputError(f"not multipart: {err}") from err
        return self.stop()

    def stop(self, *faults: Fault) -> Entry:
        """Return what came until now; a part that did not end counts as far as it came."""
        if isinstance(self._part, _File):
            self._part.drop()
        elif self._part:
            self._end()
        offered = self._form.fields.files is not Ask.OFF
        found = tuple(file_faults(self._facts, self._form)) if offered and not faults else ()
        return Entry(
            fields=self._fields,
            files=tuple(self._kept),
            had_files=bool(self._facts) or isinstance(self._part, _File),
            ignored=self._ignored + (0 if offered else len(self._facts)),
            faults=(*faults, *found),
        )

    def close(self) -> None:
        """Let go of the file in hand, if there is one."""
        if isinstance(self._part, _File):
            self._part.close()

    def _start(self, segment: MultipartSegment) -> None:
        if _filename(segment) is None:
            self._part = _Text(segment)
        elif self._folder and len(self._facts) < self._form.limits.max_files:
            self._part = _File(segment, self._folder / str(len(self._facts)))
        else:
            self._part = _File(segment, None)

    def _take(self, chunk: bytes) -> None:
        if isinstance(self._part, _File):
            self._part.write(chunk)
            self._file_room -= len(chunk)
            if self._part.size > self._form.limits.max_file_bytes or self._file_room < 0:
                self._part.drop()
        elif self._part:
            self._part.content.extend(chunk[: self._text_room])
            self._text_room -= min(len(chunk), self._text_room)

    def _end(self) -> None:
        part, self._part = self._part, None
        if isinstance(part, _File):
            part.close()
            self._keep(part)
        elif part and part.name in KNOWN_FIELDS and part.name not in self._fields:
            self._fields[part.name] = _value(bytes(part.content), part.charset)
        elif part:
            self._ignored += 1

    def _keep(self, part: _File) -> None:
        if part.is_blank and not part.size:
            return
        kind = media_type(bytes(part.sample), part.filename)
        self._facts.append(FileFact(filename=part.filename, media_type=kind, size=part.size))
        if part.sink and part.path:
            digest = part.digest.hexdigest()
            self._kept.append(
                ReceivedFile(filename=part.filename, media_type=kind, size=part.size, sha256=digest, path=part.path)
            )


def _filename(segment: MultipartSegment) -> str | None:
    """Return the name of a file's part; None for a field's.

    `filename*` is forbidden here (RFC 7578 4.2), unknown to the parser, and sent by some programs all the same.
    """
    if segment.filename is not None:
        return _decoded(segment.filename)
    found = _EXTENDED_NAME.search(segment.header("Content-Disposition", ""))
    return unquote(found[2], encoding=_known(found[1]), errors="replace") if found else None


def _known(charset: str) -> str:
    try:
        return codecs.lookup(charset).name
    except (ValueError, LookupError):
        return "utf-8"


def _decoded(header: str) -> str:
    """Return a header's text: the UTF-8 that a browser wrote and the parser read as Latin-1, where it is that."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _value(content: bytes, charset: str) -> str:
    """Return a field's text: UTF-8 (HTML: the encoding of the page), else as declared, else never a failure."""
    for encoding in ("utf-8", charset):
        try:
            return content.decode(encoding)
        except (ValueError, LookupError):  # ValueError: a charset with a NUL in its name
            continue
    return content.decode("utf-8", "replace")
