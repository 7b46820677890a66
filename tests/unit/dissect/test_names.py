"""The names that packets carry: DNS, TLS, HTTP, QUIC."""

import ssl
import struct
from ipaddress import ip_address

import hellos
import pytest
import wire

from ptcpdump.dissect import quic
from ptcpdump.dissect.decode import read_hello, read_http
from ptcpdump.dissect.dns_message import read_message, read_name
from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.model import Dns, DnsQuestion, DnsRecord, Http, Tls

QUERY = wire.dns(7, 0x0100, [wire.question("example.com", 28)])
POINTER = b"\xc0\x0c"


def record(kind: int, data: bytes, name: bytes = POINTER, ttl: int = 300) -> bytes:
    return name + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


ANSWERS = (
    record(5, b"\3www" + POINTER),
    record(1, bytes([192, 0, 2, 7]), b"\3www" + POINTER, 60),
    record(28, wire.a6("2001:db8::7"), ttl=2**32 - 1),
    record(33, bytes(6) + b"\1s" + POINTER),
    record(16, b"\4text"),
)
RESPONSE = wire.dns(7, 0x8183, [wire.question("example.com", 28)], ANSWERS)


def dns_of(message: bytes, sport: int = 40000, dport: int = 53) -> Dns | None:
    return Fields(wire.udp(message, sport, dport), 101).dns


# --------------------------------------------------------------------------- DNS


def test_question() -> None:
    dns = dns_of(QUERY)
    assert dns == Dns(7, False, 0, 0, (DnsQuestion("example.com", 28),), (), True)
    assert dns.name == "example.com"


def test_answers() -> None:
    dns = dns_of(RESPONSE, 53, 40000)
    assert dns is not None
    assert (dns.response, dns.code, dns.complete) == (True, 3, True)
    assert dns.answers == (
        DnsRecord("example.com", 5, 300, b"\3www" + POINTER, target="www.example.com"),
        DnsRecord("www.example.com", 1, 60, bytes([192, 0, 2, 7]), ip_address("192.0.2.7")),
        DnsRecord("example.com", 28, 2**32 - 1, wire.a6("2001:db8::7"), ip_address("2001:db8::7")),
        DnsRecord("example.com", 33, 300, bytes(6) + b"\1s" + POINTER, target="s.example.com"),
        DnsRecord("example.com", 16, 300, b"\4text"),
    )


@pytest.mark.parametrize(("sport", "dport"), [(5353, 5353), (40000, 5355), (53, 40000)])
def test_ports_of_dns(sport: int, dport: int) -> None:
    assert dns_of(QUERY, sport, dport) is not None
    assert dns_of(QUERY, 40000, 40001) is None


def test_over_tcp() -> None:
    framed = struct.pack(">H", len(RESPONSE)) + RESPONSE
    dns = Fields(wire.tcp(framed, 53, 40000), 101).dns
    assert dns is not None
    assert len(dns.answers) == len(ANSWERS)
    assert Fields(wire.tcp(framed[:100], 53, 40000), 101).dns is None  # the rest comes in another segment


@pytest.mark.parametrize("captured", range(len(RESPONSE)))
def test_cut_dns(captured: int) -> None:
    packet = wire.udp(RESPONSE, 53, 40000)
    dns = Fields(packet[: 28 + captured], 101, len(packet)).dns
    whole = dns_of(RESPONSE, 53, 40000)
    if captured < 12:
        assert dns is None
    else:
        assert dns.answers == whole.answers[: len(dns.answers)]
        assert not dns.complete


def test_names_are_written_unambiguously() -> None:
    assert read_name(b"\5a.b\\c\3\xff\0\n\0", 0) == ("a\\.b\\\\c.\\255\\000\\010", 11)
    assert read_name(b"\0", 0) == (".", 1)


@pytest.mark.parametrize(
    "labels",
    [
        b"\xc0\x0c",
        b"\x41\0",
        b"\x80\0",
        b"\3ab",
        b"",
        b"\xc0",
        b"\x3f" + bytes(62),
        (b"\x3f" + b"x" * 63) * 4 + b"\0",
    ],
    ids=["itself", "bit label", "reserved", "cut", "none", "half a pointer", "cut label", "too long"],
)
def test_broken_names(labels: bytes) -> None:
    message = wire.dns(1, 0, [labels])
    dns = read_message(message)
    assert dns is not None
    assert (dns.questions, dns.complete) == ((), False)


def test_pointers_that_cost_time() -> None:
    chain = b"".join(struct.pack(">H", 0xC000 | max(0, 12 + 2 * i - 2)) for i in range(8000))
    message = struct.pack(">6H", 1, 0x8000, 0, 65535, 0, 0) + chain
    dns = read_message(message)
    assert dns is not None
    assert not dns.complete


