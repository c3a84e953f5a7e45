"""A running gateway, spoken to over its HTTP API; no command but `up` opens the data directory."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from threadline_standalone.addresses import addresses
from threadline_standalone.exits import CommandError, Exit

TIMEOUT_S: Final = 30.0
_REFUSED: Final = 400
_NOT_FOUND: Final = 404
_FAILED: Final = 500
_T = TypeVar("_T")


class Gateway:
    """The API of one gateway. Every method raises CommandError: unreachable, refused or not found."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._headers = {"Accept": "application/json", "User-Agent": "threadline-cli"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: str) -> bytes:
        """Return the body of an answer, by default JSON."""
        given = urlencode({key: value for key, value in query.items() if value})
        return self.ask("GET", f"{path}?{given}" if given else path)

    def post(self, path: str, body: bytes = b"", content_type: str = "application/json") -> bytes:
        """Return the body of the answer to a POST."""
        return self.ask("POST", path, body, {"Content-Type": content_type})

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
        """Return the body of an answer of any method."""
        with self._open(method, path, body, headers or {}) as answer:
            return answer.read()

    def lines(self, path: str, headers: Mapping[str, str]) -> Iterator[str]:
        """Yield the lines of a stream until it ends, which may be any time."""
        with self._open("GET", path, b"", headers, timeout=None) as answer:
            try:
                for line in answer:
                    yield line.decode().rstrip("\r\n")
            except (OSError, HTTPException):
                return

    @contextmanager
    def _open(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], timeout: float | None = TIMEOUT_S
    ) -> Iterator[HTTPResponse]:
        target = urlsplit(self.url + path)
        kind = HTTPSConnection if target.scheme == "https" else HTTPConnection
        asked = f"{target.path}?{target.query}" if target.query else target.path
        with closing(kind(target.hostname or "", target.port, timeout=timeout)) as connection:
            try:
                connection.request(method, asked, body or None, {**self._headers, **headers})
                answer = connection.getresponse()
            except (OSError, HTTPException, ValueError) as err:
                line = f"nothing answers at {self.url} ({err}): is `threadline up` running?"
                raise CommandError(line, Exit.UNREACHABLE) from err
            with answer:
                if answer.status >= _REFUSED:
                    raise _refusal(answer)
                yield answer


def gateway(env: Mapping[str, str] = os.environ) -> Gateway:
    """Return the gateway that THREADLINE_URL names, else the one that these settings would start."""
    found = addresses(env)
    return Gateway(env.get("THREADLINE_URL") or found.url, found.api_token)


def read(answer: bytes, shape: type[_T]) -> _T:
    """Return an answer in the shape we show it; fields we do not know pass."""
    try:
        return msgspec.json.decode(answer, type=shape)
    except msgspec.MsgspecError as err:
        raise CommandError(f"the gateway's answer is not what this version expects: {err}", Exit.REFUSED) from err


def segment(text: str) -> str:
    """Return a text as one segment of a path, whatever is in it."""
    return quote(text, safe="")


def _refusal(answer: HTTPResponse) -> CommandError:
    said = f"{answer.status} {_message(answer.read())}".strip()
    if answer.status == _NOT_FOUND:
        return CommandError(f"not found: {said}", Exit.NOT_FOUND)
    if answer.status in {401, 403}:
        return CommandError(f"the gateway wants THREADLINE_API_TOKEN: {said}", Exit.REFUSED)
    return CommandError(f"the gateway said {said}", Exit.UNREACHABLE if answer.status >= _FAILED else Exit.REFUSED)


def _message(body: bytes) -> str:
    try:
        error: Any = json.loads(body)["error"]
        return str(error["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace").strip()
