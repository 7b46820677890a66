from collections.abc import Callable

import pytest

Show = Callable[..., str]

DCID, SCID = bytes.fromhex("84acac06b42ed863"), bytes.fromhex("51d1e44d")
IDS = bytes([8]) + DCID + bytes([4]) + SCID
V1 = bytes.fromhex("00000001")


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"\xc0" + V1 + IDS + b"\0\x05" + b"a" * 5, "initial{ids}, length 5"),
        (b"\xc0" + V1 + IDS + b"\x02\xab\xcd\x40\x05" + b"a" * 5, "initial{ids}, token abcd, length 5"),
        (b"\xd0" + V1 + IDS + b"\x05" + b"a" * 5, "0-rtt{ids}, length 5"),
        (b"\xe0" + V1 + IDS + b"\x05" + b"a" * 5, "handshake{ids}, length 5"),
        (b"\xe0" + V1 + IDS + b"\x05" + b"a" * 4, "handshake{ids}, length 5 [|quic]"),
        (b"\xc0\x6b\x33\x43\xcf" + IDS + b"\0\1a", "initial, v6b3343cf{ids}, length 1"),
        (b"\xf0" + V1 + IDS + b"\x01\x02" + b"t" * 16, "retry{ids}, token 0102"),
        (
            b"\xc0" + bytes(4) + IDS + V1 + b"\x6b\x33\x43\xcf",
            "version negotiation{ids}, version 0x1, version 0x6b3343cf",
        ),
        (b"\xe0" + V1 + IDS + b"\1a\0\0\xe0" + V1 + IDS + b"\1a", "handshake{ids}, length 1, handshake{ids}, length 1"),
        (b"\xc0" + V1 + b"\x09abc", "initial [|quic]"),
    ],
)
def test_long_headers(udp: Show, payload: bytes, text: str) -> None:
    assert udp(443, payload) == "quic, " + text.replace("{ids}", f", dcid {DCID.hex()}, scid {SCID.hex()}")


def test_short_header_knows_ids_seen_before(udp: Show) -> None:
    packet = b"\x40" + DCID + b"x" * 20
    assert udp(443, packet) == "quic, protected"
    udp(443, b"\xe0" + V1 + IDS + b"\1a")
    assert udp(443, packet) == f"quic, protected, dcid {DCID.hex()}"
    assert udp(443, b"\x40" + b"x" * 10) == "quic, protected [|quic]"


def test_other_datagrams_of_the_port(udp: Show) -> None:
    assert udp(443, b"\x01abc") == "UDP, length 4"
    assert udp(444, b"\x40" + b"x" * 20, force="quic") == "quic, protected"
