"""-r --decrypt: what it shows of HTTP in TLS, against what was said and what tshark reads of the same file."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from tlsmemory import SERVER, Flights, converse, make_certificate
from tlssavefiles import MESSAGES, SHOWN, read, savefile, segments, shown

from ptcpdump.tls.http1 import Exchange


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Flights, bytes]]:
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder / "both.pem")
    return {suite: (converse(folder / "both.pem", folder / suite, suite, MESSAGES), (folder / suite).read_bytes())
            for suite in ("1.3", "ECDHE-ECDSA-AES128-GCM-SHA256")}


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


def test_a_connection_that_had_begun(tmp_path: Path, sent: dict[str, tuple[Flights, bytes]]) -> None:
    """As in the second file of a rotation: that it is not decrypted is said, once."""
    flights, keys = sent["1.3"]
    path = savefile(tmp_path / "x.pcapng", [frame for frame in segments(flights)[-12:] for _ in range(2)], keys)
    done = read(path, "--decrypt")
    assert shown(done.stdout) == []
    assert done.stderr.count("1 TLS connection was not decrypted: its beginning was not captured") == 1
    assert "beginning" not in read(savefile(tmp_path / "y.pcapng", segments(flights), keys), "--decrypt").stderr


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
    # the hole is given up at the end of the file: what stands behind it is told there
    ends = "192.0.2.2.443 > 192.0.2.1.40000: "
    again = next(number for number, line in enumerate(lines) if "decrypted again" in line)
    assert [line.removeprefix(ends) for line in lines[again + 1:]] == [line.rstrip(", ") for line in SHOWN[3::2]]


def test_damage(tmp_path: Path, sent: dict[str, tuple[Flights, bytes]]) -> None:
    flights, keys = sent["1.3"]
    broken = [(side, data[:-1] + bytes([data[-1] ^ 1])) if len(data) > 2000 else (side, data) for side, data in flights]
    lines = shown(read(savefile(tmp_path / "x.pcapng", segments(broken), keys), "--decrypt").stdout)
    assert lines[-1] == "TLS: the connection is not decrypted from here on: a record does not fit its key"


@pytest.mark.parametrize(("words", "reason"), [
    (["-i", "lo", "--decrypt", "--tls-keys", "off"], "needs --keylog-file FILE"),
    (["-r", "x", "--http-host", "y"], "needs --decrypt"),
    (["-r", "x", "--decrypt", "--write-plaintext", "y.pcap"], "written as pcapng"),
    (["-r", "x", "--decrypt", "--write-plaintext", "x"], "a file of its own"),
    (["-r", "x", "--keylog-file", "y"], "needs --decrypt"),
    (["-r", "x", "--decrypt", "--count"], "text or JSON of all packets"),
    (["-r", "x", "--decrypt", "-w", "y"], "text or JSON of all packets")])
def test_flags(words: list[str], reason: str) -> None:
    done = subprocess.run([sys.executable, "-m", "ptcpdump", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, reason in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["cryptography", "hpack", "pylsqpack"])
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
                lines += [each.line() for each in exchange.feed(side == SERVER, message[at:at + size], 1) or []]
        assert lines[1] == "HTTP: 200 OK, 30000 bytes, 0.000 ms after the request"
        assert [line.split(",")[0] for line in lines] == [
            "HTTP: GET https://example.org/some/path?q=1", "HTTP: 200 OK", "HTTP: POST https://example.org/form",
            "HTTP: 404 Not Found", "HTTP: HEAD https://\x1b[31m/", "HTTP: 204 No Content"]
    assert Exchange().feed(False, b"\x00\x01binary\n", 1) is None
    assert Exchange().feed(False, b"x" * (1 << 18), 1) is None


def test_bytes_that_come_one_by_one() -> None:
    """A head that does not end costs as much for each byte however many there were; so does a chunk's size."""
    seconds = []
    for size in (8_000, 64_000):
        exchange, begin = Exchange(), time.process_time()
        for byte in b"GET / HTTP/1.1\r\nX: " + b"a" * size:
            assert exchange.feed(False, bytes([byte]), 1) == []
        seconds.append(time.process_time() - begin)
        assert [each.text for each in exchange.feed(False, b"\nHost: x\n\n", 1) or []] == ["GET https://x/"]
    assert seconds[1] < 16 * seconds[0] + 0.1
    exchange = Exchange()
    assert exchange.feed(True, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 1)
    while (told := exchange.feed(True, b"0" * 1000, 1)) is not None:
        assert not told
        assert exchange.waiting(True) < 1 << 15
