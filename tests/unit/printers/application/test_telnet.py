from collections.abc import Callable

import pytest

Show = Callable[..., str]


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("fffd03", " [telnet DO SUPPRESS GO AHEAD]"),
        ("fffd03 fffb18 6869", " [telnet DO SUPPRESS GO AHEAD, WILL TERMINAL TYPE]"),
        ("fffa1800 7874 fff0", " [telnet SB TERMINAL TYPE IS 0x78 0x74 SE]"),
        ("fffa2501 02 03 fff0", " [telnet SB AUTHENTICATION SEND KERBEROS_V5 0x3 SE]"),
        ("fffa2600 05 fff0", " [telnet SB ENCRYPT IS 0x5 SE]"),
        ("fffa63 fff0", " [telnet SB 0x63 SE]"),
        ("fff4 fff2", " [telnet IP, DMARK]"),
        ("ffff", " [telnet IAC IAC]"),
        ("ff01", ""),
        ("fffa180078", ""),
        ("fffa18", " [|telnet]"),
        ("6869", ""),
    ],
)
def test_commands(tcp: Show, payload: str, text: str) -> None:
    assert tcp(23, bytes.fromhex(payload)) == text


def test_truncated(tcp: Show) -> None:
    assert tcp(23, bytes.fromhex("fffd03fffb18"), 4) == " [telnet DO SUPPRESS GO AHEAD [|telnet]"
