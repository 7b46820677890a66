"""IPv4: header, options, fragments, lengths."""

from collections.abc import Callable

import pytest

Build = Callable[..., bytes]
Show = Callable[..., str]
ENDS = "10.0.0.1.40000 > 10.0.0.2.9999: "


@pytest.mark.parametrize(("options", "text"), [
    ("94040000", "RA"),
    ("94040005", "RA value 5"),
    ("01010100", "NOP,NOP,NOP,EOL"),
    ("070b08c0a80001c0a8000200", "RR 192.168.0.1, 192.168.0.2,EOL"),
    ("070b05c0a80001c0a8000200", "RR [bad ptr 5] 192.168.0.1, 192.168.0.2,EOL"),
    ("440c0d010a00000100000007", "timestamp TS{TS+ADDR 7@10.0.0.1 ^ }"),
    ("440c0523 0a00000100000007", "timestamp TS{PRESPEC ^ 7@10.0.0.1 [2 hops not recorded]} "),
    ("440c0504 0a00000100000007", "timestamp TS{[bad ts type 4]}"),
    ("07000000", "RR [bad length 0]"),
    ("94280000", "RA [bad length 40]"),
    ("c8050102 03000000", "unknown 200,EOL"),
])  # fmt: skip
def test_options(show: Show, ip4: Build, udp: Build, options: str, text: str) -> None:
    packet = ip4(17, udp(), options=bytes.fromhex(options))
    assert f", options ({text}))\n    {ENDS}UDP, length 0" in show(packet, verbose=1)


def test_header_with_v(show: Show, ip4: Build, udp: Build) -> None:
    assert show(ip4(17, udp(b"abc"), tos=0xB9), verbose=1) == (
        "IP (tos 0xb9,ECT(1), ttl 64, id 1, offset 0, flags [none], proto UDP (17), length 31)\n"
        f"    {ENDS}UDP, length 3")


def test_a_wrong_header_checksum_is_told_unless_k_is_given(show: Show, ip4: Build, udp: Build) -> None:
    packet = bytearray(ip4(17, udp()))
    packet[10:12] = b"\x12\x34"
    assert ", bad cksum 1234 (->66ce)!)" in show(bytes(packet), verbose=1)
    assert "cksum" not in show(bytes(packet), verbose=1, no_checksums=True)


@pytest.mark.parametrize(("fragment", "flags"), [
    (0x4000, "DF"), (0x2000, "+"), (0x6000, "+, DF"), (0x8000, "rsvd"), (0xE000, "+, DF, rsvd"),
])  # fmt: skip
def test_flags(show: Show, ip4: Build, udp: Build, fragment: int, flags: str) -> None:
    assert f"flags [{flags}]" in show(ip4(17, udp(), fragment=fragment), verbose=1)


def test_a_later_fragment_shows_its_protocol(show: Show, ip4: Build) -> None:
    packet = ip4(17, bytes(8), fragment=0x2002)
    assert show(packet) == "IP 10.0.0.1 > 10.0.0.2: ip-proto-17"
    assert show(packet, numeric=False).endswith(": udp")


@pytest.mark.parametrize(("length", "text"), [
    (19, "IP [total length 19 < header length 20] (invalid)"),
    (31, f"IP [total length 31 > length 30] (invalid) {ENDS}UDP, length 2"),
    (0, f"IP {ENDS}UDP, length 2"),
])  # fmt: skip
def test_total_length(show: Show, ip4: Build, udp: Build, length: int, text: str) -> None:
    assert show(ip4(17, udp(b"ab"), length=length)) == text


def test_length_0_is_taken_for_segmentation_by_the_network_card(show: Show, ip4: Build, tcp: Build) -> None:
    assert "length 44 [was 0, presumed TSO])" in show(ip4(6, tcp(payload=b"abcd"), length=0), verbose=1)
    assert "length 70040 [was 0, presumed BIG TCP])" in show(ip4(6, tcp(payload=bytes(70000)), length=0), verbose=1)
    assert show(ip4(99, b"", length=0)) == "IP [total length 0 < header length 20] (invalid)"


@pytest.mark.parametrize(("packet", "text"), [
    ("46", "IP  [length 1 < 20] (invalid)"),
    ("44" + "00" * 20, "IP  [header length 16 < 20] (invalid)"),
    ("45000014000100004063", "IP  [length 10 < 20] (invalid)"),
])  # fmt: skip
def test_headers_that_are_too_short(show: Show, packet: str, text: str) -> None:
    assert show(bytes.fromhex(packet)) == text


def test_cut_off_at_every_length(show: Show, ip4: Build, udp: Build) -> None:
    packet = ip4(17, udp(b"abc"), options=bytes.fromhex("070b08c0a80001c0a8000200"))
    texts = [show(packet, captured, verbose=1) for captured in range(1, len(packet) + 1)]
    assert all("[|ip]" in text for text in texts[:31])
    assert all("[|udp]" in text for text in texts[31:39])
    assert texts[39] == texts[40] == texts[-1]


def test_protocols_of_the_other_version(show: Show, ip4: Build, ip6: Build) -> None:
    assert show(ip4(58, bytes(8))) == "IP 10.0.0.1 > 10.0.0.2: [ICMPv6 requires IPv6] (invalid)"
    assert show(ip6(2, bytes(8))) == "IP6 fe80::1 > fe80::2: [IGMP requires IPv4] (invalid)"


def test_a_protocol_that_nobody_prints(show: Show, ip4: Build) -> None:
    assert show(ip4(253, b"abc")) == "IP 10.0.0.1 > 10.0.0.2:  ip-proto-253 3"
    assert show(ip4(253, b"abc"), numeric=False).endswith(":  exptest-253 3")


def test_an_endless_tunnel_ends(show: Show, ip4: Build, udp: Build) -> None:
    packet = ip4(17, udp())
    for _ in range(100):
        packet = ip4(4, packet)
    assert show(packet).endswith("[nesting too deep]")
