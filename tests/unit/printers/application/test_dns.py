"""Expected texts: tcpdump's, checked with Debian's 4.99.3 where it knows the record type."""

import struct
from collections.abc import Callable

import pytest

Show = Callable[..., str]

QUERY, RESPONSE = 0x0100, 0x8180
A, NS, SOA, PTR, MX, TXT, AAAA, SRV, OPT, TSIG, URI = 1, 2, 6, 12, 15, 16, 28, 33, 41, 250, 256


def name(text: str) -> bytes:
    labels = [part.encode() for part in text.split(".") if part]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


HOST = name("www.example.org")
AGAIN = b"\xc0\x0c"  # the name of the question


def message(flags: int, *sections: list[bytes], counts: tuple[int, ...] | None = None) -> bytes:
    numbers = counts or [len(section) for section in sections] + [0] * (4 - len(sections))
    return struct.pack(">6H", 4660, flags, *numbers) + b"".join(b"".join(part) for part in sections)


def question(kind: int = A, klass: int = 1, host: bytes = HOST) -> bytes:
    return host + struct.pack(">HH", kind, klass)


def record(kind: int, data: bytes, klass: int = 1, ttl: int = 300, host: bytes = AGAIN) -> bytes:
    return host + struct.pack(">HHIH", kind, klass, ttl, len(data)) + data


ADDRESS = record(A, bytes([192, 0, 2, 1]))


def test_query(udp: Show) -> None:
    assert udp(53, message(QUERY, [question()])) == "4660+ A? www.example.org. (33)"


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (0x0110, "4660+% A? www.example.org. (33)"),
        (0x0000, "4660 A? www.example.org. (33)"),
        (0x2100, "4660 notify+ A? www.example.org. (33)"),
        (0x0120, "4660+ A? www.example.org. (33)"),
        (0x0101, "4660+ [b2&3=0x101] A? www.example.org. (33)"),
    ],
)
def test_flags_of_queries(udp: Show, flags: int, text: str) -> None:
    assert udp(53, message(flags, [question()])) == text


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (0x8180, "4660 1/0/0 A 192.0.2.1 (49)"),
        (0x8400, "4660*- 1/0/0 A 192.0.2.1 (49)"),
        (0x83A0, "4660|$ 1/0/0 A 192.0.2.1 (49)"),
        (0x8183, "4660 NXDomain 1/0/0 A 192.0.2.1 (49)"),
        (0x8185, "4660 Refused 1/0/0 A 192.0.2.1 (49)"),
        (0x818D, "4660 Resp13 1/0/0 A 192.0.2.1 (49)"),
    ],
)
def test_flags_of_responses(udp: Show, flags: int, text: str) -> None:
    assert udp(53, message(flags, [question()], [ADDRESS])) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [(64, "SVCB"), (65, "HTTPS"), (257, "CAA"), (35, "NAPTR"), (52, "TLSA"), (46, "RRSIG"), (999, "Type999")],
)
def test_types_in_questions_and_records(udp: Show, kind: int, text: str) -> None:
    assert udp(53, message(QUERY, [question(kind)])) == f"4660+ {text}? www.example.org. (33)"
    answer = message(RESPONSE, [question(kind)], [record(kind, b"\0\1\0")])
    assert udp(53, answer) == f"4660 1/0/0 {text} (48)"


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (AAAA, bytes.fromhex("20010db8" + "0" * 23 + "1"), "AAAA 2001:db8::1"),
        (NS, b"\3ns1\xc0\x10", "NS ns1.example.org."),
        (PTR, name("a.b"), "PTR a.b."),
        (MX, b"\0\x0a\4mail\xc0\x10", "MX mail.example.org. 10"),
        (TXT, b"\3a b\2c\1", 'TXT "a b" "c^A"'),
        (SRV, struct.pack(">HHH", 1, 2, 5060) + AGAIN, "SRV www.example.org.:5060 1 2"),
        (URI, b"\0\1\0\2http://a/", "URI 1 2 http://a/"),
        (SOA, AGAIN + AGAIN + struct.pack(">5I", 1, 2, 3, 4, 5), "SOA"),
        (TSIG, b"\0" + bytes(16), "TSIG"),
    ],
)
def test_data(udp: Show, kind: int, data: bytes, text: str) -> None:
    answer = message(RESPONSE, [question(kind)], [record(kind, data)])
    assert udp(53, answer) == f"4660 1/0/0 {text} ({len(answer)})"