# --------------------------------------------------------------------------- TLS


def tls_of(payload: bytes) -> Tls | None:
    return Fields(wire.tcp(payload, 40000, 4433), 101).tls


def test_client_hello() -> None:
    payload = hellos.client_hello("www.example.org", ("h2", "http/1.1"))
    tls = tls_of(payload)
    assert tls is not None
    assert (tls.hello, tls.server_name, tls.protocols, tls.complete) == (
        "client",
        "www.example.org",
        ("h2", "http/1.1"),
        True,
    )
    assert (tls.version, tls.cipher_suite, tls.random) == (0x0304, None, payload[11:43])
    assert 0x0304 in tls.versions


def test_client_hello_without_names() -> None:
    tls = tls_of(hellos.client_hello(None, (), newest=ssl.TLSVersion.TLSv1_2))
    assert tls is not None
    assert (tls.server_name, tls.protocols, tls.version) == (None, (), 0x0303)


@pytest.mark.parametrize(
    ("newest", "version", "protocols"),
    [
        (ssl.TLSVersion.TLSv1_3, 0x0304, ()),  # the rest of its extensions are encrypted
        (ssl.TLSVersion.TLSv1_2, 0x0303, ("h2",)),
    ],
)
def test_server_hello(newest: ssl.TLSVersion, version: int, protocols: tuple[str, ...]) -> None:
    payload = hellos.server_hello(("h2",), newest=newest)
    tls = tls_of(payload)
    assert tls is not None
    assert (tls.hello, tls.version, tls.protocols, tls.server_name) == ("server", version, protocols, None)
    assert tls.random == payload[11:43]
    assert tls.cipher_suite == int.from_bytes(payload[44 + payload[43] : 46 + payload[43]])


def test_cut_hello() -> None:
    payload = hellos.client_hello("www.example.org")
    whole = tls_of(payload)
    for captured in range(len(payload)):
        tls = tls_of(payload[:captured])
        if tls is not None:
            assert not tls.complete
            assert whole.server_name.startswith(tls.server_name or "")
            assert tls.protocols == () or tls.protocols[0] in ("h2", "h", "")
    assert captured > 100


def test_hello_in_two_records_is_incomplete() -> None:
    message = hellos.handshake_message(hellos.client_hello())
    records = b"".join(b"\x16\3\1" + struct.pack(">H", len(part)) + part for part in (message[:60], message[60:]))
    tls = tls_of(records)
    assert tls is not None
    assert (tls.complete, tls.server_name) == (False, None)
    assert read_hello(message) == tls_of(hellos.client_hello()) or read_hello(message).server_name == "example.com"


@pytest.mark.parametrize(
    "payload", [b"\x16\3\1", b"\x17\3\3\0\x20" + bytes(32), b"\x16\3\1\0\4\x0b\0\0\0", b"\x16\3\1\xff\xff\1\0\0\1\3"]
)
def test_no_hello(payload: bytes) -> None:
    assert tls_of(payload) is None


def test_bytes_that_are_no_text() -> None:
    name = b"\x00\x0a\x00\x00\x07e\xff\x1b[\nx"
    extensions = struct.pack(">HH", 0, len(name) + 0) + name
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + struct.pack(">H", len(extensions)) + extensions
    tls = read_hello(b"\1" + len(body).to_bytes(3) + body)
    assert tls is not None
    assert tls.server_name == "e\\xff\x1b[\nx"


# --------------------------------------------------------------------------- HTTP


def http_of(payload: bytes) -> Http | None:
    return Fields(wire.tcp(payload, 40000, 8888), 101).http


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", Http("GET", "/", "a.example")),
        (b"POST /x?y=z HTTP/1.0\nhost:\t b:8080 \nA: b\n\n", Http("POST", "/x?y=z", "b:8080")),
        (b"OPTIONS * HTTP/1.1\r\nA: b\r\nHOST: c\r\n\r\nHost: d\r\n", Http("OPTIONS", "*", "c")),
        (b"CONNECT h:443 HTTP/1.1\r\n\r\nHost: d\r\n", Http("CONNECT", "h:443")),
        (b"VERSION-CONTROL /v HTTP/1.1\r\n\r\n", Http("VERSION-CONTROL", "/v")),
        (b"GET /with space HTTP/1.1\r\n\r\n", Http("GET", "/with space")),
        (b"GET /\x1b[2J\xff HTTP/1.1\r\nHost: \0\r\n\r\n", Http("GET", "/\x1b[2J\\xff", "\0")),
        (b"GET /" + b"a" * 1000, Http("GET", "/" + "a" * 1000, complete=False)),
        (b"GET /a HTT", Http("GET", "/a", complete=False)),
        (b"GET /a HTTP/1.1\r\nHo", Http("GET", "/a")),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", Http(status=404)),
        (b"HTTP/1.0 200", Http(status=200)),
        (b"HTTP/1.1 2x0 OK\r\n", None),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
        (b"GET /a RTSP/1.0\r\n\r\n", None),
        (b"get / HTTP/1.1\r\n\r\n", None),
        (b"HELLO WORLD", None),
        (b"G", None),
        (b"GET  HTTP/1.1\r\n", None),
    ],
)
def test_http(payload: bytes, expected: Http | None) -> None:
    assert http_of(payload) == expected
    assert read_http(payload) == expected


