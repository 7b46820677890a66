"""HTTP/3 in QUIC, as -r --decrypt shows it: text, JSON, filters, plaintext."""

import json
import subprocess
from pathlib import Path

import pylsqpack
import pytest
from quictalk import Talk, make_quic_certificate
from tlssavefiles import read, savefile, shown

from ptcpdump.tls.quic.http3 import Exchange3

SHOWN = ["HTTP/3: GET https://example.org/one?x=1", "HTTP/3: 200, 5000 bytes, ", "HTTP/3: GET https://example.org/two",
         "HTTP/3: 404, ", "HTTP/3: end of the response to GET https://example.org/two, 30000 bytes, ",
         "gRPC: GET https://example.org/pkg.S/Do", "gRPC: 200, ", "gRPC: status 0 of /pkg.S/Do, 3 bytes, "]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("http3")
    talk = Talk(make_quic_certificate(folder))
    talk.pump()
    talk.ask("/one?x=1", b"x" * 5000)
    talk.move()
    talk.ask("/two", b"y" * 30000, length=False, status=404)
    talk.ask("/pkg.S/Do", b"zzz", length=False, kind="application/grpc")
    return savefile(folder / "x.pcapng", talk.frames(), talk.keys.getvalue().encode())


def test_text(capture: Path) -> None:
    done = read(capture, "--decrypt", "-A")
    lines = [line for line in shown(done.stdout) if "plaintext" not in line]
    assert [line[:len(start)] for line, start in zip(lines, SHOWN, strict=True)] == SHOWN
    assert "    QUIC: plaintext of the server, " in done.stdout
    assert done.stdout.index("192.0.2.1.40000 > 192.0.2.2.443") < done.stdout.index(SHOWN[0])
    assert "ms after the request" in lines[1]
    assert done.stderr.splitlines()[1:] == []


def test_choice_and_json(capture: Path) -> None:
    assert len(shown(read(capture, "--decrypt", "--http-path", "/two").stdout)) == 3
    assert read(capture, "--decrypt", "--http-host", "example.com").stdout == ""
    rows = [json.loads(line) for line in read(capture, "--decrypt", "--json").stdout.splitlines()]
    rows = [row for row in rows if "http" in row]
    assert [row["http"].get("response", {}).get("status_code") for row in rows[:4]] == [None, 200, None, 404]
    assert {row["network"]["protocol"] for row in rows} == {"http"}
    assert rows[0]["url"] == {"original": "/one?x=1", "domain": "example.org"}


def test_plaintext(capture: Path, tmp_path: Path) -> None:
    """tshark takes it as data of UDP: it has no way to read HTTP/3 without QUIC around it."""
    read(capture, "--decrypt", "--write-plaintext", tmp_path / "plain.pcapng")
    rows = subprocess.run(["tshark", "-n", "-r", tmp_path / "plain.pcapng", "-T", "fields", "-e", "udp.srcport", "-e",
                           "exported_pdu.src_port", "-e", "data.data"], capture_output=True, text=True, check=True)
    data = [bytes.fromhex(row.split("\t")[-1]) for row in rows.stdout.splitlines()]
    assert b"x" * 1000 in b"".join(data)
    assert "443" in rows.stdout


def without_keys(path: Path) -> bytes:
    data, at, kept = path.read_bytes(), 0, b""
    while at < len(data):
        kind, size = (int.from_bytes(data[at + 4 * n:at + 4 * n + 4], "little") for n in (0, 1))
        kept += b"" if kind == 10 else data[at:at + size]
        at += size
    return kept


def test_without_keys(capture: Path, tmp_path: Path) -> None:
    (tmp_path / "x.pcapng").write_bytes(without_keys(capture))
    done = read(tmp_path / "x.pcapng", "--decrypt")
    assert "1 QUIC connection was not decrypted: no keys are known for it" in done.stderr
    assert shown(done.stdout) == []


def frame(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + (0x80000000 | len(payload)).to_bytes(4, "big") + payload


def test_headers_that_wait_for_the_table() -> None:
    """The instructions for a message's headers come behind it; and in pieces of any size."""
    fields = [(b":method", b"GET"), (b":path", b"/x"), (b":authority", b"a.example"), (b"x-long", b"value" * 9)]
    for size in (1, 5, 1000):
        encoder = pylsqpack.Encoder()
        instructions = encoder.apply_settings(4096, 16)
        blocks = []
        for stream in (0, 4, 8):
            more, block = encoder.encode(stream, fields)
            instructions += more
            blocks.append(block)
        exchange, told = Exchange3(), []
        exchange.feed(True, 3, b"\x00" + frame(4, b"\x01\x50\x00"), 1)     # the server: a table of 4096 bytes
        for number, block in enumerate(blocks):
            data = frame(1, block) + frame(0, b"body")
            for at in range(0, len(data), size):
                told += exchange.feed(False, 4 * number, data[at:at + size], 5) or []
        for at in range(0, len(instructions), size):
            told += exchange.feed(False, 2, (b"" if at else b"\x02") + instructions[at:at + size], 9) or []
        assert [message.line() for message in told] == ["HTTP/3: GET https://a.example/x"] * 3
        assert instructions


def test_what_stands_before_nonsense() -> None:
    """It is told, in whatever pieces it comes."""
    data = frame(1, pylsqpack.Encoder().encode(0, [(b":method", b"GET"), (b":path", b"/x")])[1])
    data += b"\x01" + (0x80000000 | 1 << 17).to_bytes(4, "big")
    for size in (1, 5, 1000):
        exchange, told = Exchange3(), []
        for at in range(0, len(data), size):
            told += exchange.feed(False, 0, data[at:at + size], 1) or []
        assert [message.text for message in told] == ["GET https:///x"]
        assert exchange.feed(False, 0, data, 1) is None


def test_headers_that_are_too_large() -> None:
    """A small message that would become large by what it refers to is not decoded."""
    encoder = pylsqpack.Encoder()
    instructions = encoder.apply_settings(1 << 16, 16)
    for stream in (0, 4, 8):
        more, _ = encoder.encode(stream, [(b":method", b"GET"), (b"x", b"y" * 30000)])
        instructions += more
    exchange = Exchange3()
    exchange.feed(True, 3, b"\x00" + frame(4, b"\x01\x80\x01\x00\x00"), 1)
    exchange.feed(False, 2, b"\x02" + instructions, 1)
    assert exchange.feed(False, 12, frame(1, b"\x03\x80" + b"\x80" * 5000), 1) is None
