"""JSON over HTTP on a unix or TCP socket: all that the APIs of Docker and Podman ask for.

The standard library does it: the docker package would cost a third of a second at the start, and more packages, for
two calls. What it leaves to its caller is done here: an answer has an end, in bytes and in time.
"""

import contextlib
import http.client
import io
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

from ptcpdump.context.containers.endpoint import Endpoint
from ptcpdump.context.containers.source import TIMEOUT, TOO_MUCH, RuntimeFailure

_HEAD = 1 << 16         # bytes of status line and headers
_REASON = 100           # characters of a daemon's own words that a message repeats
_BROKEN = (http.client.HTTPException, ValueError, RecursionError, MemoryError, OverflowError)


class _Bounded(io.RawIOBase):
    """What comes from a socket, up to a number of bytes and a moment; both can be set anew."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._left = _HEAD
        self._end: float | None = time.monotonic() + TIMEOUT

    def allow(self, size: int, seconds: float | None) -> None:
        """So much more from now on, within that time (None: whenever it comes)."""
        self._left = size
        self._end = None if seconds is None else time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            raise RuntimeFailure(TOO_MUCH)
        wait = None if self._end is None else self._end - time.monotonic()
        if wait is not None and wait <= 0:
            raise TimeoutError
        self._connection.settimeout(wait)
        count = self._connection.recv_into(buffer, min(len(buffer), self._left))
        self._left -= count
        return count


class _Socket:
    """As much of a socket as http.client uses. It stays open until end(): the end of an answer may be that of it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.input = _Bounded(connection)
        self.sendall = connection.sendall

    def makefile(self, mode: str) -> io.BufferedReader:
        """The answer."""
        return io.BufferedReader(self.input)

    def close(self) -> None:
        """http.client does so as soon as it has seen the headers."""

    def end(self) -> None:
        """Close it."""
        self._connection.close()

    def interrupt(self) -> None:
        """End the waiting of another thread."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)


class _Connection(http.client.HTTPConnection):
    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__("localhost" if endpoint.path else endpoint.network,
                         timeout=TIMEOUT)
        self._endpoint = endpoint
        self.bounded: _Socket | None = None

    def connect(self) -> None:
        if self._endpoint.path:
            self.sock = self._endpoint.connect()
        else:
            super().connect()
            try:
                self._endpoint.examine_tcp(self.sock)
            except BaseException:
                self.sock.close()
                raise
        self.sock = self.bounded = _Socket(self.sock)

    def ask(self, path: str) -> tuple[http.client.HTTPResponse, _Bounded]:
        """The beginning of the answer to a GET, and what decides how much may follow."""
        self.request("GET", path)
        response = self.getresponse()
        assert self.bounded is not None     # request() has connected
        if response.status != http.client.OK:
            raise RuntimeFailure(f"GET {path}: {response.status} {response.reason[:_REASON]}")
        return response, self.bounded.input

    def end(self) -> None:
        """Close the connection."""
        if self.bounded is not None:
            self.bounded.end()


class JsonApi:
    """An HTTP API at an endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.made = int(time.time())    # events since then tell also of what was made before they could be asked for
        self._streams: set[_Connection] = set()

    def get(self, path: str) -> Any:
        """What a GET answers, decoded. Raises OSError, TimeoutError, RuntimeFailure."""
        text = self.endpoint.ask(path) if self.endpoint.ask else self.read(path)
        self.endpoint.left -= len(text)
        try:
            return json.loads(text)
        except _BROKEN as error:
            raise _not_this_api(path, error) from error

    def read(self, path: str) -> bytes:
        """What a GET answers, as it comes. Raises OSError, TimeoutError, RuntimeFailure."""
        connection = _Connection(self.endpoint)
        try:
            response, left = connection.ask(path)
            size = self.endpoint.bounds.answer
            left.allow(size, TIMEOUT)
            text = response.read(size + 1)
        except _BROKEN as error:
            raise _not_this_api(path, error) from error
        finally:
            connection.end()
        if len(text) > size:
            raise RuntimeFailure(TOO_MUCH)
        return text

    def stream(self, path: str) -> Iterator[Any]:
        """The JSON objects of an endless answer, one a line, until the other side ends it.

        None once it has begun, and for each line without one.
        """
        connection = _Connection(self.endpoint)
        self._streams.add(connection)
        try:
            response, left = connection.ask(path)
            size = self.endpoint.bounds.line
            yield None
            left.allow(size, None)
            while line := response.readline(size):
                yield json.loads(line) if line.strip() else None    # empty ones, too, come no faster than events may
                left.allow(size, None)
        except _BROKEN as error:
            raise RuntimeFailure(f"GET {path}: the stream broke: {_what(error)}") from error
        finally:
            self._streams.discard(connection)
            connection.end()

    def close(self) -> None:
        """End all streams, and let go of the endpoint."""
        for connection in list(self._streams):
            if connection.bounded is not None:
                connection.bounded.interrupt()
        self.endpoint.close()


def _not_this_api(path: str, error: Exception) -> RuntimeFailure:
    return RuntimeFailure(f"GET {path}: not an answer of this API: {_what(error)}")


def _what(error: Exception) -> str:
    """What is wrong with an answer, one of _BROKEN."""
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, MemoryError | OverflowError):
        return "it says that it is larger than can be"
    if isinstance(error, http.client.IncompleteRead):
        return "it ended early"
    return "it is no JSON" if isinstance(error, ValueError) else "it is no HTTP"
