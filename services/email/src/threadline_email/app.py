"""The e-mail service: mail that arrives by SMTP or LMTP becomes messages."""

from collections.abc import Mapping
from typing import Final

from threadline_email.mailboxes import Directory
from threadline_email.patience import PatientNormalizer
from threadline_email.server import serving_smtp
from threadline_email.settings import read_settings
from threadline_email.smtp import CHANNEL
from threadline_shared.bus import Bus
from threadline_shared.http import serving
from threadline_shared.intake import open_intake
from threadline_shared.log import logger

_log: Final = logger()


async def run(env: Mapping[str, str], bus: Bus) -> None:
    """Serve until cancelled; then the mails in hand are finished first. Raises SettingsError."""
    settings = read_settings(env)
    directory = Directory(settings.mailboxes)
    async with (
        open_intake(env, bus, CHANNEL, PatientNormalizer(directory, seconds=settings.parse_seconds)) as intake,
        serving(env, (), name=CHANNEL),
        serving_smtp(settings, directory, intake) as (host, port),
    ):
        _log.info("smtp.listening", host=host, port=port, mode=settings.smtp_mode)
        await intake.run()
