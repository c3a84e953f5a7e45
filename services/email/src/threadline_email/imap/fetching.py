"""Every mailbox that is fetched, side by side: the trouble of one is not another's."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from threadline_email.imap.budget import Budget
from threadline_email.imap.job import Commons, MailboxJob
from threadline_email.imap.login import login_of
from threadline_email.imap.record import mailbox_key
from threadline_email.imap.watching import watch
from threadline_email.settings import EmailSettings
from threadline_email.smtp import Accepter
from threadline_shared.state import State


@asynccontextmanager
async def fetching(
    env: Mapping[str, str], settings: EmailSettings, intake: Accepter, state: State
) -> AsyncIterator[None]:
    """Fetch until the block ends. Raises SettingsError when a secret is missing."""
    commons = Commons(
        state,
        intake,
        turns=asyncio.Semaphore(settings.imap_concurrency),
        budget=Budget(settings.imap_max_buffered_bytes),
        lease_seconds=settings.imap_lease_seconds,
    )
    jobs = [
        MailboxJob(box, box.imap, login_of(box.imap, env, state, mailbox_key(box)), commons)
        for box in settings.mailboxes
        if box.imap is not None
    ]
    async with asyncio.TaskGroup() as group:
        fetched = [box for box in settings.mailboxes if box.imap is not None]
        tasks = [group.create_task(watch(state, fetched)), *(group.create_task(job.run()) for job in jobs)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