def test_verbose_shows_names_and_more_data(udp: Show) -> None:
    soa = record(SOA, AGAIN + b"\4root\xc0\x10" + struct.pack(">5I", 1, 2, 3, 4, 5))
    text = udp(53, message(RESPONSE, [question(SOA)], [soa]), verbose=1)
    assert text == "4660 1/0/0 www.example.org. SOA www.example.org. root.example.org. 1 2 3 4 5 (74)"
    mac = name("hmac-sha256") + bytes(6) + struct.pack(">HH", 300, 4) + b"abcd" + struct.pack(">HHH", 4660, 16, 0)
    text = udp(53, message(RESPONSE, [question()], [record(TSIG, mac, klass=255, ttl=0)]), verbose=1)
    assert "ANY TSIG hmac-sha256. fudge=300 maclen=4 origid=4660 error=16 otherlen=0 " in text


def test_very_verbose_shows_all_sections(udp: Show) -> None:
    sections = message(RESPONSE, [question()], [ADDRESS, ADDRESS], [record(NS, AGAIN)], [ADDRESS])
    assert udp(53, sections, verbose=2) == (
        "4660 q: A? www.example.org. 2/1/1 www.example.org. A 192.0.2.1, www.example.org. A 192.0.2.1"
        " ns: www.example.org. NS www.example.org. ar: www.example.org. A 192.0.2.1 (95)"
    )
    assert "www.example.org. [5m] A 192.0.2.1" in udp(53, sections, verbose=3)


@pytest.mark.parametrize(
    ("ttl", "text"), [(0, "0s"), (59, "59s"), (3661, "1h1m1s"), (90061, "1d1h1m1s"), (2**32 - 1, "136y10w6h28m15s")]
)
def test_time_to_live(udp: Show, ttl: int, text: str) -> None:
    answer = message(RESPONSE, [question()], [record(A, bytes(4), ttl=ttl)])
    assert f" [{text}] A 0.0.0.0" in udp(53, answer, verbose=3)


def option(code: int, data: bytes) -> bytes:
    return struct.pack(">HH", code, len(data)) + data


@pytest.mark.parametrize(
    ("code", "data", "text"),
    [
        (3, b"ab", "NSID 6162"),
        (5, bytes([8, 13, 99]), "DAU RSASHA256 ECDSAP256SHA256 Alg_99"),
        (6, bytes([1, 2]), "DHU SHA-1 SHA-256"),
        (7, bytes([1]), "N3U SHA-1"),
        (8, b"\0\1\x18\0\xc0\0\2", "ECS 192.0.2.0/24/0"),
        (8, b"\0\2\x20\x10\x20\1\x0d\xb8", "ECS 2001:db8::/32/16"),
        (8, b"\0\1\x18\0\xc0\0", "ECS  (invalid)"),
        (9, b"\0\0\0\5", "EXPIRE 5 sec"),
        (10, b"12345678", "COOKIE 3132333435363738"),
        (10, b"1234567890123456", "COOKIE 3132333435363738 3930313233343536"),
        (10, b"123", "COOKIE  (invalid)"),
        (11, b"\0\x7b", "KEEPALIVE 12.3 sec"),
        (11, b"", "KEEPALIVE"),
        (12, bytes(7), "PADDING (7)"),
        (13, name("a.b"), "CHAIN a.b."),
        (14, b"\0\1\0\2", "KEY-TAG 1 2"),
        (15, b"\0\3", "Opt15 0003"),
    ],
)
def test_edns_options(udp: Show, code: int, data: bytes, text: str) -> None:
    edns = record(OPT, option(code, data), klass=1232, ttl=0x8000, host=b"\0")
    packet = message(QUERY, [question()], [], [], [edns])
    shown = udp(53, packet, verbose=2)
    assert shown == f"4660+ [1au] A? www.example.org. ar: . OPT UDPsize=1232 DO [{text}] ({len(packet)})"


