"""TLS conversations without a network, by Python's ssl: what both ends send, and the key log of the server."""

import ssl
import subprocess
import warnings
from pathlib import Path

CLIENT, SERVER = 0, 1
_NO_ENCRYPT_THEN_MAC = 1 << 19      # SSL_OP_NO_ENCRYPT_THEN_MAC, which Python has no name for
Flights = list[tuple[int, bytes]]


def make_certificate(path: Path) -> None:
    """A key and a certificate in one file."""
    certificate = path.with_suffix(".crt")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", path, "-out", certificate, "-subj", "/CN=x"], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + certificate.read_bytes())


def converse(certificate: Path, log: Path, suite: str, messages: Flights, *,
             version: ssl.TLSVersion | None = None, mac_first: bool = False, curve: str = "",
             protocols: tuple[str, ...] = (), resumed: bool = False) -> Flights:
    """What both ends send, in order, while they say these messages to each other.

    suite: of TLS 1.2 or, with a version, earlier; or "1.3". mac_first: without encrypt-then-MAC. curve: the only one
    that the server takes, another one than the client has made a share for. protocols: of ALPN. resumed: in a second
    connection that goes on with the session of a first one.
    """
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    server.load_cert_chain(certificate)
    if suite != "1.3":
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        for context in (client, server):
            context.set_ciphers(f"{suite}:@SECLEVEL=0")
    for context in (client, server):
        if version is not None:
            with warnings.catch_warnings():        # that it is old
                warnings.simplefilter("ignore")
                context.minimum_version = context.maximum_version = version
        if mac_first:
            context.options |= _NO_ENCRYPT_THEN_MAC
        if protocols:
            context.set_alpn_protocols(protocols)
    if curve:
        server.set_ecdh_curve(curve)
    server.keylog_filename = str(log)
    session = None
    if resumed:
        _, session = _speak(client, server, [(CLIENT, b"first"), (SERVER, b"first")], None)
    return _speak(client, server, messages, session)[0]


def _speak(client: ssl.SSLContext, server: ssl.SSLContext, messages: Flights, session: ssl.SSLSession | None,
           ) -> tuple[Flights, ssl.SSLSession]:
    received, written = [[ssl.MemoryBIO(), ssl.MemoryBIO()] for _ in range(2)]
    ends = [client.wrap_bio(received[CLIENT], written[CLIENT], server_side=False, session=session),
            server.wrap_bio(received[SERVER], written[SERVER], server_side=True)]
    sent: Flights = []

    def pump() -> None:
        """Let what an end has written be read by the other, and keep it."""
        for direction in (CLIENT, SERVER):
            if written[direction].pending:
                data = written[direction].read()
                sent.append((direction, data))
                received[1 - direction].write(data)

    finished = [False, False]
    while not all(finished):
        for end in (CLIENT, SERVER):
            try:
                ends[end].do_handshake()
                finished[end] = True
            except ssl.SSLWantReadError:
                pass
            pump()
    for direction, message in messages:
        ends[direction].write(message)
        pump()
        left = len(message)
        while left:
            left -= len(ends[1 - direction].read(1 << 16))
    return sent, ends[CLIENT].session
