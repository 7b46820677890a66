import struct
from collections.abc import Callable

import pytest

Show = Callable[..., str]

NOW = struct.pack(">II", 3712483316, 0x80000000)  # 2017-08-23T13:21:56.5Z
LATER = struct.pack(">II", 3712483318, 0x40000000)


def packet(status: int = 0x24, stratum: int = 2, rest: bytes = b"", reference: bytes = b"\x0a\0\0\1") -> bytes:
    header = struct.pack(">BBbb", status, stratum, 6, -23) + struct.pack(">HHHH", 0, 0x8000, 1, 0)
    return header + reference + NOW + NOW + LATER + NOW + rest


def test_one_line(udp: Show) -> None:
    assert udp(123, packet()) == "NTPv4, Server, length 48"
    assert udp(123, packet(0x1B)) == "NTPv3, Client, length 48"


def test_verbose(udp: Show) -> None:
    assert udp(123, packet(), verbose=1).splitlines() == [
        "NTPv4, Server, length 48",
        "\tLeap indicator:  (0), Stratum 2 (secondary reference), poll 6 (64s), precision -23",
        "\tRoot Delay: 0.500000, Root dispersion: 1.000000, Reference-ID: 0x0a000001",
        "\t  Reference Timestamp:  3712483316.500000000 (2017-08-23T13:21:56Z)",
        "\t  Origin Timestamp:     3712483316.500000000 (2017-08-23T13:21:56Z)",
        "\t  Receive Timestamp:    3712483318.250000000 (2017-08-23T13:21:58Z)",
        "\t  Transmit Timestamp:   3712483316.500000000 (2017-08-23T13:21:56Z)",
        "\t    Originator - Receive Timestamp:  +1.750000000",
        "\t    Originator - Transmit Timestamp: -0.000000000",
    ]


@pytest.mark.parametrize(
    ("stratum", "reference", "text"),
    [(0, b"RATE", "RATE"), (0, bytes(4), "(unspec)"), (1, b"GPS\0", "GPS^@"), (16, b"\1\2\3\4", "0x01020304")],
)
def test_reference(udp: Show, stratum: int, reference: bytes, text: str) -> None:
    shown = udp(123, packet(stratum=stratum, reference=reference), verbose=1)
    assert f"Reference-ID: {text}\n" in shown


def test_leap_indicators(udp: Show) -> None:
    assert "Leap indicator: +1s (64)" in udp(123, packet(0x64), verbose=1)
    assert "Leap indicator: clock unsynchronized (192)" in udp(123, packet(0xE4), verbose=1)


def test_second_era_begins_in_2036(udp: Show) -> None:
    data = packet()[:16] + bytes(7) + b"\1" + struct.pack(">II", 1, 0) + packet()[32:]
    shown = udp(123, data, verbose=1)
    assert "Reference Timestamp:  0.000000000\n" in shown
    assert "Origin Timestamp:     1.000000000 (2036-02-07T06:28:17Z)" in shown


def test_authentication(udp: Show) -> None:
    assert udp(123, packet(rest=struct.pack(">I", 7)), verbose=1).endswith("\n\tKey id: 7")
    shown = udp(123, packet(rest=struct.pack(">I", 7) + bytes(range(16))), verbose=1)
    assert shown.endswith("\n\tKey id: 7\n\tAuthentication: 000102030405060708090a0b0c0d0e0f")


def test_extension_fields(udp: Show) -> None:
    fields = struct.pack(">HH", 0x0204, 16) + bytes(range(12)) + struct.pack(">HH", 0x9999, 16) + bytes(12)
    shown = udp(123, packet(rest=fields), verbose=1)
    assert shown.endswith(
        "\n\tExtension fields:\n\t  NTS Cookie (0x0204), length 16\n\t  Unknown type (0x9999), length 16"
    )
    assert "\n\t    0x0000:  0001 0203 0405 0607 0809 0a0b\n" in udp(123, packet(rest=fields), verbose=3)
    assert udp(123, packet(rest=fields[:30]), verbose=1).endswith("length 16 (invalid)")


def test_control(udp: Show) -> None:
    data = struct.pack(">BBHHHHH", 0x16, 0x82, 1, 0x0615, 2, 0, 4) + b"a=1,"
    assert udp(123, data, verbose=1).splitlines() == [
        "NTPv2, Control Message, length 16",
        "\tLeap indicator:  (0), Response, OK, Last, OpCode=2",
        "\tSequence=1, Status=0x615, Assoc.=2, Offset=0, Count=4",
        "\tTO-BE-DONE: data not interpreted",
    ]
    assert udp(123, data[:14], verbose=1).endswith("Count=4 (invalid)")


def test_short_and_truncated(udp: Show) -> None:
    assert udp(123, packet()[:40], verbose=1).endswith("Leap indicator:  (0) (invalid)")
    assert udp(123, packet(), 20, verbose=1).endswith("Reference-ID: 0x0a000001 [|ntp]")
