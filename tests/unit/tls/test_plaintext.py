"""What --decrypt shows beside HTTP/1: HTTP/2, gRPC, WebSocket, plaintext as dump and as exported PDUs; its filters."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hpack import Encoder
from tlsmemory import CLIENT, SERVER, Flights, converse, make_certificate
from tlssavefiles import MESSAGES, SHOWN, read, savefile, segments, shown

from ptcpdump.tls.http1 import Exchange
from ptcpdump.tls.http2 import PREFACE, Exchange2
from ptcpdump.tls.messages import Chosen, Message


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def headers(encoder: Encoder, stream: int, *fields: tuple[str, str], last: bool = False) -> bytes:
    return frame(1, 4 | last, stream, encoder.encode(fields))


def conversation() -> Flights:
    client, server = Encoder(), Encoder()
    get = (":method", "GET"), (":scheme", "https"), (":authority", "example.org"), (":path", "/two?x=1")
    call = (":method", "POST"), (":scheme", "https"), (":authority", "rpc.example.org:443"), (":path", "/pkg.S/Do"), (
        "content-type", "application/grpc+proto")
    ok = (":status", "200"), ("content-type", "text/plain")
    block = client.encode(get)
    return [
        (CLIENT, PREFACE + frame(4, 0, 0, b"") + frame(1, 1, 1, block[:5]) + frame(9, 4, 1, block[5:])),
        (SERVER, frame(4, 0, 0, b"\0\1\0\0\x10\0") + headers(server, 1, *ok) + frame(0, 0, 1, b"x" * 1000)
         + frame(0, 9, 1, b"\x03" + b"y" * 24 + bytes(3))),
        (CLIENT, headers(client, 3, *call) + frame(0, 1, 3, b"\0\0\0\0\2hi")),
        (SERVER, headers(server, 3, *ok) + frame(0, 0, 3, b"\0\0\0\0\2ho")
         + headers(server, 3, ("grpc-status", "0"), last=True)),
        (CLIENT, headers(client, 5, *get[:3], (":path", "/three"), last=True)),
        (SERVER, headers(server, 5, (":status", "404"), ("content-length", "3")) + frame(0, 1, 5, b"abc")),
    ]


TWO = ["HTTP/2: GET https://example.org/two?x=1", "HTTP/2: 200, ", "HTTP/2: end of the response to GET "
       "https://example.org/two?x=1, 1024 bytes, ", "gRPC: POST https://rpc.example.org:443/pkg.S/Do", "gRPC: 200, ",
       "gRPC: status 0 of /pkg.S/Do, 7 bytes, ", "HTTP/2: GET https://example.org/three", "HTTP/2: 404, 3 bytes, "]


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("plaintext")
    make_certificate(folder / "both.pem")
    made = {}
    for name, messages, protocols in (("one", MESSAGES, ()), ("two", conversation(), ("h2",))):
        sent = converse(folder / "both.pem", folder / "log", "1.3", messages, protocols=protocols)
        made[name] = savefile(folder / f"{name}.pcapng", segments(sent), (folder / "log").read_bytes())
    return made


def starts(lines: list[str], expected: list[str]) -> None:
    assert [line[:len(start)] for line, start in zip(lines, expected, strict=True)] == expected


def test_second_version(captures: dict[str, Path]) -> None:
    starts(shown(read(captures["two"], "--decrypt").stdout), TWO)
    judge = subprocess.run(["tshark", "-n", "-r", captures["two"], "-T", "fields", "-e", "http2.headers.path"],
                           capture_output=True, text=True, check=True)
    assert judge.stdout.split() == ["/two?x=1", "/pkg.S/Do", "/three"]


def test_second_version_in_pieces() -> None:
    for size in (1, 7, 50, 1 << 20):
        exchange, told = Exchange2(), []
        for side, data in conversation():
            for at in range(0, len(data), size):
                told += [each.line() for each in exchange.feed(side == SERVER, data[at:at + size], 1) or []]
        starts(told, TWO)
    exchange = Exchange2()
    exchange.feed(False, conversation()[0][1], 1)
    exchange.lose(True)
    assert exchange.feed(True, conversation()[1][1], 1) is None
    for nonsense in (b"x" * 100, PREFACE + frame(1, 4, 1, b"\xff" * 50), PREFACE + b"\xff" * 20,
                     PREFACE + frame(1, 12, 1, b"\xff")):
        assert Exchange2().feed(False, nonsense, 1) is None


def test_websocket() -> None:
    exchange = Exchange()
    ask = b"GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    from_client = b"\x81\x85abcdhello" + b"\x82\xfe\x01\x00abcd" + b"z" * 256
    from_server = (b"\x01\x03abc\x80\x01d" + b"\x82\x7f" + (70000).to_bytes(8, "big") + b"z" * 70000
                   + b"\x88\x02\x03\xe8")
    told = exchange.feed(False, ask, 1) + exchange.feed(True, answer + from_server[:3], 2)
    for at in range(0, len(from_client), 11):
        told += exchange.feed(False, from_client[at:at + 11], 3)
    told += exchange.feed(True, from_server[3:], 3)
    assert [each.line() for each in told[2:]] == [f"WebSocket: {text} bytes" for text in (
        "text, 3", "text, 5", "binary, 256", "continued, 1", "binary, 70000", "close, 2")]
    assert all(each.path == "/chat" for each in told)


def test_dump(captures: dict[str, Path]) -> None:
    text = read(captures["one"], "--decrypt", "-A").stdout
    head = f"    TLS: plaintext of the client, {len(MESSAGES[0][1])} bytes:\n"
    assert f"{head}GET /some/path?q=1 HTTP/1.1\nHost: example.org\n" in text
    assert "    TLS: plaintext of the server, " in text
    assert "\t0x0000:  4745 5420 2f73 6f6d 652f 7061 7468 3f71  GET./some/path?q" in read(
        captures["one"], "--decrypt", "-X").stdout.replace(" /", "./")


def test_chosen(captures: dict[str, Path]) -> None:
    some = read(captures["one"], "--decrypt", "--http-path", "/some/*").stdout
    starts(shown(some), SHOWN[:2])
    assert len(some.splitlines()) == 4      # two packets, each with its message
    starts(shown(read(captures["two"], "--decrypt", "--http-host", "RPC.*.org").stdout), TWO[3:6])
    assert read(captures["two"], "--decrypt", "--http-host", "example.com").stdout == ""
    assert Chosen("*.org").matches(Message("HTTP", "", host="x.ORG:8443"))
    assert not Chosen("*.org", "/a").matches(Message("HTTP", "", host="x.org", path="/A"))


def test_json(captures: dict[str, Path]) -> None:
    for name, path, expected in (("one", "/some/path?q=1", ["GET", 200, "POST", 404, "HEAD", 204]),
                                 ("two", "/two?x=1", ["GET", 200, "POST", 200, "GET", 404])):
        rows = [json.loads(line) for line in read(captures[name], "--decrypt", "--json").stdout.splitlines()]
        told = [row for row in rows if "http" in row]
        assert [row["http"].get("response", {}).get("status_code") or row["http"]["request"]["method"]
                for row in told if "response" in row["http"] or row["destination"]["port"] == 443] == expected
        assert all(row["network"]["protocol"] == "http" for row in told)
        assert told[0]["url"] == {"original": path, "domain": "example.org"}
        assert len(rows) > len(told)
        secrets = re.findall(rb"[0-9a-f]{64} ([0-9a-f]+)", captures[name].read_bytes())
        assert not any(secret.decode() in json.dumps(rows) for secret in secrets)


def test_exported(captures: dict[str, Path], tmp_path: Path) -> None:
    for name, field, expected in (("one", "http.request.uri", ["/some/path?q=1", "/form", "/"]),
                                  ("two", "http2.headers.path", ["/two?x=1", "/pkg.S/Do", "/three"])):
        out = tmp_path / f"{name}.pcapng"
        read(captures[name], "--decrypt", "--write-plaintext", out)
        judge = subprocess.run(["tshark", "-n", "-r", out, "-T", "fields", "-e", field], capture_output=True, text=True,
                               check=True).stdout
        assert [word for word in judge.split() if word.startswith("/")] == expected
        assert out.stat().st_mode & 0o777 == 0o600


def test_copy_without_secrets(captures: dict[str, Path], tmp_path: Path) -> None:
    """--redact secrets: the packets stay, and nothing opens them any more."""
    for words, there in (([], True), (["--redact", "secrets"], False)):
        copy = tmp_path / "copy.pcapng"
        assert read(captures["one"], "-w", copy, *words).returncode == 0
        assert (b"CLIENT_TRAFFIC_SECRET_0" in copy.read_bytes()) == there
        told = read(copy, "--decrypt")
        assert bool(shown(told.stdout)) == there
        assert ("no keys are known" in told.stderr) != there


def test_key_logs_of_all_kinds(captures: dict[str, Path], tmp_path: Path) -> None:
    """From a pipe that takes its time; cut, wrong, and none at all."""
    keys = b"\n".join(re.findall(rb"[A-Z_0]+ [0-9a-f]{64} [0-9a-f]+", captures["one"].read_bytes())) + b"\n"
    plain, pipe, log = tmp_path / "plain.pcapng", tmp_path / "pipe", tmp_path / "log"
    plain.write_bytes(_without_secrets(captures["one"].read_bytes()))
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(keys), daemon=True)
    writer.start()
    assert len(shown(read(plain, "--decrypt", "--keylog-file", pipe).stdout)) == len(SHOWN)
    writer.join(60)
    log.write_bytes(re.sub(rb" [0-9a-f]+\n", b" " + 48 * b"ab" + b"\n", keys))
    assert shown(read(plain, "--decrypt", "--keylog-file", log).stdout) == [
        "TLS: the connection is not decrypted from here on: a record does not fit its key"]
    log.write_bytes(re.sub(rb" [0-9a-f]+\n", b" " + 32 * b"ab" + b"\n", keys))
    assert "is not one of this cipher suite" in read(plain, "--decrypt", "--keylog-file", log).stdout
    log.write_bytes(keys[:-60])     # the last secret is none any more
    assert "no keys are known for it" in read(plain, "--decrypt", "--keylog-file", log).stderr
    folder = read(plain, "--decrypt", "--keylog-file", tmp_path)
    assert (folder.returncode, "Is a directory" in folder.stderr) == (2, True)


def test_key_log_that_grows(captures: dict[str, Path], tmp_path: Path) -> None:
    """Keys that come while packets come from a pipe."""
    whole = captures["one"].read_bytes()
    log, keys = tmp_path / "keys", b"\n".join(re.findall(rb"[A-Z_0]+ [0-9a-f]{64} [0-9a-f]+", whole))
    log.touch()
    with subprocess.Popen([sys.executable, "-m", "ptcpdump", "-n", "-l", "-r", "-", "--decrypt", "--keylog-file", log],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        reader = threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True)
        lines: list[bytes] = []
        reader.start()
        process.stdin.write(_without_secrets(whole))
        process.stdin.flush()
        with log.open("ab") as file:
            file.write(keys + b"\n")
        process.stdin.close()
        process.wait(60)
        reader.join(60)
    assert sum(b"HTTP: " in line for line in lines) == len(SHOWN)

def test_keys_that_come_last(captures: dict[str, Path], tmp_path: Path) -> None:
    """Keys that come behind all packets: what they open is in JSON, with its ends, and in the plaintext, too."""
    whole = captures["one"].read_bytes()
    keys = b"\n".join(re.findall(rb"[A-Z_0]+ [0-9a-f]{64} [0-9a-f]+", whole)) + b"\n"
    secrets = len(keys).to_bytes(4, "little") + keys + bytes(-len(keys) % 4)
    size = (len(secrets) + 16).to_bytes(4, "little")
    late = tmp_path / "late.pcapng"
    late.write_bytes(_without_secrets(whole) + b"\n\0\0\0" + size + b"KSLT" + secrets + size)
    done = read(late, "--decrypt", "--json", "--write-plaintext", tmp_path / "plain.pcapng")
    rows = [row for row in map(json.loads, done.stdout.splitlines()) if "http" in row and "url" in row]
    assert [row["http"]["request"]["method"] for row in rows] == ["GET", "POST", "HEAD"] * 2
    assert [(row["source"]["port"], row["destination"]["port"]) for row in rows[2:4]] == [(40000, 443), (443, 40000)]
    assert rows[3]["http"]["response"]["status_code"] == 200
    judge = subprocess.run(["tshark", "-n", "-r", tmp_path / "plain.pcapng", "-Y", "http.request", "-T", "fields", "-e",
                            "http.request.method"], capture_output=True, text=True, check=True)
    assert judge.stdout.split() == ["GET,POST,HEAD"]        # of each side, what waited is one piece
    text = read(late, "--decrypt", "--http-path", "/some/*").stdout
    assert [line.partition(": HTTP: ")[2] for line in text.splitlines()] == [
        "GET https://example.org/some/path?q=1", "200 OK, 30000 bytes"]        # how long it took is not known



def _without_secrets(data: bytes) -> bytes:
    """A savefile without its blocks of secrets."""
    kept, at = b"", 0
    while at < len(data):
        kind, size = (int.from_bytes(data[at + 4 * n:at + 4 * n + 4], "little") for n in (0, 1))
        kept += b"" if kind == 10 else data[at:at + size]
        at += size
    return kept
