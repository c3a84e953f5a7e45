"""Events that were told, without somebody who is forgotten: the history keeps that they happened. Pure."""

import re
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from threadline_contracts.message import InboundMessage
from threadline_threads.erasing.scrubbing import Scrubber
from threadline_threads.erasing.tombstones import NOBODY, is_tombstone, tombstone

_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOLD: Final = ("evidence", "automation", "delivery_reports", "call")
_TEXTS: Final = ("subject", "text", "full_text", "html")
_NOBODY: Final = msgspec.to_builtins(NOBODY)
_EMPTY: Final = {"name": "", "identities": []}


class Concerned(Struct, frozen=True, kw_only=True):
    """What an erasure concerns.

    The messages that were `erased` and their tickets (`touched`); the tickets that were about the person (`headless`);
    every ticket of these conversations (`near`); the `contacts` that the person was.
    """

    erased: tuple[UUID, ...] = ()
    touched: tuple[UUID, ...] = ()
    headless: tuple[UUID, ...] = ()
    near: tuple[UUID, ...] = ()
    contacts: tuple[UUID, ...] = ()


class Redactor:
    """Redacts the events that concern any of these."""

    def __init__(self, concerned: Concerned, scrubber: Scrubber) -> None:
        self._erased = _texts(concerned.erased)
        self._headless = _texts(concerned.headless)
        self._contacts = _texts(concerned.contacts)
        self._ids = {one.encode() for one in self._erased | self._contacts | _texts(concerned.near)}
        self._scrubber = scrubber

    def event(self, body: bytes) -> bytes | None:
        """Return an event without them; None when it need not change."""
        if self._ids.isdisjoint(_UUID.findall(body)):
            return None
        told = msgspec.json.decode(body)
        before = told["data"]
        told["data"] = self._clean(before)
        return None if told["data"] == before else msgspec.json.encode(told)

    def _clean(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._clean(one) for one in value]
        if isinstance(value, str):
            return self._scrubber.reason(value)
        if not isinstance(value, dict):
            return value
        if "fingerprint" in value:
            return self._message(value)
        clean = {key: self._clean(one) for key, one in value.items()}
        which = value.get("id")
        if which in self._headless and "subject" in value:
            clean |= {"subject": "", "contact": _EMPTY}
        if which in self._contacts and "identities" in value:
            clean |= _EMPTY
        return clean

    def _message(self, value: dict[str, Any]) -> Any:
        if value.get("id") in self._erased:
            message = msgspec.convert(value, InboundMessage)
            return value if is_tombstone(message) else _as_json(tombstone(message))
        clean = {**value, **{name: self._scrubber.text(value.get(name, "")) for name in _TEXTS}}
        recipients = [self._party(party) for party in value.get("recipients", ())]
        if recipients != value.get("recipients", []):
            clean |= {"recipients": recipients, "raw": None, "full_text_ref": None, "html_ref": None}
        told = {name: self._clean(value[name]) for name in _TOLD if name in value}
        return {**clean, **told}

    def _party(self, party: dict[str, Any]) -> dict[str, Any]:
        named = any(self._scrubber.reason(who["value"]) != who["value"] for who in party["identities"])
        return _NOBODY if named else party


def _texts(ids: Iterable[UUID]) -> set[str]:
    return {str(one) for one in ids}


def _as_json(message: InboundMessage) -> Any:
    return msgspec.json.decode(msgspec.json.encode(message))
