from collections.abc import Callable

import pytest

Show = Callable[..., str]


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"+OK\r\n", ' "OK"'),
        (b":12\r\n-ERR x\r\n", ' "12" "ERR x"'),
        (b"*2\r\n$3\r\nfoo\r\n$-1\r\n", ' "foo" null'),
        (b"*1\r\n*1\r\n*2\r\n+a\r\n+b\r\n", ' "a" "b"'),
        (b"*3\r\n$3\r\nfoo\r\n", ' "foo" [|resp]'),
        (b"*" + b"1\r\n*" * 9000 + b"0\r\n", " empty"),
        (b"*-1\r\n*0\r\n$0\r\n\r\n", " null empty empty"),
        (b"$5\r\nabc", " [|resp]"),
        (b"$-5\r\n", " length negative and not -1"),
        (b"$99999999999\r\n", " length too large"),
        (b"$x\r\n", " invalid [|resp]"),
        (b"$3\r\nab\x1bXX\r\n+y\r\n", ' "ab^[" "y"'),
        (b"PING\r\n\r\nGET x\n", ' "PING" "GET x"'),
        (b"PING", " [|resp]"),
    ],
)
def test_resp(tcp: Show, payload: bytes, text: str) -> None:
    assert tcp(6379, payload) == f": RESP{text}"
    assert tcp(7000, payload, force="resp") == f": RESP{text}"
