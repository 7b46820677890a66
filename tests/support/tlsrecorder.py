"""Real conversations of openssl(1) over loopback, of which what both ends send is recorded by a relay between them."""

import contextlib
import re
import select
import selectors
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from tlsmemory import CLIENT, SERVER, Flights

LIMIT = 30      # seconds


class Program:
    """A running openssl s_server or s_client: say() writes a line to it, hear() waits until it has said something."""

    def __init__(self, *words: str | Path) -> None:
        # stdbuf: what it says comes at once
        self.process = subprocess.Popen(["stdbuf", "-o0", "openssl", *map(str, words)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self.heard = b""

    def say(self, text: str) -> None:
        self.process.stdin.write(text.encode() + b"\n")

    def hear(self, pattern: bytes) -> bytes:
        while (found := re.search(pattern, self.heard)) is None:
            ready = select.select([self.process.stdout], [], [], LIMIT)[0]
            data = self.process.stdout.read(65536) if ready else b""
            assert data, (pattern, self.heard)
            self.heard += data
        self.heard = self.heard[found.end():]
        return found[0]

    def leave(self) -> None:
        """Have a client close its connection, so that its session can be gone on with."""
        self.say("Q")
        self.process.communicate(timeout=LIMIT)

    def end(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=LIMIT)


@contextlib.contextmanager
def server(*words: str | Path) -> Iterator[tuple[Program, int]]:
    """A server that takes one connection after the other, and its port."""
    program = Program("s_server", "-accept", "127.0.0.1:0", *words)
    try:
        yield program, int(program.hear(rb"ACCEPT [\d.]+:\d+").rpartition(b":")[2])
    finally:
        program.end()


@contextlib.contextmanager
def relayed(port: int) -> Iterator[tuple[int, Flights]]:
    """A port that leads to another one, for one connection; what passes is in the list once it is over."""
    sent: Flights = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_relay, args=(listener, port, sent), daemon=True)
        thread.start()
        yield listener.getsockname()[1], sent
        thread.join(LIMIT)
        assert not thread.is_alive()


def _relay(listener: socket.socket, port: int, sent: Flights) -> None:
    client, _ = listener.accept()
    with client, socket.create_connection(("127.0.0.1", port)) as there, selectors.DefaultSelector() as waiting:
        ends = (client, there)
        for end in ends:
            waiting.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select(LIMIT):
                data = key.fileobj.recv(65536)
                if not data:
                    return
                direction = CLIENT if key.fileobj is client else SERVER
                sent.append((direction, data))
                ends[1 - direction].sendall(data)
