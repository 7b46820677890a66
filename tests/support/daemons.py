"""Daemons that say what a test wants: HTTP over a unix socket, in a thread or, run as a script, in a process."""

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

Answer = bytes | Callable[[socket.socket], None]    # what follows a request, or who writes it


def ok(body: object) -> bytes:
    """An answer as Docker's daemon gives it."""
    text = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text) + text


NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"    # events follow until the connection ends


def endless(head: bytes, piece: bytes, most: int = 1 << 30) -> Callable[[socket.socket], None]:
    """Writes a head, then pieces for as long as somebody reads; the number of bytes is in `sent` of what it returns."""

    def write(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(head)
            while write.sent < most:
                connection.sendall(piece)
                write.sent += len(piece)

    write.sent = 0
    return write


def answer(connection: socket.socket, answers: dict[str, Answer]) -> None:
    """Serve one connection: the answer is that of the longest path that the request's begins with."""
    with connection, contextlib.suppress(OSError, IndexError):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536) or b"\r\n\r\n"
        path = request.split()[1].decode()
        found = max((known for known in answers if path.startswith(known)), key=len, default="")
        what = answers.get(found, NOT_FOUND)
        if callable(what):
            what(connection)
            return
        connection.sendall(what)
        if what.startswith(STREAM):
            while connection.recv(1):
                pass


@contextlib.contextmanager
def serving(path: Path, answers: dict[str, Answer]) -> Iterator[None]:
    """Answer at a socket meanwhile."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        try:
            with answering(listener, answers):
                yield
        finally:
            path.unlink()


@contextlib.contextmanager
def answering(listener: socket.socket, answers: dict[str, Answer]) -> Iterator[None]:
    """Answer whoever connects to a socket meanwhile."""
    with listener:
        listener.listen()
        threading.Thread(target=_serve, args=(listener, answers), daemon=True).start()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, answers: dict[str, Answer]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=answer, args=(connection, answers), daemon=True).start()


if __name__ == "__main__":
    # SOCKET|PORT ANSWERS: bodies by path, in JSON; says "ready" and serves until it is ended, a port on the loopback
    place, bodies = sys.argv[1:]
    table = {at: STREAM if body is None else ok(body) for at, body in json.loads(bodies).items()}
    with (answering(socket.create_server(("127.0.0.1", int(place))), table) if place.isdecimal()
          else serving(Path(place), table)):
        print("ready", flush=True)
        sys.stdin.read()
