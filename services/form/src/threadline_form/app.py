"""The contact form service: pages and posts of every configured form."""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from threadline_contracts.errors import SettingsError
from threadline_form.door import Door
from threadline_form.normalize import normalize
from threadline_form.routes import routes
from threadline_form.settings import FormSettings, TokenSettings
from threadline_form.submission import CHANNEL
from threadline_form.traps import Stamps
from threadline_shared.bus import Bus
from threadline_shared.http import serving
from threadline_shared.intake import open_intake
from threadline_shared.settings import DataSettings, load


async def run(env: Mapping[str, str], bus: Bus) -> None:
    """Serve until cancelled. Raises SettingsError."""
    settings = load(FormSettings, env, section="form")
    stamps = Stamps(load(TokenSettings, env).token_keys.encode() or secrets.token_bytes())
    uploads = _empty_folder(load(DataSettings, env).data_dir / "uploads")
    async with open_intake(env, bus, CHANNEL, normalize) as intake:
        door = Door(settings, intake.accept, stamps, uploads)
        async with serving(env, routes({form.id: form for form in settings.forms}, door), name=CHANNEL):
            await intake.run()


def _empty_folder(path: Path) -> Path:
    """Return the folder for files on their way in; what a crash left there was never accepted."""
    try:
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise SettingsError(f"data_dir: cannot write {path}: {err.strerror}") from err
    return path
