"""The form's door: a post in, an answer out. The yes is given only when the message is durable."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.ids import reference_of
from threadline_contracts.outcome import Outcome
from threadline_form import answers
from threadline_form.body import MULTIPART, read_entry
from threadline_form.entry import KEY_FIELD, STAMP_FIELD, TRAP_FIELD, Entry
from threadline_form.keys import SeenKeys, key_of, new_key
from threadline_form.open_form import OpenForm
from threadline_form.origins import admitted
from threadline_form.pages import Filled
from threadline_form.settings import Ask, Form, FormSettings
from threadline_form.submission import CHANNEL, FIELDS, Submission, encode, fingerprint, id_of
from threadline_form.traps import Stamps, suspicion
from threadline_form.validate import Fault, field_faults
from threadline_form.visit import Visit, caller, visit
from threadline_shared.http import client_ip

_BUSY_SECONDS: Final = 30


class Accept(Protocol):
    """Takes an input for good, or raises TemporaryError."""

    async def __call__(self, raw: bytes, arrival: Arrival, files: Mapping[str, Path]) -> Outcome:
        """Return what became of it."""


class _Post(Struct, frozen=True):
    """One post on its way through."""

    open: OpenForm
    visit: Visit
    address: str
    header_key: str


class Door:
    """Takes posts for every configured form. `uploads` is a folder for files on their way in."""

    def __init__(self, settings: FormSettings, accept: Accept, stamps: Stamps, uploads: Path) -> None:
        self._settings: Final = settings
        self._accept: Final = accept
        self._stamps: Final = stamps
        self._uploads: Final = uploads
        self._forms: Final = {form.id: OpenForm(form) for form in settings.forms}
        self._keys: Final = SeenKeys()
        self._reading = 0

    def blank(self, form: Form) -> Filled:
        """Return an empty form, with a key and a stamp of its own."""
        return Filled(key=new_key(), stamp=self._stamps.stamp(form.id, time.time()))

    async def submit(self, request: web.Request, form: Form) -> web.StreamResponse:
        """Answer one post."""
        header_key = request.headers.get("Idempotency-Key", "")
        post = _Post(self._forms[form.id], visit(request, form), client_ip(request), header_key)
        if not admitted(caller(request), form.allowed_origins):
            return self._refuse(post, Entry(), _fault("wrong_origin"))
        wait = post.open.admit(post.address)
        if wait and post.visit.wants_json:
            return self._refuse(post, Entry(), _too_often(wait), retry_after=wait)
        with self._room(request, throw_away=bool(wait)) as folder:
            try:
                entry = await read_entry(request, form, folder, self._settings.form_read_seconds)
            except TemporaryError as err:
                return self._turn_away(post, Entry(), str(err))
            if wait:  # read all the same: the page that says so keeps what was typed
                return self._refuse(post, entry, _too_often(wait), retry_after=wait)
            if folder is None and entry.had_files:
                return self._turn_away(post, entry, "too many uploads at once")
            return await self._judge(post, entry)

    async def _judge(self, post: _Post, entry: Entry) -> web.StreamResponse:
        key, faults = key_of(post.header_key, entry.fields.get(KEY_FIELD, ""))
        offered = (name for name in FIELDS if getattr(post.open.form.fields, name) is not Ask.OFF)
        submission = Submission(key=key, **{name: entry.fields.get(name, "") for name in offered})
        unread = any(fault.field == "form" for fault in entry.faults)
        found = () if unread else (*faults, *field_faults(submission, post.open.form))
        if entry.faults or found:
            return self._refuse(post, entry, *found)
        if wait := post.open.admit_one_more():
            return self._refuse(post, entry, _too_often(wait), retry_after=wait)
        try:
            return await self._take(post, entry, submission)
        except TemporaryError:
            return self._not_now(post, entry, counted=True)

    async def _take(self, post: _Post, entry: Entry, submission: Submission) -> web.StreamResponse:
        raw, form = encode(submission), post.open.form
        files = tuple(file.attachment(form.desk) for file in entry.files)
        known = fingerprint(raw, (file.sha256 for file in files))
        arrival = Arrival(
            desk=form.desk,
            channel=CHANNEL,
            account=form.id,
            received_at=datetime.now(UTC),
            facts=self._facts(form, entry, submission.key, known),
            files=files,
        )
        paths = {file.blob: came.path for file, came in zip(files, entry.files, strict=True)}
        await self._accept(raw, arrival, paths)
        self._keys.remember(form.id, submission.key, known)
        # Buried is our failure, not the visitor's: the message will have this id after the fix.
        identity = id_of(raw, arrival)
        return answers.taken(post.visit, identity, reference_of(identity))

    def _facts(self, form: Form, entry: Entry, key: str, known: str) -> Mapping[str, str]:
        off = sum(getattr(form.fields, name) is Ask.OFF and bool(entry.fields.get(name)) for name in FIELDS)
        age = self._stamps.age(form.id, entry.fields.get(STAMP_FIELD, ""), time.time())
        facts = {
            "department": form.department,
            "trap": suspicion(form, hidden_field=entry.fields.get(TRAP_FIELD, ""), age=age),
            "ignored_fields": str(entry.ignored + off) if entry.ignored + off else "",
            "key_reused": "yes" if self._keys.is_reused(form.id, key, known) else "",
        }
        return {name: fact for name, fact in facts.items() if fact}

    def _refuse(self, post: _Post, entry: Entry, *faults: Fault, retry_after: float = 0) -> web.StreamResponse:
        post.open.refused()
        return self._no(post, entry, *faults, retry_after=retry_after)

    def _turn_away(self, post: _Post, entry: Entry, reason: str) -> web.StreamResponse:
        post.open.turned_away(reason)
        return self._not_now(post, entry, counted=False)

    def _not_now(self, post: _Post, entry: Entry, *, counted: bool) -> web.StreamResponse:
        post.open.give_back(post.address, counted=counted)
        return self._no(post, entry, _fault("busy"), retry_after=_BUSY_SECONDS)

    def _no(self, post: _Post, entry: Entry, *faults: Fault, retry_after: float) -> web.StreamResponse:
        blank = self.blank(post.open.form)
        filled = replace(
            blank,
            key=entry.fields.get(KEY_FIELD) or blank.key,
            stamp=entry.fields.get(STAMP_FIELD) or blank.stamp,
            typed=entry.fields,
            faults=(*faults, *entry.faults),
            files_again=entry.had_files,
        )
        return answers.refused(post.visit, filled, retry_after=retry_after)

    @contextmanager
    def _room(self, request: web.Request, *, throw_away: bool) -> Iterator[Path | None]:
        """Give a folder for the files of one post; None where there are to be none, or no room for them."""
        full = self._reading >= self._settings.form_max_uploads
        if throw_away or full or request.content_type != MULTIPART:
            yield None
            return
        self._reading += 1
        try:
            with TemporaryDirectory(dir=self._uploads, ignore_cleanup_errors=True) as folder:
                yield Path(folder)
        finally:
            self._reading -= 1


def _fault(code: str) -> Fault:
    return Fault(field="form", code=code)


def _too_often(wait: float) -> Fault:
    return Fault(field="form", code="too_often", values={"wait": int(wait)})
