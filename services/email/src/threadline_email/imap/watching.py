"""Tells how far each mailbox is read, in metrics and beside its state; every replica does, whoever reads the mail."""

import asyncio
from collections.abc import Sequence
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.figures import measure, read_figures
from threadline_email.mailboxes import Mailbox
from threadline_email.smtp import CHANNEL
from threadline_shared.health import component
from threadline_shared.state import State

PAUSE_S: Final = 2.0


async def watch(state: State, mailboxes: Sequence[Mailbox], *, pause: float = PAUSE_S) -> None:
    """Tell it anew every few seconds, for ever."""
    while True:
        for mailbox in mailboxes:
            await tell(state, mailbox)
        await asyncio.sleep(pause)


async def tell(state: State, mailbox: Mailbox) -> None:
    """Tell how far one mailbox is read; while the state is away, what was told before stands."""
    try:
        figures = await read_figures(state, mailbox)
    except TemporaryError:
        return  # the mailbox's own job is in trouble then, and says why
    for one in figures:
        measure(one)
    component(f"{CHANNEL}/{mailbox.name}", kind=CHANNEL).tell([one.line for one in figures])
