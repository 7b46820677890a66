"""The option of Multipath TCP, every subtype."""

from collections.abc import Callable

import pytest

Build = Callable[..., bytes]
Show = Callable[..., str]
KEY, OTHER = "0123456789abcdef", "00000000000000ff"
SYN, SYN_ACK, ACK = 0x02, 0x12, 0x10


@pytest.mark.parametrize(("flags", "option", "text"), [
    (SYN, "1e04 0101", "mptcp 4 capable v1 flags [H]"),
    (SYN, "1e0c 0081" + KEY, "mptcp 12 capable v0 flags [AH] csum {0x123456789abcdef}"),
    (ACK, "1e14 0101" + KEY + OTHER, "mptcp 20 capable v1 flags [H] {0x123456789abcdef,0xff}"),
    (ACK, "1e16 0100" + KEY + OTHER + "2000",
     "mptcp 22 capable v1 flags [none] {0x123456789abcdef,0xff,data_len=8192}"),
    (SYN, "1e04 0201", "mptcp 4 capable Unknown Version (2)"),
    (SYN, "1e0c 1101 0000000a 0000000b", "mptcp 12 join backup id 1 token 0xa nonce 0xb"),
    (SYN_ACK, "1e10 1001" + KEY + "0000000b", "mptcp 16 join id 1 hmac 0x123456789abcdef nonce 0xb"),
    (ACK, "1e18 1000" + "ab" * 20, "mptcp 24 join hmac 0x" + "ab" * 20),
    (ACK, "1e08 2001 00000007", "mptcp 8 dss ack 7"),
    (ACK, "1e0c 2003 0000000100000000", "mptcp 12 dss ack 4294967296"),
    (ACK, "1e14 2015 00000007 00000008 00000009 0001 0abc", "mptcp 20 dss fin ack 7 seq 8 subseq 9 len 1 csum 0xabc"),
    (ACK, "1e08 3402 0a010202", "mptcp 8 add-addr v0-ip4 id 2 10.1.2.2"),
    (ACK, "1e12 3002 0a010202 1f90" + KEY, "mptcp 18 add-addr v1 id 2 10.1.2.2:8080 hmac 0x123456789abcdef"),
    (ACK, "1e16 3102" + "20010db8" + "00" * 11 + "01" + "1f90", "mptcp 22 add-addr v1-echo id 2 2001:db8::1:8080"),
    (ACK, "1e05 400102", "mptcp 5 rem-addr id 1 2"),
    (ACK, "1e03 51", "mptcp 3 prio backup"),
    (ACK, "1e04 5007", "mptcp 4 prio non-backup id 7"),
    (ACK, "1e0c 6000" + OTHER, "mptcp 12 fail seq 255"),
    (ACK, "1e0c 7000" + KEY, "mptcp 12 fast-close key 0x123456789abcdef"),
    (ACK, "1e04 8101", "mptcp 4 tcprst flags [T] reason MPTCP-specific error"),
    (ACK, "1e04 8906", "mptcp 4 tcprst flags [UT] reason Middlebox interference"),
    (ACK, "1e04 9000", "mptcp 4 unknown"),
])  # fmt: skip
def test_subtypes(show: Show, ip4: Build, tcp: Build, flags: int, option: str, text: str) -> None:
    data = bytes.fromhex(option)
    padding = "" if len(data) % 4 == 0 else ",eol"
    assert show(ip4(6, tcp(flags, options=data))).endswith(f", options [{text}{padding}], length 0")


@pytest.mark.parametrize(("flags", "option", "text"), [
    (ACK, "1e04 0101", "mptcp 4 capable"),
    (SYN, "1e14 0101" + KEY + OTHER, "mptcp 20 capable"),
    (ACK, "1e0c 1101 0000000a 0000000b", "mptcp 12 join"),
    (SYN, "1e08 2001 00000007", "mptcp 8 dss"),
    (ACK, "1e08 2003 00000007", "mptcp 8 dss ack "),
    (ACK, "1e0c 2001 00000007 00000000", "mptcp 12 dss ack 7"),
    (ACK, "1e0c 3002 0a010202 00000000", "mptcp 12 add-addr"),
    (ACK, "1e08 6000 00000000", "mptcp 8 fail"),
    (ACK, "1e02 0101", "mptcp"),
])  # fmt: skip
def test_wrong_lengths(show: Show, ip4: Build, tcp: Build, flags: int, option: str, text: str) -> None:
    assert show(ip4(6, tcp(flags, options=bytes.fromhex(option)))).endswith(f"options [{text}[bad opt]")
