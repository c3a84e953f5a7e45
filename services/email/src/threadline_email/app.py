"""The e-mail service: mail that arrives by SMTP or LMTP, or is fetched by IMAP, becomes messages."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

from threadline_email.imap.fetching import fetching
from threadline_email.imap.routes import routes
from threadline_email.loops import guarded
from threadline_email.mailboxes import Directory
from threadline_email.patience import PatientNormalizer
from threadline_email.proofs import checked
from threadline_email.server import serving_smtp
from threadline_email.settings import read_settings
from threadline_email.smtp import CHANNEL
from threadline_shared.bus import Bus
from threadline_shared.http import serving
from threadline_shared.intake import open_intake
from threadline_shared.log import logger
from threadline_shared.state import open_state

_log: Final = logger()


async def run(env: Mapping[str, str], bus: Bus) -> None:
    """Serve until cancelled; then the mails in hand are finished first. Raises SettingsError."""
    settings = read_settings(env)
    directory = Directory(settings.mailboxes)
    normalize = PatientNormalizer(directory, seconds=settings.parse_seconds)
    async with AsyncExitStack() as stack:
        intake = await stack.enter_async_context(open_intake(env, bus, CHANNEL, normalize))
        state = await stack.enter_async_context(open_state(env, CHANNEL))
        taker = guarded(checked(intake, settings), settings, state)
        fetches = any(box.imap for box in settings.mailboxes)
        asked = routes(env, state, directory) if fetches else ()
        await stack.enter_async_context(serving(env, asked, name=CHANNEL))
        if settings.smtp_mode != "off":
            host, port = await stack.enter_async_context(serving_smtp(settings, directory, taker))
            _log.info("smtp.listening", host=host, port=port, mode=settings.smtp_mode)
        if fetches:
            await stack.enter_async_context(fetching(env, settings, taker, state))
        await intake.run()
