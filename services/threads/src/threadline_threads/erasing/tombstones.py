"""What stays of a message of somebody who is forgotten: that it was, when, where and how large. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from threadline_contracts.message import Automation, Direction, Evidence, InboundMessage, Party, Problem
from threadline_threads.erasing.scrubbing import Scrubber
from threadline_threads.identity import Contact, Customs, contact_of

NOBODY: Final = Party(name="erased")
Whom = Callable[[Iterable[Contact]], bool]
"""Whether any of some identities is somebody's who is to be forgotten."""
_ERASED: Final = Problem(code="erased", detail="a person asked to be forgotten")


def tombstone(message: InboundMessage) -> InboundMessage:
    """Return a message without its words, people and files; its ids, times, sizes and place stay."""
    return replace(
        message,
        external_id="",
        fingerprint=f"erased {message.id}",
        conversation="",
        sender=Party(),
        recipients=(),
        subject="",
        text="",
        text_ref=None,
        full_text="",
        full_text_ref=None,
        html="",
        html_ref=None,
        evidence=Evidence(),
        attachments=tuple(replace(file, filename="", content_id="") for file in message.attachments),
        automation=Automation(kind=message.automation.kind),
        delivery_reports=(),
        call=None,
        problems=(_ERASED,),
        raw=None,
    )


def is_tombstone(message: InboundMessage) -> bool:
    """Return whether this is all that stayed of a message."""
    return message.fingerprint == f"erased {message.id}"


def identities_of(party: Party, message: InboundMessage, customs: Customs) -> list[Contact]:
    """Return the identities of a party of a message, in their comparable form."""
    found = (contact_of(identity, customs, message.account) for identity in party.identities)
    return [one for one in found if one]


def is_theirs(message: InboundMessage, whom: Whom, customs: Customs) -> bool:
    """Return whether a message is between us and somebody who is forgotten: from them, or from us to them alone."""
    if whom(identities_of(message.sender, message, customs)):
        return True
    if message.direction is not Direction.OUTBOUND or not message.recipients:
        return False
    told = [identities_of(party, message, customs) for party in message.recipients]
    others = [who for who in told if not whom(who) and not _ours(who, customs)]
    return any(map(whom, told)) and not others


def names_them(message: InboundMessage, whom: Whom, customs: Customs) -> bool:
    """Return whether a message has somebody who is forgotten among its recipients."""
    return any(whom(identities_of(party, message, customs)) for party in message.recipients)


def without(message: InboundMessage, whom: Whom, customs: Customs) -> InboundMessage:
    """Return somebody else's message without the recipients who are forgotten, nor their addresses in its texts.

    The raw input names them, and large bodies that quote them cannot be searched here: they go.
    """
    gone = [party for party in message.recipients if whom(identities_of(party, message, customs))]
    values = [identity.value for party in gone for identity in party.identities]
    scrubber = Scrubber((one for party in gone for one in identities_of(party, message, customs)), values)
    return replace(
        message,
        recipients=tuple(NOBODY if party in gone else party for party in message.recipients),
        subject=scrubber.text(message.subject),
        text=scrubber.text(message.text),
        full_text=scrubber.text(message.full_text),
        html=scrubber.text(message.html),
        automation=scrubber.struct(message.automation),
        delivery_reports=tuple(map(scrubber.struct, message.delivery_reports)),
        call=scrubber.struct(message.call) if message.call else None,
        full_text_ref=None,
        html_ref=None,
        raw=None,
    )


def blobs_of(message: InboundMessage) -> Iterator[str]:
    """Yield every blob that a message refers to."""
    yield from (file.blob for file in message.attachments)
    yield from (body.blob for body in (message.text_ref, message.full_text_ref, message.html_ref) if body)
    if message.raw:
        yield message.raw


def _ours(identities: Iterable[Contact], customs: Customs) -> bool:
    return any(one in customs.own for one in identities)
