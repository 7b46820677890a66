"""A program that makes TLS connections with itself by one library, and writes down their keys: both ends are probed.

tlstalk.py LIBRARY FOLDER COUNT: prints "ready", waits for a line, makes so many connections of TLS 1.3, prints "done",
and ends with its standard input. FOLDER has certificate.pem and key.pem; own.log in it gets the secrets as the
library itself tells them. LIBRARY: openssl (that of the system, by Python's ssl), pyopenssl (linked into a package,
with symbols), boringssl (curl_cffi's as the client of a server by Python's ssl, whose key log it is), gnutls.
The same for Node.js is tlstalk.js.
"""

import contextlib
import ctypes
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path

MESSAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


def server_context(folder: Path) -> ssl.SSLContext:
    """One that writes its keys down."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    context.keylog_filename = str(folder / "own.log")
    return context


def shake_hands(ends: list[object], not_yet: type[Exception], carry: Callable[[int], None]) -> None:
    """Go on in turn until both ends are through; carry(number): bring what an end has written to the other."""
    waiting = [True, True]
    while any(waiting):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                waiting[number] = False
            except not_yet:
                pass
            carry(number)


def openssl(folder: Path) -> Callable[[int], None]:
    """Without a network: nothing but handshakes takes time."""
    server, client = server_context(folder), ssl._create_unverified_context()

    def talk(_: int) -> None:
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        ends = [client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)]
        shake_hands(ends, ssl.SSLWantReadError, lambda _: None)
        ends[0].write(MESSAGE)
        assert ends[1].read() == MESSAGE

    return talk


def pyopenssl(folder: Path) -> Callable[[int], None]:
    """Without a network, too."""
    from OpenSSL import SSL

    contexts = [SSL.Context(SSL.TLS_METHOD) for _ in range(2)]
    contexts[1].use_certificate_file(str(folder / "certificate.pem"))
    contexts[1].use_privatekey_file(str(folder / "key.pem"))
    log = (folder / "own.log").open("wb", buffering=0)
    contexts[1].set_keylog_callback(lambda _, line: log.write(line + b"\n"))

    def talk(_: int) -> None:
        client, server = ends = [SSL.Connection(context, None) for context in contexts]
        client.set_connect_state()
        server.set_accept_state()

        def carry(number: int) -> None:
            with contextlib.suppress(SSL.WantReadError):        # that it has nothing to say
                ends[1 - number].bio_write(ends[number].bio_read(1 << 16))

        shake_hands(ends, SSL.WantReadError, carry)

    return talk


def boringssl(folder: Path) -> Callable[[int], None]:
    """The other end is OpenSSL's, whose keys aren't asked for."""
    from curl_cffi import requests

    context, listener = server_context(folder), socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                connection.recv(4096)
                connection.sendall(ANSWER)

    threading.Thread(target=serve, daemon=True).start()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}/"

    def talk(_: int) -> None:
        with requests.Session(verify=False) as session:
            assert session.get(url).status_code == 204

    return talk


def gnutls(folder: Path) -> Callable[[int], None]:
    """Two threads with a socket between them; the library writes what SSLKEYLOGFILE says as it is loaded."""
    os.environ["SSLKEYLOGFILE"] = str(folder / "own.log")
    library = ctypes.CDLL("libgnutls.so.30")
    certificates, flags = 1, {"server": 1, "client": 2}

    def credentials() -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        assert library.gnutls_certificate_allocate_credentials(ctypes.byref(made)) == 0
        return made

    ours, nobodys = credentials(), credentials()
    files = [str(folder / name).encode() for name in ("certificate.pem", "key.pem")]
    assert library.gnutls_certificate_set_x509_key_file(ours, *files, 1) == 0

    def end(role: str, descriptor: int) -> None:
        session = ctypes.c_void_p()
        assert library.gnutls_init(ctypes.byref(session), flags[role]) == 0
        assert library.gnutls_set_default_priority(session) == 0
        assert library.gnutls_credentials_set(session, certificates, ours if role == "server" else nobodys) == 0
        library.gnutls_transport_set_int2(session, descriptor, descriptor)
        assert library.gnutls_handshake(session) == 0
        library.gnutls_deinit(session)

    def talk(_: int) -> None:
        one, other = socket.socketpair()
        with one, other:
            server = threading.Thread(target=end, args=("server", other.fileno()))
            server.start()
            end("client", one.fileno())
            server.join()

    return talk


def main(library: str, folder: Path, count: int) -> None:
    talk = {"openssl": openssl, "pyopenssl": pyopenssl, "boringssl": boringssl, "gnutls": gnutls}[library](folder)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        talk(number)
    print("done", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
