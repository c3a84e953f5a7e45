"""Tries a mailbox for `threadline check`: connects, logs in, opens each folder read-only; reads no mail.

Whatever is wrong is one line that says what to do.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_email.imap.login import login_of
from threadline_email.imap.record import mailbox_key
from threadline_email.imap.session import Session, open_session
from threadline_email.imap.trouble import trouble_of
from threadline_email.imap_settings import ImapAccount
from threadline_email.mailboxes import Mailbox
from threadline_shared.state import State

_CONNECT_S: Final = 10.0  # somebody waits for the answer
_SILENCE_S: Final = 15.0
_HARMLESS: Final = frozenset({"folder", "refused"})  # the session is good for the next folder


class Tried(Struct, frozen=True):
    """What came of it, in one line."""

    ok: bool
    says: str


async def try_mailbox(mailbox: Mailbox, env: Mapping[str, str], state: State) -> Sequence[Tried]:
    """Return what works and what does not; `state` keeps a refresh token that the provider replaces meanwhile."""
    if mailbox.imap is None:
        return ()
    account = _impatient(mailbox.imap)
    try:
        login = login_of(account, env, state, mailbox_key(mailbox))
        async with open_session(account, login) as session:
            return [Tried(one.ok, f"{mailbox.address}: {one.says}") for one in await _folders(session)]
    except (SettingsError, TemporaryError) as err:
        return [Tried(ok=False, says=f"{mailbox.address}: {err}")]


async def _folders(session: Session) -> Sequence[Tried]:
    account = session.account
    good: list[str] = []
    bad: list[Tried] = []
    for folder in filter(None, (*account.folders, account.sent_folder, account.target_folder)):
        try:
            entered = await session.enter(folder, readonly=True)
            good.append(f"{folder} has {entered.exists:,} mail{'' if entered.exists == 1 else 's'}")
        except TemporaryError as err:
            if trouble_of(err).kind not in _HARMLESS:
                raise
            bad.append(Tried(ok=False, says=str(err)))
    slow = "" if session.can("IDLE") or not account.idle else _without_idle(account)
    let_in = f"{account.host} lets us in{slow}"
    return [Tried(ok=True, says="; ".join([let_in, *good])), *bad]


def _without_idle(account: ImapAccount) -> str:
    return f" (without IDLE: new mail is seen every {account.poll_seconds:g} s)"


def _impatient(account: ImapAccount) -> ImapAccount:
    return replace(
        account,
        connect_seconds=min(account.connect_seconds, _CONNECT_S),
        timeout_seconds=min(account.timeout_seconds, _SILENCE_S),
    )
