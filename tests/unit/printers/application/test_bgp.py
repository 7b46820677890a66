"""Expected texts: those of tcpdump 4.99.3."""

import struct
from collections.abc import Callable

import pytest

Show = Callable[..., str]


def message(kind: int, body: bytes = b"") -> bytes:
    return b"\xff" * 16 + struct.pack(">HB", 19 + len(body), kind) + body


def attribute(flags: int, kind: int, data: bytes) -> bytes:
    return bytes([flags, kind, len(data)]) + data


def update(attributes: bytes, routes: bytes = b"") -> bytes:
    return message(2, b"\0\0" + struct.pack(">H", len(attributes)) + attributes + routes)


def opening(*capabilities: bytes) -> bytes:
    options = b"".join(bytes([2, len(capability)]) + capability for capability in capabilities)
    return message(1, struct.pack(">BHH4sB", 4, 65001, 180, bytes([10, 0, 0, 1]), len(options)) + options)


def test_named_only(tcp: Show) -> None:
    assert tcp(179, message(4)) == ": BGP"
    assert tcp(179, b"garbage", verbose=1) == ": BGP"


def test_open(tcp: Show) -> None:
    packet = opening(b"\1\4\0\2\0\1", b"\x41\4\0\0\xfd\xe9", b"\x40\6\x80\x78\0\1\1\x80", b"\6\0")
    assert tcp(179, packet, verbose=1).splitlines() == [
        ": BGP",
        "\tOpen Message (1), length: 59",
        "\t  Version 4, my AS 65001, Holdtime 180s, ID 10.0.0.1",
        "\t  Optional parameters, length: 30",
        "\t    Option Capabilities Advertisement (2), length: 6",
        "\t      Multiprotocol Extensions (1), length: 4",
        "\t\tAFI IPv6 (2), SAFI Unicast (1)",
        "\t    Option Capabilities Advertisement (2), length: 6",
        "\t      32-Bit AS Number (65), length: 4",
        "\t\t 4 Byte AS 65001",
        "\t    Option Capabilities Advertisement (2), length: 8",
        "\t      Graceful Restart (64), length: 6",
        "\t\tRestart Flags: [R], Restart Time 120s",
        "\t\t  AFI IPv4 (1), SAFI Unicast (1), Forwarding state preserved: yes",
        "\t    Option Capabilities Advertisement (2), length: 2",
        "\t      Unknown (6), length: 0",
        "\t\tno decoder for Capability 6",
    ]


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (attribute(0x40, 1, b"\0"), "Origin (1), length: 1, Flags [T]: IGP"),
        (attribute(0x40, 2, b"\2\1\0\0\xfd\xe9"), "AS Path (2), length: 6, Flags [T]: 65001 "),
        (attribute(0x40, 2, b"\1\2\0\1\0\2\2\1\0\3"), "AS Path (2), length: 10, Flags [T]: { 1 2 }3 "),
        (attribute(0x40, 2, b""), "AS Path (2), length: 0, Flags [T]: empty"),
        (attribute(0x40, 3, b"\x0a\0\0\1"), "Next Hop (3), length: 4, Flags [T]: 10.0.0.1"),
        (attribute(0x40, 3, b"\1"), "Next Hop (3), length: 1, Flags [T]: invalid len"),
        (attribute(0x80, 4, b"\0\0\0\x32"), "Multi Exit Discriminator (4), length: 4, Flags [O]: 50"),
        (attribute(0xC0, 8, b"\0\x64\0\1\xff\xff\xff\1"), "Community (8), length: 8, Flags [OT]: 100:1,  NO_EXPORT"),
        (attribute(0xC0, 32, struct.pack(">III", 1, 2, 3)),
         "Large Community (32), length: 12, Flags [OT]: \n\t    1:2:3"),
        (attribute(0x80, 15, b"\0\2\1\x20\x20\1\x0d\xb8"),
         "Multi-Protocol Unreach NLRI (15), length: 8, Flags [O]: "
         "\n\t    AFI: IPv6 (2), SAFI: Unicast (1)\n\t      2001:db8::/32"),
        (attribute(0xE0, 99, b"abc"),
         "Unknown Attribute (99), length: 3, Flags [OTP]: \n\t    no Attribute 99 decoder\n\t    0x0000:  6162 63"),
    ],
)  # fmt: skip
def test_attributes(tcp: Show, encoded: bytes, text: str) -> None:
    assert tcp(179, update(encoded), verbose=1).partition("\n\t  ")[2] == text


def test_routes(tcp: Show) -> None:
    assert tcp(179, update(attribute(0x40, 1, b"\0"), b"\x18\xc0\0\2\x10\x0a\1"), verbose=1).endswith(
        "\n\t  Updated routes:\n\t    192.0.2.0/24\n\t    10.1.0.0/16"
    )
    withdrawn = message(2, b"\0\4\x18\xc0\0\2\0\0")
    assert "\n\t  Withdrawn routes:\n\t    192.0.2.0/24\n" in tcp(179, withdrawn, verbose=1)
    assert tcp(179, update(b""), verbose=1).endswith("\n\t  End-of-Rib Marker (empty NLRI)")


def test_notifications(tcp: Show) -> None:
    packet = message(3, b"\6\2\3by\x1b") + message(4)
    assert tcp(179, packet, verbose=1).splitlines() == [
        ": BGP",
        "\tNotification Message (3), length: 25, Cease (6), subcode Administrative Shutdown (2),"
        ' Shutdown Communication (length: 3): "by^["',
        "\tKeepalive Message (4), length: 19",
    ]
    assert tcp(179, message(3, b"\4\0"), verbose=1).endswith(", Hold Timer Expired (4)")


def test_every_truncation_is_marked(tcp: Show) -> None:
    packet = opening(b"\1\4\0\2\0\1")
    for captured in range(16, len(packet)):
        shown = tcp(179, packet, captured, verbose=1)
        assert shown == (": BGP [|bgp]" if captured < 19 else ": BGP\n[|BGP Open]")


def test_numbers_as_asdot(tcp: Show) -> None:
    """-b; RFC 5396."""
    packet = opening(b"\x41\4\0\1\0\x0a") + update(attribute(0x40, 2, b"\2\2" + struct.pack(">II", 65546, 65001)))
    assert "4 Byte AS 65546" in tcp(179, packet, verbose=1)
    text = tcp(179, packet, verbose=1, asdot=True)
    assert "4 Byte AS 1.10" in text
    assert "AS Path (2), length: 10, Flags [T]: 1.10 65001" in text
