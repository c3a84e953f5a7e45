"""Tells a loop from correspondence: more mails of one address, or in one conversation, than people write.

Nothing is refused for it. A mail beyond a cap gets the fact `loop`, becomes a message with the problem `loop`, and no
message of a person (automation `loop`): so nobody answers it by itself, and the loop ends.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from threadline_contracts.arrival import Arrival
from threadline_contracts.outcome import Outcome
from threadline_contracts.tokens import read_token
from threadline_email.addresses import read_addresses
from threadline_email.headers import Headers, read_headers
from threadline_email.ids import read_evidence
from threadline_email.loop_counts import LoopCounts, digest
from threadline_email.settings import EmailSettings
from threadline_email.smtp import Accepter
from threadline_email.understanding import LOOP
from threadline_shared.state import State

_PASSED_OVER: Final = ("backfill", "sent")
_MINUTE: Final = 60

Caps = Mapping[int, int]
"""Mails by the minutes within which there may be so many."""


class LoopGuard:
    """Takes mail in with the fact `loop` beside it where one of the caps is passed."""

    def __init__(self, intake: Accepter, state: State, *, per_address: Caps, per_conversation: Caps) -> None:
        self._intake = intake
        self._caps = {"address": per_address, "conversation": per_conversation}
        self._counts = LoopCounts(state, max((*per_address, *per_conversation), default=1))

    async def accept(self, raw: bytes, arrival: Arrival) -> Outcome:
        """Look, hand on, and count what was taken. Raises TemporaryError, as the intake does."""
        if any(arrival.facts.get(fact) for fact in _PASSED_OVER):
            return await self._intake.accept(raw, arrival)
        keys = dict(self._keys(read_headers(raw), arrival))
        minute = _minute(arrival.received_at)
        passed = [why for key, what in keys.items() if (why := await self._passed(key, what, minute))]
        if passed:
            arrival = replace(arrival, facts={**arrival.facts, LOOP: "; ".join(passed)})
        outcome = await self._intake.accept(raw, arrival)
        for key in keys:
            await self._counts.add(key, minute)
        return outcome

    def _keys(self, headers: Headers, arrival: Arrival) -> Iterator[tuple[str, str]]:
        """Yield what a mail counts for, and what that is."""
        if senders := read_addresses(headers.first("from")):
            yield digest("address", arrival.desk, senders[0].email.lower()), "address"
        if root := _root(headers, arrival.facts):
            yield digest("conversation", arrival.desk, root), "conversation"

    async def _passed(self, key: str, what: str, minute: int) -> str:
        """Return which cap this mail passes, in words, or nothing."""
        caps = self._caps[what]
        if not caps:
            return ""
        counts = await self._counts.read(key, minute)
        for minutes, most in sorted(caps.items()):
            if sum(count for at, count in counts.items() if minute - minutes < at <= minute) >= most:
                return f"more than {most} mails of one {what} in {minutes} minutes"
        return ""


def guarded(intake: Accepter, settings: EmailSettings, state: State) -> Accepter:
    """Return an intake with these caps; the same one without any."""
    per_address, per_conversation = _caps(settings.loop_address_caps), _caps(settings.loop_conversation_caps)
    if not (per_address or per_conversation):
        return intake
    return LoopGuard(intake, state, per_address=per_address, per_conversation=per_conversation)


def _caps(stated: Iterable[str]) -> dict[int, int]:
    """Return the caps of `30 in 10 min`, by minutes."""
    words = (text.split() for text in stated)
    return {int(minutes): int(mails) for mails, _, minutes, _ in words}


def _root(headers: Headers, facts: Mapping[str, str]) -> str:
    """Return what names the conversation a mail goes on with: the message of ours it answers, else the oldest mail."""
    evidence = read_evidence(headers, facts.get("rcpt_to", "").split(), headers.text("subject"))
    for text in evidence.tokens:
        if token := read_token(text):
            return token.reference
    return next(iter((*evidence.references, *evidence.in_reply_to)), "")


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // _MINUTE
