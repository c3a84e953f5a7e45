"""An S3-compatible store on a free port (moto), and a fresh bucket for each test."""

import logging
import secrets
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from typing import Final

import obstore
import pytest
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

_PREFIX: Final = "some/prefix"


class Bucket:
    """An empty bucket: the environment that names it, and a way to look into it and to damage it."""

    def __init__(self, server: str) -> None:
        name = f"threadline-{secrets.token_hex(6)}"
        connection = HTTPConnection(server)
        connection.request("PUT", f"/{name}")
        assert connection.getresponse().status == 200
        connection.close()
        self.env: Mapping[str, str] = {
            "THREADLINE_BLOBS_URL": f"s3://{name}/{_PREFIX}?endpoint=http://{server}&region=us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        self._store = S3Store(
            name,
            prefix=_PREFIX,
            endpoint=f"http://{server}",
            region="us-east-1",
            access_key_id="test",
            secret_access_key="test",
            client_options={"allow_http": True},
        )

    def contents(self) -> dict[str, bytes]:
        """Return every object below the prefix, by its key."""
        keys = [found["path"] for found in obstore.list(self._store).collect()]
        return {key: bytes(obstore.get(self._store, key).bytes()) for key in keys}

    def overwrite(self, key: str, content: bytes) -> None:
        """Replace an object."""
        obstore.put(self._store, key, content)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Return the host and port of a server."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str) -> Bucket:
    """Return a fresh bucket."""
    return Bucket(s3_server)
