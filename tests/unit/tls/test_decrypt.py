"""-r --decrypt: what it shows of HTTP in TLS, against what was said and what tshark reads of the same file."""

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from savefiles import block, interface, packet, section
from tlsmemory import CLIENT, SERVER, Flights, converse, make_certificate
from wire import IP_A, IP_B, ethernet, tcp

from ptcpdump.tls.http1 import Exchange

PORTS = 40000, 443
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
Make = Callable[..., Path]


def segments(sent: Flights) -> list[bytes]:
    """A TCP connection in which both ends send these bytes, in frames of any size that TCP has."""
    numbers, frames = [1000, 2000], []

    def frame(side: int, flags: int, data: bytes = b"") -> None:
        ends = (IP_A, IP_B) if side == CLIENT else (IP_B, IP_A)
        frames.append(ethernet(tcp(data, PORTS[side], PORTS[1 - side], seq=numbers[side], ack=numbers[1 - side],
                                   flags=flags, source=ends[0], target=ends[1])))
        numbers[side] += len(data) + (flags & 2 > 0)

    frame(CLIENT, 0x02)
    frame(SERVER, 0x12)
    for side, data in sent:
        for at in range(0, len(data), 1400):
            frame(side, 0x18, data[at:at + 1400])
    return frames


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Flights, bytes]]:
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder / "both.pem")
    return {suite: (converse(folder / "both.pem", folder / suite, suite, MESSAGES), (folder / suite).read_bytes())
            for suite in ("1.3", "ECDHE-ECDSA-AES128-GCM-SHA256")}


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


@pytest.mark.parametrize("suite", ["1.3", "ECDHE-ECDSA-AES128-GCM-SHA256"])
def test_http(tmp_path: Path, sent: dict[str, tuple[Flights, bytes]], suite: str) -> None:
    flights, keys = sent[suite]
    path = savefile(tmp_path / "x.pcapng", segments(flights), keys)
    lines = shown(read(path, "--decrypt").stdout)
    assert [line[:len(start)] for line, start in zip(lines, SHOWN, strict=True)] == SHOWN
    judge = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator= ", "-e",
                            "http.request.method", "-e", "http.request.uri", "-e", "http.response.code"],
                           capture_output=True, text=True, check=True).stdout.split()
    assert judge == ["GET", "/some/path?q=1", "200", "POST", "/form", "404", "HEAD", "/", "204"]


def test_keys_beside_the_file(tmp_path: Path, sent: dict[str, tuple[Flights, bytes]]) -> None:
    flights, keys = sent["1.3"]
    path, log = savefile(tmp_path / "x.pcapng", segments(flights)), tmp_path / "keys"
    log.write_bytes(keys)
    assert len(shown(read(path, "--decrypt", "--keylog-file", log).stdout)) == len(SHOWN)
    without = read(path, "--decrypt")
    assert shown(without.stdout) == []
    assert "1 TLS connection was not decrypted: no keys are known for it" in without.stderr
    assert shown(read(path).stdout) == []
    log.write_bytes(b"nothing\n")
    assert "there are no keys in it" in read(path, "--decrypt", "--keylog-file", log).stderr
    missing = read(path, "--decrypt", "--keylog-file", tmp_path / "nowhere")
    assert (missing.returncode, "No such file" in missing.stderr) == (2, True)


def test_losses_and_order(tmp_path: Path, sent: dict[str, tuple[Flights, bytes]]) -> None:
    flights, keys = sent["1.3"]
    frames = segments(flights)
    full = [at for at, frame in enumerate(frames) if len(frame) > 1400 and frame[26:30] == frames[-1][26:30]]
    for one, other in zip(full[::2], full[1::2], strict=False):
        frames[one], frames[other] = frames[other], frames[one]
    path = savefile(tmp_path / "x.pcapng", [frame for frame in frames for _ in range(2)], keys)
    lines = shown(read(path, "--decrypt").stdout)
    assert [line[:len(start)] for line, start in zip(lines, SHOWN, strict=True)] == SHOWN
    lossy = savefile(tmp_path / "y.pcapng", frames[:12] + frames[13:], keys)
    lines = shown(read(lossy, "--decrypt").stdout)
    assert lines[0] == SHOWN[0]
    assert not any("404" in line for line in lines)     # nothing is told of what can't be known


def test_damage(tmp_path: Path, sent: dict[str, tuple[Flights, bytes]]) -> None:
    flights, keys = sent["1.3"]
    broken = [(side, data[:-1] + bytes([data[-1] ^ 1])) if len(data) > 2000 else (side, data) for side, data in flights]
    lines = shown(read(savefile(tmp_path / "x.pcapng", segments(broken), keys), "--decrypt").stdout)
    assert lines[-1] == "TLS: the connection is not decrypted from here on: a record does not fit its key"


@pytest.mark.parametrize(("words", "reason"), [
    (["-i", "lo", "--decrypt"], "needs -r FILE"), (["-r", "x", "--keylog-file", "y"], "needs --decrypt"),
    (["-r", "x", "--decrypt", "--json"], "text of all packets"),
    (["-r", "x", "--decrypt", "-w", "y"], "text of all packets")])
def test_flags(words: list[str], reason: str) -> None:
    done = subprocess.run([sys.executable, "-m", "ptcpdump", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, reason in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["cryptography", "hpack"])
def test_without_the_extra(name: str) -> None:
    code = (f"import sys; sys.modules[{name!r}] = None; sys.argv[1:] = ['-r', '/dev/null', '--decrypt']; "
            "from ptcpdump.cli.entry import command; command()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (
        2, f"ptcpdump: --decrypt needs the extra tls, of which {name} is missing: pip install 'ptcpdump[tls]'")


def test_messages_in_pieces() -> None:
    """However the bytes come, the same messages are told."""
    for size in (1, 7, 100, 100000):
        exchange, lines = Exchange(), []
        for side, message in MESSAGES:
            for at in range(0, len(message), size):
                lines += exchange.feed(side == SERVER, message[at:at + size], 1) or []
        assert lines[1] == "HTTP: 200 OK, 30000 bytes, 0.000 ms after the request"
        assert [line.split(",")[0] for line in lines] == [
            "HTTP: GET https://example.org/some/path?q=1", "HTTP: 200 OK", "HTTP: POST https://example.org/form",
            "HTTP: 404 Not Found", "HTTP: HEAD https://\x1b[31m/", "HTTP: 204 No Content"]
    assert Exchange().feed(False, b"\x00\x01binary\n", 1) is None
    assert Exchange().feed(False, b"x" * (1 << 18), 1) is None
