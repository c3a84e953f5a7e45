"""What looks like an attack, as events for whoever watches. Pure; nothing is dropped or moved for it."""

from uuid import UUID

from threadline_contracts.security import SecuritySignal
from threadline_contracts.ticket import Rule
from threadline_contracts.topology import EventType
from threadline_threads.board import Board
from threadline_threads.identity import shown
from threadline_threads.incoming import Incoming
from threadline_threads.plan import Happening
from threadline_threads.reasons import Edge, short

_FORGED = "Carries a reply token under a key of ours with a wrong signature."
_POSES = "Claims to come from an address of ours; nothing proves it, and we did not send it."
_CONTESTED = "Bears an id that a message of somebody else bears: citing it is no proof of anything."


def is_stranger(board: Board, one: Incoming, edge: Edge) -> bool:
    """Return whether a person came in by a token of a conversation in which nobody has named them."""
    if edge.rule is not Rule.TOKEN or edge.backwards or not one.in_person:
        return False
    return board.talks.speaker(edge.ticket, one.writes_as) is None


def signal(board: Board, one: Incoming, home: UUID, *, stranger: bool, contested: bool) -> None:
    """Tell what is suspicious about a message that is now in its ticket; what is imported is no attack any more."""
    if one.message.backfill:
        return
    if one.forged:
        _tell(board, EventType.SECURITY_FORGED_TOKEN, one, home, _FORGED)
    if stranger:
        who = short(shown(one.writes_as[0])) if one.writes_as else "Somebody without an address"
        because = f"{who} came in by our token, and takes no part in this conversation."
        _tell(board, EventType.SECURITY_STRANGER_ON_THREAD, one, home, because)
    if because := " ".join([_CONTESTED] * contested + [_POSES] * one.poses_as_us):
        evidence = (short(one.message.external_id),) if contested else ()
        _tell(board, EventType.SECURITY_IDENTITY_CONFLICT, one, home, because, evidence)


def _tell(
    board: Board, event: EventType, one: Incoming, home: UUID, because: str, evidence: tuple[str, ...] = ()
) -> None:
    message = one.message
    data = SecuritySignal(
        message_id=message.id,
        desk=message.desk,
        channel=message.channel,
        account=message.account,
        ticket=home,
        because=because,
        evidence=evidence,
    )
    board.plan.happenings.append(Happening(event, home, message.version, message.id, data, about=message.id))
