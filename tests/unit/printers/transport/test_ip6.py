"""IPv6: header, extension headers, lengths."""

import struct
from collections.abc import Callable

import pytest

Build = Callable[..., bytes]
Show = Callable[..., str]
ENDS = "fe80::1 > fe80::2: "
A = "20010db8" + "00" * 11 + "01"
B = "20010db8" + "00" * 11 + "02"


def test_header_with_v(show: Show, ip6: Build) -> None:
    assert show(ip6(59, b"", flow=0x2345678), verbose=1) == (
        "IP6 (class 0x23, flowlabel 0x45678, hlim 64, next-header No Next Header (59), payload length 0) "
        f"{ENDS}no next header")


@pytest.mark.parametrize(("options", "text"), [
    ("010400000000", "(padn) "),
    ("050200000100", "(rtalert: 0x0000) (padn) "),
    ("000000000000", "(pad1)(pad1)(pad1)(pad1)(pad1)(pad1) "),
    ("3e0461626364", "(opt_type 0x3e: len=4) "),
    ("c20400000005", "(jumbo: 5 - payload len != 0)  "),
    ("c910" + A + "01020000", "(homeaddr: 2001:db8::1)(padn) "),
    ("050300000000", "(rtalert: invalid len 3) (invalid)"),
    ("013000000000", " [remaining length 6 < 50] (invalid)"),
])  # fmt: skip
def test_hop_by_hop_options(show: Show, ip6: Build, options: str, text: str) -> None:
    data = bytes.fromhex(options)
    packet = ip6(0, bytes([59, (len(data) + 2) // 8 - 1]) + data)
    printed = show(packet, verbose=1)
    ending = "" if text.endswith("(invalid)") else "no next header"
    assert printed.partition(ENDS)[2] == f"HBH {text}{ending}"


def test_without_v_options_are_not_told(show: Show, ip6: Build) -> None:
    assert show(ip6(60, bytes.fromhex("3b00 010400000000"))) == f"IP6 {ENDS}DSTOPT no next header"


def test_hop_by_hop_comes_first_and_once(show: Show, ip6: Build) -> None:
    padding = "010400000000"
    assert show(ip6(60, bytes.fromhex(f"0000{padding} 3b00{padding}"))).endswith(
        "[The Hop-by-Hop Options header don't follow the IPv6 header] (invalid)")
    assert show(ip6(0, bytes.fromhex(f"0000{padding} 3b00{padding}"))).endswith(
        "[The Hop-by-Hop Options header was already found] (invalid)")


def test_jumbogram(show: Show, ip6: Build, tcp: Build) -> None:
    segment = tcp(payload=bytes(70000))
    option = struct.pack(">BBBBI", 6, 0, 0xC2, 4, len(segment) + 8)
    assert show(ip6(0, option + segment, length=0), verbose=1).partition(ENDS)[2].startswith(
        "HBH (jumbo: 70028)  40000 > 9999: Flags [.], cksum 0x0000 (incorrect -> ")
    assert show(ip6(0, bytes.fromhex("3b00 010400000000"), length=0)).endswith(
        "HBH [No valid Jumbo Payload Hop-by-Hop option found] (invalid)")


def test_payload_length_0_before_tcp(show: Show, ip6: Build, tcp: Build) -> None:
    assert ") [real length 70060, presumed BIG TCP] fe80::1.40000 > " in show(
        ip6(6, tcp(payload=bytes(70000)), length=0), verbose=1)


@pytest.mark.parametrize(("header", "text"), [
    (f"3b02 0000 00000000 {A}", "RT6 (len=2, type=0 [Deprecated], segleft=0, [0]2001:db8::1) no next header"),
    (f"3b02 0201 00000000 {A}", "RT6 (len=2, type=2, segleft=1, [0]2001:db8::1) no next header"),
    (f"3b04 0401 01000007 {A}{B}",
     "RT6 (len=4, type=4, segleft=1, last-entry=1, tag=7, [0]2001:db8::1, [1]2001:db8::2) no next header"),
    (f"3b03 0400 00000000 {A} 0500 00000000 0000", "RT6 (len=3, type=4, segleft=0, last-entry=0, tag=0, "
     "[0]2001:db8::1, TLV-type=HMAC(5), TLV-len=0) no next header"),
    (f"3b03 0400 00000000 {A} 0406000000000000", "RT6 (len=3, type=4, segleft=0, last-entry=0, tag=0, "
     "[0]2001:db8::1, TLV-type=PadN(4), TLV-len=6 [PadN length 6 > 5] (invalid)"),
    (f"3b01 0000 00000000 {A[:16]}", "RT6 (len=1, type=0 [Deprecated], segleft=0 [length 1] (invalid)"),
    ("3b00 0900 00000000", "RT6 (len=0, type=9, segleft=0 (unknown type) (invalid)"),
])  # fmt: skip
def test_routing_headers(show: Show, ip6: Build, header: str, text: str) -> None:
    assert show(ip6(43, bytes.fromhex(header))) == f"IP6 {ENDS}{text}"


def test_the_checksum_covers_the_final_destination(show: Show, ip6: Build, udp: Build) -> None:
    """The expected sum is that of tcpdump 4.99.3."""
    header = bytes.fromhex("1102 0201 00000000" + A)
    assert "[bad udp cksum 0x0000 -> 0x4bea!] " in show(ip6(43, header + udp(b"abc")), verbose=1)


def test_fragments(show: Show, ip6: Build, udp: Build) -> None:
    first = bytes.fromhex("1100 0001 0000004d") + udp(b"abc", length=60)
    later = bytes.fromhex("1100 0501 0000004d") + bytes(16)
    assert show(ip6(44, first)) == f"IP6 {ENDS}frag (0|11) 40000 > 9999: UDP, length 52"
    assert show(ip6(44, later), verbose=1).endswith(f"{ENDS}frag (0x0000004d:1280|16)")


@pytest.mark.parametrize(("message", "text"), [
    ("3b00 0000 0000 0000", "BRR"),
    ("3b01 0100 0000 0000 0000000100000002", "HoTI Home Init Cookie=00000001:00000002"),
    ("3b01 0500 0000 0007 c0000003 01020000", "BU seq#=7 AH lifetime=12(padn)"),
    ("3b01 0600 0000 0580 00070003 01020000", "BA status=5 K seq#=7 lifetime=12(padn)"),
    (f"3b02 0700 0000 0100 {A}", "BE status=1 homeaddr 2001:db8::1"),
    ("3b00 0900 0000 0000", "type-#9 len=0"),
])  # fmt: skip
def test_mobility(show: Show, ip6: Build, message: str, text: str) -> None:
    assert show(ip6(135, bytes.fromhex(message)), verbose=1).endswith(f"{ENDS}mobility: {text}")


@pytest.mark.parametrize(("length", "text"), [
    (39, "IP6  [length 39 < 40] (invalid)"),
    (44, f"IP6 [header+payload length 48 > length 44] (invalid) {ENDS}no next header"),
])  # fmt: skip
def test_lengths(show: Show, ip6: Build, length: int, text: str) -> None:
    assert show(ip6(59, bytes(8))[:length]) == text


def test_cut_off_at_every_length(show: Show, ip6: Build) -> None:
    packet = ip6(43, bytes.fromhex(f"3b04 0401 01000007 {A}{B}"))
    texts = [show(packet, captured) for captured in range(1, len(packet) + 1)]
    assert texts[:40] == ["IP6  [|ip6]"] * 39 + [f"IP6 {ENDS} [|ip6]"]
    assert all("[|rt6]" in text for text in texts[40:-1])