def test_response_code_of_edns(udp: Show) -> None:
    edns = record(OPT, b"", klass=512, ttl=0x01000000, host=b"\0")
    assert udp(53, message(RESPONSE, [question()], [ADDRESS], [], [edns])).startswith("4660 BadVers 1/0/1")


def test_multicast(udp: Show) -> None:
    assert udp(5353, message(0, [question(PTR, 0x8001)])) == "4660 PTR (QU)? www.example.org. (33)"
    assert udp(5353, message(0, [question(PTR)])) == "4660 PTR (QM)? www.example.org. (33)"
    answer = message(0x8400, [], [record(A, bytes(4), klass=0x8001, host=HOST)])
    assert udp(5353, answer) == "4660*- [0q] 1/0/0 (Cache flush) A 0.0.0.0 (43)"


def test_over_tcp(tcp: Show) -> None:
    packet = message(QUERY, [question()])
    assert tcp(53, struct.pack(">H", len(packet)) + packet) == " 4660+ A? www.example.org. (33)"
    assert tcp(53, struct.pack(">H", 99) + packet) == " [prefix length(99) != length(33)] (invalid)"
    assert tcp(53, b"\0") == " [DNS over TCP: length 1 < 2] (invalid)"
    assert tcp(8053, struct.pack(">H", len(packet)) + packet, force="domain") == " 4660+ A? www.example.org. (33)"


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (b"\xc0\x0c", " A? <BAD PTR> [|domain]"),  # to itself
        (b"\1a\xc0\x0c", " A? a.<BAD PTR> [|domain]"),
        (b"\x80a\0", " [|domain]"),
        (b"\x41\x0a\xff\xc0\1b\0", " A? \\[xffc/10].b. (23)"),
        (b"\0", " A? . (17)"),
        (b"\2\xff\x1b\0", " A? M-^?^[. (20)"),
        (b"\x3f" + b"a" * 63 + b"\x40", " [|domain]"),
    ],
)
def test_strange_names(udp: Show, host: bytes, text: str) -> None:
    assert udp(53, message(QUERY, [question(host=host)])) == f"4660+{text}"


def test_long_names_are_cut(udp: Show) -> None:
    shown = udp(53, message(QUERY, [question(host=(b"\x3f" + b"a" * 63) * 5 + b"\0")]))
    assert shown == f"4660+ A? {('a' * 63 + '.') * 3}{'a' * 63}.<DOMAIN NAME TOO LONG> (337)"


def test_a_chain_of_pointers_ends(udp: Show) -> None:
    links = b"".join(struct.pack(">H", 0xC000 | (12 + 2 * i)) for i in range(4000))
    packet = message(QUERY, counts=(2000, 0, 0, 0)) + b"\0" + links
    assert "[|domain]" in udp(53, packet)


def test_every_truncation_is_marked(udp: Show) -> None:
    sections = message(RESPONSE, [question()], [ADDRESS, ADDRESS], [record(NS, AGAIN)], [ADDRESS])
    for captured in range(len(sections)):
        assert udp(53, sections, captured, verbose=2).endswith(("[|domain]", "(95)"))
    assert udp(53, sections, 11).endswith("[|domain]")


def test_too_short(udp: Show) -> None:
    assert udp(53, b"abc") == "domain [length 3 < 12] (invalid)"


@pytest.mark.parametrize(
    ("kind", "text"),
    [(0, "Type0"), (1, "A"), (53, "SMIMEA"), (54, "Type54"), (55, "HIP"), (65, "HTTPS"), (66, "Type66"),
     (260, "AMTRELAY"), (261, "Type261"), (32767, "Type32767"), (32768, "TA"), (32769, "DLV"), (32770, "Type32770"),
     (65535, "Type65535")],
)
def test_types_beside_the_gaps_of_the_registry(udp: Show, kind: int, text: str) -> None:
    assert udp(53, message(QUERY, [question(kind)])) == f"4660+ {text}? www.example.org. (33)"
