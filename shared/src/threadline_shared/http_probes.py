"""What an orchestrator asks of every process: does it live, is it ready, what are its numbers."""

import msgspec
from aiohttp import web
from prometheus_client.aiohttp import make_aiohttp_handler

from threadline_shared.health import ComponentState, snapshot
from threadline_shared.http_clients import authorised


def probes(metrics_token: str) -> list[web.RouteDef]:
    """Return /livez, /readyz and /metrics; a token, if there is one, guards what tells about accounts."""
    metrics = make_aiohttp_handler()

    async def show_metrics(request: web.Request) -> web.StreamResponse:
        if metrics_token and not authorised(request, metrics_token):
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
        return await metrics(request)

    async def show_readiness(request: web.Request) -> web.Response:
        return _readiness(detailed=not metrics_token or authorised(request, metrics_token))

    return [web.get("/livez", _live), web.get("/readyz", show_readiness), web.get("/metrics", show_metrics)]


async def _live(_: web.Request) -> web.Response:
    return _json({"status": "ok"})


def _readiness(*, detailed: bool) -> web.Response:
    components = snapshot()
    trouble = any(one.state is ComponentState.TROUBLE and not one.elsewhere for one in components)
    told = [
        {"name": c.name, "state": c.state, "reason": c.reason, **({"details": c.details} if c.details else {})}
        for c in (components if detailed else ())
    ]
    return _json({"status": "trouble" if trouble else "ready", "components": told}, 503 if trouble else 200)


def _json(content: object, status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        body=msgspec.json.encode(content),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
