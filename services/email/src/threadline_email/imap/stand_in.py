"""The message that stands in for a mail which the server could not give for days."""

from email.utils import format_datetime

from threadline_email.imap.connection import Described
from threadline_email.imap.cursor import Cursor
from threadline_email.imap.reading import Mail


def stand_in(folder: str, cursor: Cursor, uid: int, its: Described | None) -> Mail:
    """Return a mail that says what is known; its identity rests on UIDVALIDITY and UID alone."""
    failed = cursor.failed[uid]
    since = failed.since or failed.again
    size = f"{its.size} bytes, received {its.received_at:%Y-%m-%d %H:%M} UTC" if its else "size and date unknown"
    raw = (
        f"Message-ID: <{cursor.uidvalidity}.{uid}@unreadable.invalid>\r\n"
        f"Date: {format_datetime(since)}\r\n"
        f"Subject: A mail that cannot be read (UID {uid})\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"The mail server could not give this mail: UID {uid} of the folder {folder}, {size}.\r\n"
        f"It was tried {failed.tries} times since {since:%Y-%m-%d}, and stays there: {failed.reason}\r\n"
    )
    return Mail(uid, raw.encode("utf-8", "replace"), its.size if its else 0, its.received_at if its else since, False)
