"""What becomes of a mail on the server, after the confirm."""

from collections.abc import Sequence

from threadline_email.imap.session import Session
from threadline_email.imap_settings import ImapAccount


def may_settle(account: ImapAccount, size: int) -> bool:
    """Whether a mail may be flagged, moved or deleted; of too large a one the server alone has all of it."""
    return not (account.after == "delete" and size > account.max_bytes)


async def settle_with_server(session: Session, account: ImapAccount, uids: Sequence[int]) -> None:
    """Flag, move or delete mails that were taken; those that are gone do not matter. Raises TemporaryError."""
    match account.after:
        case "seen":
            await session.flag(uids, rb"\Seen")
        case "flag":
            await session.flag(uids, rb"\Flagged")
        case "move":
            await session.move(uids, account.target_folder)
        case "delete":
            await session.delete(uids)
        case "keep":
            pass