# --------------------------------------------------------------------------- QUIC

VERSIONS = (1, 0x6B3343CF)


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        (
            1,
            "1f369613dd76d5467730efcbe3b1a22d fa044b2f42a3fd3b46fb255c 9f50449e04a0e810283a1e9933adedd2",
        ),  # RFC 9001, A.1
        (
            0x6B3343CF,
            "8b1a0bc121284290a29e0971b5cd045d 91f73e2351d8fa91660e909f 45b95e15235d6f45a6b19cbcb0294ba9",
        ),  # RFC 9369, A.1
    ],
)
def test_keys_are_those_of_the_standard(version: int, keys: str) -> None:
    assert quic._keys(version, bytes.fromhex("8394c8f03e515708"), b"client in") == tuple(
        map(bytes.fromhex, keys.split())
    )


def quic_of(datagram: bytes):
    return Fields(wire.udp(datagram, 40000, 443), 101).quic


@pytest.mark.parametrize("version", VERSIONS)
def test_initial(version: int) -> None:
    hello = hellos.handshake_message(hellos.client_hello("quic.example", ("h3",)))
    found = quic_of(hellos.quic_initial(b"\1" + crypto(hello), version, token=b"token"))
    assert found is not None
    assert (found.version, found.destination_id, found.source_id) == (version, b"12345678", b"")
    assert found.tls is not None
    assert (found.tls.server_name, found.tls.protocols, found.tls.complete) == ("quic.example", ("h3",), True)


def crypto(hello: bytes) -> bytes:
    """Frames out of order, with others between them."""
    acknowledgement = b"\2" + hellos.varint(3) + hellos.varint(0) + hellos.varint(1) + hellos.varint(0) * 3
    return (
        hellos.crypto_frame(100, hello[100:])
        + acknowledgement
        + b"\0\0"
        + hellos.crypto_frame(0, hello[:60])
        + b"\1"
        + hellos.crypto_frame(60, hello[60:100])
    )


def test_hello_in_two_datagrams() -> None:
    hello = hellos.handshake_message(hellos.client_hello("quic.example", ("h3",)))
    first = quic_of(hellos.quic_initial(hellos.crypto_frame(0, hello[:50]), number=0))
    assert first is not None
    assert first.tls is not None
    assert not first.tls.complete
    second = quic_of(hellos.quic_initial(hellos.crypto_frame(50, hello[50:]), number=1))
    assert second is not None
    assert second.tls is None


def test_packets_that_nobody_can_open() -> None:
    sealed = hellos.quic_initial(hellos.crypto_frame(0, b"x"), original_id=b"other id")
    found = quic_of(sealed)
    assert found is not None
    assert found.tls is None
    assert quic.read_initials(sealed, b"other id")[0].frames == ((0, b"x"),)


def test_server_packets_by_the_original_id() -> None:
    sealed = hellos.quic_initial(hellos.crypto_frame(0, b"x"), original_id=b"original", side="server in")
    assert quic.read_initials(sealed, b"original")[0].frames == ((0, b"x"),)


def test_without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quic, "_cipher", lambda: None)
    found = quic_of(hellos.quic_initial(b"\1"))
    assert found is not None
    assert (found.version, found.tls) == (1, None)


def test_other_datagrams_are_no_initials() -> None:
    initial = hellos.quic_initial(b"\1")
    for first, version in ((0xE1, 1), (0xC1, 2), (0x41, 1), (0xC1, 0x6B3343CF)):
        assert quic_of(bytes([first]) + version.to_bytes(4) + initial[5:]) is None


def test_cut_initial() -> None:
    initial = hellos.quic_initial(b"\1")
    for captured in range(60):
        found = quic_of(initial[:captured])
        assert found is None or found.tls is None
