"""Savefiles of TLS conversations, and what `-r --decrypt` tells of them."""

import struct
import subprocess
import sys
from pathlib import Path

from savefiles import block, interface, packet, section
from tlsmemory import CLIENT, SERVER, Flights
from wire import IP_A, IP_B, ethernet, tcp

GET = b"GET /some/path?q=1 HTTP/1.1\r\nHost: example.org\r\n\r\n"
MESSAGES: Flights = [
    (CLIENT, GET), (SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n" + b"x" * 30000),
    (CLIENT, b"POST /form HTTP/1.1\r\nHost: example.org\r\nContent-Length: 4\r\n\r\na=bc"),
    (SERVER, b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    (CLIENT, b"HEAD / HTTP/1.1\r\nHost: \x1b[31m\r\n\r\n"), (SERVER, b"HTTP/1.1 204 No Content\r\n\r\n"),
]
SHOWN = ["HTTP: GET https://example.org/some/path?q=1", "HTTP: 200 OK, 30000 bytes, ",
         "HTTP: POST https://example.org/form", "HTTP: 404 Not Found, ", "HTTP: HEAD https://\\x1b[31m/",
         "HTTP: 204 No Content, "]


def segments(sent: Flights, port: int = 40000) -> list[bytes]:
    """A TCP connection in which both ends send these bytes, in frames of any size that TCP has."""
    numbers, ports, frames = [1000, 2000], (port, 443), []

    def frame(side: int, flags: int, data: bytes = b"") -> None:
        ends = (IP_A, IP_B) if side == CLIENT else (IP_B, IP_A)
        frames.append(ethernet(tcp(data, ports[side], ports[1 - side], seq=numbers[side], ack=numbers[1 - side],
                                   flags=flags, source=ends[0], target=ends[1])))
        numbers[side] += len(data) + (flags & 2 > 0)

    frame(CLIENT, 0x02)
    frame(SERVER, 0x12)
    for side, data in sent:
        for at in range(0, len(data), 1400):
            frame(side, 0x18, data[at:at + 1400])
    return frames


def savefile(path: Path, frames: list[bytes], keys: bytes = b"") -> Path:
    secrets = block(10, struct.pack("<II", 0x544C534B, len(keys)) + keys + bytes(-len(keys) % 4)) if keys else b""
    packets = [packet(frame, units=1000 * number) for number, frame in enumerate(frames)]     # one each millisecond
    path.write_bytes(section() + interface() + secrets + b"".join(packets))
    return path


def read(path: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ptcpdump", "-n", "-r", path, *map(str, words)], capture_output=True,
                          text=True, check=False)


def shown(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]
