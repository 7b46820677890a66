"""The other end of TLS connections, with Python's ssl module: a program whose own key log is the truth.

tlspeer.py FOLDER VERSION: writes key.pem, certificate.pem and keys.log in FOLDER, prints its port, and answers each
request of HTTP/1.1 with "ok" until its standard input ends. VERSION is the only version of TLS that it speaks. Words
behind it: h2, to offer HTTP/2; p384, to agree upon keys by that curve alone, which clients don't try at first.
"""

import contextlib
import socketserver
import ssl
import subprocess
import sys
import threading
from pathlib import Path


class Answer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with (contextlib.suppress(OSError),     # some clients only shake hands
              self.server.context.wrap_socket(self.request, server_side=True) as connection):
            data = b""
            while b"\r\n\r\n" not in data and (more := connection.recv(4096)):
                data += more
            if data.startswith(b"GET "):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


def main(folder: Path, version: str) -> None:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.keylog_filename = str(folder / "keys.log")
    context.set_alpn_protocols(["h2", "http/1.1"] if "h2" in sys.argv else ["http/1.1"])
    if "p384" in sys.argv:
        context.set_ecdh_curve("secp384r1")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[f"TLSv{version.replace('.', '_')}"]
    with Server(("127.0.0.1", 0), Answer) as server:
        server.context = context
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
