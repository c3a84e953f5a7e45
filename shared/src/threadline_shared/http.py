"""The HTTP side of every process: one listener for all its services, with probes, limits and one form of errors.

It refuses to listen beyond loopback without an API token, and to answer for a service that is not there.
"""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.health import service_component
from threadline_shared.http_answers import answering, on_prepare, within
from threadline_shared.http_clients import TRUSTED_PROXIES, authorised, client_ip
from threadline_shared.http_members import Member, Switchboard
from threadline_shared.http_probes import probes
from threadline_shared.http_settings import HttpSettings
from threadline_shared.settings import load

__all__ = ["HttpSettings", "authorised", "client_ip", "serving"]

_CLOSING_SECONDS: Final = 0.5  # services drain first; what is still open by then is idle
_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a browser finds what listens everywhere
_refusals: Final = logging.getLogger("threadline.http")
_refusals.addFilter(lambda record: not _is_clients_fault(record))


@asynccontextmanager
async def serving(env: Mapping[str, str], routes: Iterable[web.AbstractRouteDef], *, name: str) -> AsyncIterator[str]:
    """Answer these routes inside the block; yields the base URL (`http://127.0.0.1:8080`).

    The listener starts when THREADLINE_HTTP_SHARED_BY services have come, and serves /livez, /readyz and /metrics too;
    from then on the service `name` counts as up (no name: nothing is, there are only the probes). On leaving, requests
    in hand are finished (at most 5 s; endless streams end at once) and the routes answer 503; a service may come back.
    Raises SettingsError.
    """
    listener = _listener(load(HttpSettings, env))
    member = Member(routes)
    await listener.admit(name, member)
    try:
        url = await listener.url()
        if name:
            service_component(name).idle()
        yield url
    finally:
        await listener.dismiss(name)


class _Listener:
    """One listening socket of this process, and the services behind it."""

    def __init__(self, settings: HttpSettings) -> None:
        self.settings: Final = settings
        self.key: Final = _key(settings)
        self._members: dict[str, Member] = {}
        self._switchboard = Switchboard()
        self._url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._runner: web.AppRunner | None = None

    def has_room(self) -> bool:
        return len(self._members) < self.settings.http_shared_by

    async def url(self) -> str:
        return await asyncio.shield(self._url)

    async def admit(self, name: str, member: Member) -> None:
        """Add a service; the last one starts the listener, and all hear it if that fails."""
        if name in self._members:
            raise RuntimeError(f"two services are named {name}")
        self._members[name] = member
        self._switchboard.connect(member)
        if self.has_room() or self._runner is not None:
            return
        try:
            self._url.set_result(await self._start())
        except SettingsError as err:
            self._url.set_exception(err)
        except BaseException:
            self._url.set_exception(TemporaryError("stopped before HTTP had started"))
            self._url.exception()  # perhaps nobody waits to hear of it
            await self.dismiss(name)
            raise

    async def dismiss(self, name: str) -> None:
        """Let a service go when its requests are done; the last one closes the listener."""
        member = self._members[name]
        self._switchboard.disconnect(member)
        try:
            await member.drain()
        finally:
            del self._members[name]
            if not self._members:
                await self._close()

    async def _close(self) -> None:
        _listeners.remove(self)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _start(self) -> str:
        settings = self.settings
        self._runner = web.AppRunner(
            self._application(),
            access_log=None,
            logger=_refusals,
            shutdown_timeout=_CLOSING_SECONDS,
            keepalive_timeout=settings.http_keepalive_seconds,
            max_line_size=settings.http_max_header_bytes,
            max_field_size=settings.http_max_header_bytes,
            max_headers=settings.http_max_headers,
        )
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, settings.http_host, settings.http_port).start()
        except OSError as err:
            raise SettingsError(_refusal(settings, err)) from err
        host, port = self._runner.addresses[0][:2]
        host = _WILDCARDS.get(host, host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def _application(self) -> web.Application:
        settings = self.settings
        limits = (answering, within(settings.http_answer_seconds))
        app = web.Application(middlewares=limits, client_max_size=settings.http_max_body_bytes)
        app[TRUSTED_PROXIES] = settings.networks()
        app.on_response_prepare.append(on_prepare)
        app.add_routes(probes(settings.probe_token()))
        for member in self._members.values():
            app.add_routes([self._switchboard.route(route) for route in member.routes.values()])
            app.add_routes(member.files)
        return app


_listeners: Final[list[_Listener]] = []


def _listener(settings: HttpSettings) -> _Listener:
    for listener in _listeners:
        if listener.key == _key(settings) and listener.has_room():
            return listener
    _listeners.append(listener := _Listener(settings))
    return listener


def _key(settings: HttpSettings) -> tuple[int, str, int]:
    return (id(asyncio.get_running_loop()), settings.http_host, settings.http_port)


def _refusal(settings: HttpSettings, err: OSError) -> str:
    host, port = settings.http_host, settings.http_port
    if err.errno == errno.EADDRINUSE:
        return f"THREADLINE_HTTP_PORT: port {port} on {host} is in use; set THREADLINE_HTTP_PORT to one that is free"
    if err.errno == errno.EACCES:
        return f"THREADLINE_HTTP_PORT: port {port} on {host} needs more rights; set THREADLINE_HTTP_PORT above 1023"
    return f"THREADLINE_HTTP_HOST: cannot listen on {host}: {err.strerror or err}"


def _is_clients_fault(record: logging.LogRecord) -> bool:
    # aiohttp logs an error with a traceback for every byte sequence that is no HTTP: any port scanner's choice.
    return record.exc_info is not None and isinstance(record.exc_info[1], HttpProcessingError)
