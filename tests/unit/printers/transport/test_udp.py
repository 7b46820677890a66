"""UDP: lengths, checksums, the choice of a payload's printer."""

from collections.abc import Callable

import pytest

Build = Callable[..., bytes]
Show = Callable[..., str]
START = "IP 10.0.0.1.40000 > 10.0.0.2.9999: "
QUERY = bytes.fromhex("1234 0100 0001 0000 0000 0000 01 61 00 0001 0001")


@pytest.mark.parametrize(("length", "text"), [
    (None, "UDP, length 10"),
    (12, "UDP, length 4"),
    (30, "UDP, bad length 22 > 10"),
    (7, "truncated-udplength 7"),
])  # fmt: skip
def test_lengths(show: Show, ip4: Build, udp: Build, length: int | None, text: str) -> None:
    assert show(ip4(17, udp(bytes(10), length=length))) == START + text


def test_a_header_that_is_too_short(show: Show, ip4: Build, udp: Build) -> None:
    assert show(ip4(17, udp()[:7])) == f"{START}truncated-udp 7"


def test_cut_off_at_every_length(show: Show, ip4: Build, udp: Build) -> None:
    packet = ip4(17, udp(b"abc"))
    assert [show(packet, captured) for captured in (20, 24, 27, 28)] == [
        "IP 10.0.0.1 > 10.0.0.2:  [|udp]", f"{START} [|udp]", f"{START} [|udp]", f"{START}UDP, length 3",
    ]  # fmt: skip


def test_checksums(show: Show, ip4: Build, ip6: Build, udp: Build) -> None:
    packet = bytearray(ip4(17, udp(b"abc")))
    assert "[no cksum] " in show(bytes(packet), verbose=2)
    packet[26:28] = b"\x12\x34"
    assert "[bad udp cksum 0x1234 -> 0x6423!] " in show(bytes(packet), verbose=2)
    assert "cksum" not in show(bytes(packet), verbose=1)
    packet[26:28] = b"\x64\x23"
    assert "[udp sum ok] " in show(bytes(packet), verbose=2)
    assert "[bad udp cksum 0x0000 -> 0x7b21!] " in show(ip6(17, udp(b"abc")), verbose=1)


def test_either_port_chooses_the_printer(show: Show, ip4: Build, udp: Build) -> None:
    for ports in ((53, 9999), (9999, 53), (53, 67), (67, 53)):
        assert show(ip4(17, udp(QUERY, ports=ports))).endswith(": 4660+ A? a. (19)")


def test_quiet(show: Show, ip4: Build, udp: Build) -> None:
    assert show(ip4(17, udp(QUERY, ports=(9999, 53))), quiet=True).endswith(".53: UDP, length 19")


def test_forced_types(show: Show, ip4: Build, udp: Build) -> None:
    assert show(ip4(17, udp(QUERY)), force="domain") == f"{START}4660+ A? a. (19)"
    assert show(ip4(17, udp(QUERY)), force="resp") == f"{START}UDP, length 19"
