from collections.abc import Callable

import pytest

Show = Callable[..., str]

REQUEST = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n\x00\x01"


def test_http_request(tcp: Show) -> None:
    assert tcp(80, REQUEST) == ": HTTP: GET /a HTTP/1.1"
    assert tcp(8080, REQUEST, verbose=1) == ": HTTP, length: 30\n\tGET /a HTTP/1.1\n\tHost: x\n\t"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"HTTP/1.1 200 OK\r\n", ": HTTP: HTTP/1.1 200 OK"),
        (b"HTTP/1.1   404 No\n", ": HTTP: HTTP/1.1   404 No"),
        (b"HTTP/1.1 2000 OK\r\n", ": HTTP"),
        (b"get /\r\n", ": HTTP: get /"),
        (b"GETS /\r\n", ": HTTP"),
        (b"VERSION-CONTROL /\r\n", ": HTTP: VERSION-CONTROL /"),
        (b"GET /no/line/end", ": HTTP: GET /no/line/end"),
        (b"GET /\x1b[31m\r\n", ": HTTP"),
        (b"GET /a\rb\r\n", ": HTTP"),
        (b" leading blank\r\n", ": HTTP"),
        (b"A" * 200 + b" 200\r\n", ": HTTP"),
        (bytes(50), ": HTTP"),
    ],
)
def test_http_lines(tcp: Show, payload: bytes, text: str) -> None:
    assert tcp(80, payload) == text


def test_truncated(tcp: Show) -> None:
    assert tcp(80, REQUEST, 10) == ": HTTP [|http]"
    assert tcp(80, REQUEST, 20, verbose=1) == ": HTTP, length: 30\n\tGET /a HTTP/1.1 [|http]"


@pytest.mark.parametrize(
    ("port", "payload", "text"),
    [
        (21, b"USER a\r\n", ": FTP: USER a"),
        (25, b"220 mx ESMTP\r\n", ": SMTP: 220 mx ESMTP"),
        (43, b"example.com\r\n", ": WHOIS: example.com"),
        (554, b"OPTIONS * RTSP/1.0\r\n", ": RTSP: OPTIONS * RTSP/1.0"),
        (8554, b"body\r\n", ": RTSP"),
        (22, b"SSH-2.0-OpenSSH_9.2\r\n", ": SSH: SSH-2.0-OpenSSH_9.2"),
        (22, b"SSH-2.0-OpenSSH_9.2", ""),
        (22, b"\0\0\1\2 binary", ""),
    ],
)
def test_other_protocols(tcp: Show, port: int, payload: bytes, text: str) -> None:
    assert tcp(port, payload) == text


def test_sip(udp: Show) -> None:
    assert udp(5060, b"INVITE sip:a@b SIP/2.0\r\nVia: c\r\n") == "SIP: INVITE sip:a@b SIP/2.0"
    assert udp(5060, b"SIP/2.0 200 OK\r\n", verbose=1) == "SIP, length: 16\n\tSIP/2.0 200 OK"
    assert udp(5060, b"\r\n\r\n") == "SIP"
