"""Hellos made by OpenSSL, through Python's ssl module."""

import ssl
from collections.abc import Callable

import pytest

Show = Callable[..., str]


def client_hello(protocols: list[str], version: ssl.TLSVersion, host: str | None = "www.example.org") -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = version
    if protocols:
        context.set_alpn_protocols(protocols)
    outgoing = ssl.MemoryBIO()
    connection = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=host)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def server_hello(version: bytes, extensions: bytes) -> bytes:
    body = version + bytes(32) + b"\0" + b"\x13\x01\0" + len(extensions).to_bytes(2) + extensions
    message = b"\2" + len(body).to_bytes(3) + body
    return b"\x16\3\3" + len(message).to_bytes(2) + message


def test_client_hello(tcp: Show) -> None:
    modern = client_hello(["h2", "http/1.1"], ssl.TLSVersion.TLSv1_3)
    line = ": TLSv1.0: Client Hello (SNI=www.example.org) (ALPN=h2,http/1.1)"
    assert tcp(443, modern) == line
    assert tcp(8443, modern, verbose=1) == f"{line} (versions=TLSv1.3,TLSv1.2)"
    assert tcp(443, client_hello([], ssl.TLSVersion.TLSv1_2)) == ": TLSv1.0: Client Hello (SNI=www.example.org)"
    assert tcp(443, client_hello([], ssl.TLSVersion.TLSv1_2, None)) == ": TLSv1.0: Client Hello"


def test_server_hello(tcp: Show) -> None:
    chosen = b"\0\x2b\0\2\3\4"
    protocol = b"\0\x10\0\5\0\3\2h2"
    assert tcp(443, server_hello(b"\3\3", chosen)) == ": TLSv1.3: Server Hello"
    assert tcp(443, server_hello(b"\3\3", protocol)) == ": TLSv1.2: Server Hello (ALPN=h2)"


def test_names_are_escaped(tcp: Show) -> None:
    hello = client_hello([], ssl.TLSVersion.TLSv1_2).replace(b"www.example.org", b"www\x1b[31m\xff\n.orgs")
    assert "(SNI=www^[[31mM-^?^J.orgs)" in tcp(443, hello)


def test_what_is_no_hello_is_not_shown(tcp: Show) -> None:
    assert tcp(443, b"\x17\3\3\0\5hello") == ""
    assert tcp(443, b"\x16\3\3\0\x28" + bytes(range(1, 41))) == ""
    assert tcp(443, b"\x16\3\3") == ""


def test_any_cut_is_survived(tcp: Show) -> None:
    hello = client_hello(["h2"], ssl.TLSVersion.TLSv1_3)
    texts = {tcp(443, hello[:n]) for n in range(len(hello))}
    assert "" in texts
    assert all("[|" not in text for text in texts)
