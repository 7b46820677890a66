"""TCP: flags, numbers, options, checksums, resets."""

from collections.abc import Callable

import pytest

Build = Callable[..., bytes]
Show = Callable[..., str]
START = "IP 10.0.0.1.40000 > 10.0.0.2.9999: "
BACK = {"source": "10.0.0.2", "target": "10.0.0.1"}


@pytest.mark.parametrize(("flags", "text"), [
    (0, "none"), (0x02, "S"), (0x12, "S."), (0x11, "F."), (0x18, "P."), (0x14, "R."), (0x30, ".U"), (0x1C2, "SEWe"),
    (0x1FF, "FSRP.UEWe"),
])  # fmt: skip
def test_flags(show: Show, ip4: Build, tcp: Build, flags: int, text: str) -> None:
    assert show(ip4(6, tcp(flags))).startswith(f"{START}Flags [{text}], ")


def test_relative_numbers_from_a_handshake(show: Show, ip4: Build, tcp: Build) -> None:
    back = (9999, 40000)
    lines = [
        show(ip4(6, tcp(0x02, seq=100, ack=0))),
        show(ip4(6, tcp(0x12, seq=900, ack=101, ports=back), **BACK)),
        show(ip4(6, tcp(0x10, seq=101, ack=901))),
        show(ip4(6, tcp(0x18, seq=101, ack=901, payload=b"hello"))),
        show(ip4(6, tcp(0x10, seq=901, ack=106, ports=back), **BACK)),
        show(ip4(6, tcp(0x11, seq=106, ack=901))),
        show(ip4(6, tcp(0x04, seq=107, ack=0))),
    ]
    assert [line.partition(": ")[2] for line in lines] == [
        "Flags [S], seq 100, win 500, length 0",
        "Flags [S.], seq 900, ack 101, win 500, length 0",
        "Flags [.], ack 1, win 500, length 0",
        "Flags [P.], seq 1:6, ack 1, win 500, length 5",
        "Flags [.], ack 6, win 500, length 0",
        "Flags [F.], seq 6, ack 1, win 500, length 0",
        "Flags [R], seq 107, win 500, length 0",
    ]


def test_a_capture_that_starts_in_the_middle(show: Show, ip4: Build, tcp: Build) -> None:
    first, second = tcp(0x18, seq=5000, ack=7000, payload=b"ab"), tcp(0x18, seq=5002, ack=7004, payload=b"ab")
    assert "seq 5000:5002, ack 7000," in show(ip4(6, first))
    assert "seq 2:4, ack 5," in show(ip4(6, second))
    assert "seq 4294967295:0, ack 0," in show(ip4(6, tcp(0x18, seq=4999, ack=6999, payload=b"a")))
    assert "seq 5002:5004, ack 7004," in show(ip4(6, second), absolute_seq=True)


