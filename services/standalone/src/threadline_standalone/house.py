"""Every service in one process: one data directory, one bus, one HTTP listener."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from threadline_email.settings import EmailSettings, read_settings
from threadline_shared.bus.opening import open_bus
from threadline_shared.runtime import run_all
from threadline_shared.settings import load
from threadline_standalone.addresses import reachable
from threadline_standalone.datadir import token_keys
from threadline_standalone.registry import SERVICES
from threadline_threads.settings import ThreadsSettings, TokenSettings

Welcome = Callable[[], Awaitable[bool]]
"""Called beside the services when they start; returns whether to go on when it is through."""

_KEYS: Final = "THREADLINE_TOKEN_KEYS"
_OWN: Final = "THREADLINE_OWN_ADDRESSES"


async def keep(env: Mapping[str, str], folder: Path, welcome: Welcome) -> None:
    """Run every service on a data directory that is ours, until cancelled or `welcome` says that this was all."""
    inside = furnished(env, folder)
    async with open_bus(inside) as bus, asyncio.TaskGroup() as group:
        services = group.create_task(run_all(SERVICES, inside, bus), name="services")
        if not await welcome():
            services.cancel()


def furnished(env: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """Return the environment that the services get: one HTTP listener, one data directory, keys that last."""
    keys, mail = load(TokenSettings, env).token_keys, read_settings(env)
    host, port = reachable((mail.smtp_host, mail.smtp_port))
    hints = {"THREADLINE_TRY_SERVER": f"{host}:{port}", "THREADLINE_TRY_MAILBOX": mail.mailboxes[0].address}
    ours = {_KEYS, f"{_KEYS}_FILE", _OWN, f"{_OWN}_FILE"}
    given = {name: value for name, value in env.items() if name not in ours}
    return {
        **hints,
        **given,
        "THREADLINE_HTTP_SHARED_BY": str(len(SERVICES)),
        "THREADLINE_DATA_DIR": str(folder),
        _OWN: ",".join(_own_addresses(env, mail)),
        **({_KEYS: keys} if keys else {f"{_KEYS}_FILE": str(token_keys(folder))}),
    }


def _own_addresses(env: Mapping[str, str], mail: EmailSettings) -> list[str]:
    """Return every address of ours: in Cc of a customer's mail, another mailbox of ours is not one more customer."""
    mailboxes = [address for box in mail.mailboxes for address in (box.address, *box.aliases)]
    return list(dict.fromkeys([*load(ThreadsSettings, env, section="threads").own_addresses, *mailboxes]))
