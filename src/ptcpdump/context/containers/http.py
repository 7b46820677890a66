"""JSON over HTTP on a unix or TCP socket: all that the APIs of Docker and Podman ask for.

The standard library does it: the docker package would cost a third of a second at the start, and more packages, for
two calls.
"""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

from ptcpdump.context.containers.source import TIMEOUT, RuntimeFailure


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class JsonApi:
    """An HTTP API at an absolute path, or unix://, tcp:// or http:// address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.made = int(time.time())    # events since then tell also of what was made before they could be asked for
        self._streams: set[http.client.HTTPConnection] = set()

    def get(self, path: str) -> Any:
        """What a GET answers, decoded. Raises OSError, RuntimeFailure."""
        connection = self._connect()
        try:
            with contextlib.closing(connection):
                response = self._ask(connection, path)
                return json.loads(response.read())
        except (http.client.HTTPException, ValueError) as error:
            raise RuntimeFailure(f"GET {path}: not an answer of this API ({type(error).__name__})") from error

    def stream(self, path: str) -> Iterator[Any]:
        """The JSON objects of an endless answer, one a line, until the other side ends it; None once it has begun."""
        connection = self._connect()
        self._streams.add(connection)
        try:
            response = self._ask(connection, path)
            if connection.sock is not None:
                connection.sock.settimeout(None)
            yield None
            while line := response.readline():
                if line.strip():
                    yield json.loads(line)
        except (http.client.HTTPException, ValueError) as error:
            raise RuntimeFailure(f"GET {path}: the stream broke ({type(error).__name__})") from error
        finally:
            self._streams.discard(connection)
            connection.close()

    def close(self) -> None:
        """End all streams."""
        for connection in list(self._streams):
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def _connect(self) -> http.client.HTTPConnection:
        scheme, found, rest = self.address.partition("://")
        if not found or scheme == "unix":
            return _UnixConnection(rest if found else self.address)
        return http.client.HTTPConnection(rest.rstrip("/"), timeout=TIMEOUT)

    def _ask(self, connection: http.client.HTTPConnection, path: str) -> http.client.HTTPResponse:
        connection.request("GET", path)
        response = connection.getresponse()
        if response.status != http.client.OK:
            raise RuntimeFailure(f"GET {path}: {response.status} {response.reason}")
        return response