def test_the_table_of_connections_is_bounded(show: Show, ip4: Build, tcp: Build) -> None:
    """More connections than the table holds: those just seen are remembered, the first ones are gone."""
    for i in range(70000):
        show(ip4(6, tcp(seq=5000, ports=(i // 60000 + 1, 1000 + i % 60000))))
    assert "seq 0:1," in show(ip4(6, tcp(seq=5000, payload=b"a", ports=(2, 10999))))
    assert "seq 5000:5001," in show(ip4(6, tcp(seq=5000, payload=b"a", ports=(1, 1000))))


@pytest.mark.parametrize(("options", "text"), [
    ("020405b4 0402 080a0000000100000002 01 030307", "mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7"),
    ("0101 080a0000000100000002", "nop,nop,TS val 1 ecr 2"),
    ("0101 050a 0000000500000009", "nop,nop,sack 1 {4294965302:4294965306}"),
    ("0505000000", "sack invalid sack,eol"),
    ("060600000007", "echo 7,eol"),
    ("0b0600000007", "cc 7,eol"),
    ("1312" + "ab" * 16, "md5 shared secret not supplied with -M, can't check - " + "ab" * 16 + ",eol"),
    ("14048107", "scps cap 81 id 7"),
    ("1c048005", "uto 0x8005 983160"),
    ("1d080102 aabbccdd", "tcp-ao keyid 1 rnextkeyid 2 mac 0xaabbccdd"),
    ("1d03000000000000", "tcp-ao (invalid),eol"),
    ("2202 0101", "tfo  cookiereq,nop,nop"),
    ("220a 0102030405060708", "tfo  cookie 0102030405060708,eol"),
    ("2205 010203 00", "tfo  (invalid),eol"),
    ("fe04f989", "exp-tfo cookiereq"),
    ("fe08f98901020304", "exp-tfo cookie 01020304"),
    ("fe06acc00001", "exp-acc0,eol"),
    ("4d06 01020304", "unknown-77 0x01020304,eol"),
    ("0403 00 01", "sackOK[len 3],eol"),
])  # fmt: skip
def test_options(show: Show, ip4: Build, tcp: Build, options: str, text: str) -> None:
    assert show(ip4(6, tcp(options=bytes.fromhex(options)))) == (
        f"{START}Flags [.], ack 2000, win 500, options [{text}], length 0")


@pytest.mark.parametrize(("options", "text"), [
    ("02000000", "[bad opt]"),
    ("01020900", "nop,[bad opt]]"),
    ("0101 1402", "nop,nop,scps[bad opt]]"),
    ("fe030100", "exp[bad opt]"),
])  # fmt: skip
def test_broken_options_end_the_line(show: Show, ip4: Build, tcp: Build, options: str, text: str) -> None:
    assert show(ip4(6, tcp(options=bytes.fromhex(options)))).endswith(f", options [{text}")


@pytest.mark.parametrize(("offset", "text"), [
    (4, " tcp 8 [bad hdr length 16 - too short, < 20]"),
    (9, "Flags [.] [bad hdr length 36 - too long, > 24]"),
])  # fmt: skip
def test_data_offset(show: Show, ip4: Build, tcp: Build, offset: int, text: str) -> None:
    assert show(ip4(6, tcp(offset=offset, payload=b"abcd"))) == START + text


def test_checksums(show: Show, ip4: Build, tcp: Build) -> None:
    packet = bytearray(ip4(6, tcp()))
    assert ", cksum 0x0000 (incorrect -> 0xcad6), " in show(bytes(packet), verbose=1)
    packet[36:38] = b"\xca\xd6"
    assert ", cksum 0xcad6 (correct), " in show(bytes(packet), verbose=1)
    assert "cksum" not in show(bytes(packet), verbose=1, no_checksums=True)
    assert "cksum" not in show(ip4(6, tcp(payload=b"abc")), 42, verbose=1)


def test_notes_of_vv(show: Show, ip4: Build, tcp: Build) -> None:
    text = show(ip4(6, tcp(0x02, urgent=7)), verbose=2)
    assert ", seq 1000, [ack 2000 != 0 while ACK flag not set], win 500, [urg 7 != 0 while URG flag not set], " in text
    assert ", win 500, urg 7, " in show(ip4(6, tcp(0x30, urgent=7)))


def test_quiet(show: Show, ip4: Build, tcp: Build) -> None:
    assert show(ip4(6, tcp(payload=b"abc")), quiet=True) == f"{START}tcp 3"


def test_resets_tell_their_reason(show: Show, ip4: Build, tcp: Build) -> None:
    coded = ip4(6, tcp(0x14, payload=bytes.fromhex("33aa000900000000")))
    vendor = ip4(6, tcp(0x14, payload=bytes.fromhex("33aa000900007ed9")))
    told = ip4(6, tcp(0x14, payload=b"go away\x1b"))
    assert show(coded).endswith(", length 8")
    assert show(coded, verbose=1).endswith(", length 8 [RST: code 9, pen 0]")
    assert show(coded, verbose=2).endswith(", length 8 [RST: Not Authorized]")
    assert show(vendor, verbose=2).endswith(", length 8 [RST: code 9, pen 32473]")
    assert show(told, verbose=1).endswith(", length 8 [RST go away^[]")
    assert show(ip4(6, tcp(0x14, payload=b"x" * 40)), verbose=1).endswith(f" [RST+ {'x' * 30}]")
    assert show(told, 45).endswith(", length 8 [|tcp]")


def test_cut_off_at_every_length(show: Show, ip4: Build, tcp: Build) -> None:
    packet = ip4(6, tcp(options=bytes.fromhex("0101080a0000000100000002"), payload=b"abc"))
    texts = [show(packet, captured) for captured in range(20, len(packet) + 1)]
    assert texts[:4] == ["IP 10.0.0.1 > 10.0.0.2: [|tcp]"] * 4
    assert texts[4:20] == [f"{START} [|tcp]"] * 16
    assert all(text.endswith(" [|tcp]") for text in texts[20:32])
    assert texts[32].endswith(", options [nop,nop,TS val 1 ecr 2], length 3")
