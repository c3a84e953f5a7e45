"""Whatever a message holds, what is said about it fits on the bus."""

import msgspec
from msgspec.structs import replace

from support.messages import NOON, a_message
from support.threads_shelf import Shelf, a_mail
from threadline_contracts.codec import EVENT_MAX_BYTES, MESSAGE_MAX_BYTES, decode, decode_data
from threadline_contracts.message import Assurance, Evidence, Identity, InboundMessage, Party
from threadline_contracts.ticket import MessagePlaced
from threadline_threads.events import announcement
from threadline_threads.tickets import MAX_LINKS

WIDE = "\N{PILE OF POO}"


def the_largest(number: int, *, cites: int = 0) -> InboundMessage:
    """Return a message that fills its event, with everything a ticket repeats as long as it may be."""
    values = (f"ana{WIDE * 500}", f"+{'1' * 500}", f"{number}{'x' * 500}")
    identities = tuple(Identity(kind="email", value=value, assurance=Assurance.ASSERTED) for value in values)
    message = a_message(
        f"m{number}",
        account=f"{number}{WIDE * 250}",
        subject=WIDE * 500,
        sender=Party(name=WIDE * 500, identities=identities),
        external_id=f"{number}{WIDE * 300}",
        evidence=Evidence(references=tuple(f"{cited}{WIDE * 300}" for cited in range(cites))),
    )
    room = MESSAGE_MAX_BYTES - len(msgspec.json.encode(message))
    return replace(message, text=message.text + "x" * room)


def test_the_largest_message_fits_beside_the_largest_ticket() -> None:
    shelf = Shelf()
    for number in range(20):
        shelf.place([the_largest(number)])
    for number in range(20, 40):
        shelf.place([the_largest(number, cites=20)])
    (last,) = [announcement(happening, NOON) for happening in shelf.place([the_largest(40, cites=20)]).happenings]
    assert len(decode_data(decode(last.body), MessagePlaced).ticket.links) == MAX_LINKS
    assert max(len(announcement(happening, NOON).body) for happening in shelf.happenings) <= EVENT_MAX_BYTES


def test_what_is_said_is_what_the_contract_promises() -> None:
    shelf, mail = Shelf(), a_mail("m1")
    shelf.place([mail])
    event = decode(announcement(shelf.happenings[0], NOON).body)
    said = decode_data(event, MessagePlaced)
    assert said.message == mail
    assert said.placement.rule == "open"
    assert (said.ticket.reference, said.ticket.message_count, said.ticket.revision) == (mail.reference, 1, 1)
    assert (event.subject, event.partitionkey) == (str(said.ticket.id), str(said.ticket.id))
