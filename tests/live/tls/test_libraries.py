"""TLS keys of programs with OpenSSL, BoringSSL and GnuTLS: what the key log of their peer has."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tlspeer

from tests.live.harness import COMMAND, LIMIT, capturing, needs_privileges, run
from tests.live.tls.programs import lines

pytestmark = needs_privileges
LABELS = {"1.2": 1, "1.3": 5}       # secrets of one connection


@contextlib.contextmanager
def peer(folder: Path, version: str, *words: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A server; gives its port."""
    folder.mkdir()
    process = subprocess.Popen([sys.executable, tlspeer.__file__, folder, version, *words], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline()), process
    finally:
        process.communicate(timeout=LIMIT)


def each(clients: dict[str, object]) -> pytest.MarkDecorator:
    """A test with each client; by `make test TLS_MATRIX=1` each with both versions of TLS, else with one of them."""
    pairs = [(name, version) for name in clients for version in LABELS]
    return pytest.mark.parametrize(("name", "version"), pairs if "TLS_MATRIX" in os.environ else [
        (name, ("1.2", "1.3")[number % 2]) for number, name in enumerate(clients)])


COMMANDS = {
    "python": [sys.executable, "-c", "import ssl, socket; c = ssl._create_unverified_context(); "
               "s = c.wrap_socket(socket.create_connection(('127.0.0.1', PORT))); "
               "s.send(b'GET / HTTP/1.1\\r\\n\\r\\n'); s.recv(99)"],
    "curl": ["curl", "-sk", "https://127.0.0.1:PORT/"],
    "openssl": ["openssl", "s_client", "-connect", "127.0.0.1:PORT"],
    "gnutls": ["gnutls-cli", "--insecure", "-p", "PORT", "127.0.0.1"],
    "node": ["node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = 0; "
             "require('https').get('https://127.0.0.1:PORT')"],
}


@each(COMMANDS)
def test_commands(tmp_path: Path, name: str, version: str) -> None:
    """Libraries of the system, from the first connection of a command on."""
    with peer(tmp_path / "peer", version) as (port, _):
        words = [word.replace("PORT", str(port)) for word in COMMANDS[name]]
        run(*COMMAND, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", tmp_path / "ours", "--", *words,
            stdin=subprocess.DEVNULL, check=False)
        truth = lines(tmp_path / "peer/keys.log")
        assert len(truth) == LABELS[version]
        assert lines(tmp_path / "ours") == truth


WAIT = "print('ready', flush=True); input(); "
PACKAGES = {
    # BoringSSL in a package of curl
    "curl_cffi": "from curl_cffi import requests; " + WAIT +
                 "requests.get('https://127.0.0.1:PORT/', verify=False, impersonate='chrome')",
    # BoringSSL without symbols
    "grpc": "import grpc; cert = open('CERT', 'rb').read(); " + WAIT +
            "c = grpc.secure_channel('localhost:PORT', grpc.ssl_channel_credentials(cert)); "
            "f = grpc.channel_ready_future(c)\ntry: f.result(timeout=2)\nexcept Exception: pass\nc.close()",
    # OpenSSL in a package of Python's cryptography
    "pyopenssl": "import socket; from OpenSSL import SSL; " + WAIT +
                 "c = SSL.Connection(SSL.Context(SSL.TLS_METHOD), socket.create_connection(('127.0.0.1', PORT))); "
                 "c.set_connect_state(); c.do_handshake(); c.send(b'GET / HTTP/1.1\\r\\n\\r\\n'); c.recv(99)",
}


@contextlib.contextmanager
def client(name: str, port: int, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A Python program that has loaded a package and waits."""
    code = PACKAGES[name].replace("PORT", str(port)).replace("CERT", str(folder / "certificate.pem"))
    environment = {**os.environ, "GRPC_SSL_CIPHER_SUITES": "HIGH+ECDSA"}
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        yield process
    finally:
        process.kill()
        process.communicate(timeout=LIMIT)


@each(PACKAGES)
def test_packages(tmp_path: Path, name: str, version: str) -> None:
    """Libraries that are linked into others, in a process that runs already."""
    ours, folder = tmp_path / "ours", tmp_path / "peer"
    with peer(folder, version, *(["h2"] if name == "grpc" else [])) as (port, _), client(name, port, folder) as process:
        with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", ours,
                       "--pid", str(process.pid)):
            process.communicate("\n", timeout=LIMIT)
        keys = {line.split()[1]: line for line in lines(ours)}
        truth = [line for line in lines(folder / "keys.log") if line.split()[1] in keys]    # grpc tries again and again
        assert len(truth) >= LABELS[version]
        assert lines(ours) == truth


@pytest.mark.parametrize("version", LABELS)
def test_server(tmp_path: Path, version: str) -> None:
    """A server that ran before us; the keys of its clients are not wanted."""
    ours = tmp_path / "ours"
    with peer(tmp_path / "peer", version) as (port, server):
        with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", ours,
                       "--pid", str(server.pid)):
            for _ in range(3):
                run("curl", "-sk", f"https://127.0.0.1:{port}/")
        assert len(lines(ours)) == 3 * LABELS[version]
        assert lines(ours) == lines(tmp_path / "peer/keys.log")


def test_kinds(tmp_path: Path) -> None:
    with peer(tmp_path / "peer", "1.3") as (port, _):
        for kinds, expected in (("go,gnutls", 0), ("openssl", 5)):
            (tmp_path / "ours").unlink(missing_ok=True)
            run(*COMMAND, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", tmp_path / "ours",
                "--tls-keys", kinds, "--", "curl", "-sk", f"https://127.0.0.1:{port}/")
            assert len(lines(tmp_path / "ours")) == expected


def test_foreign_library_of_the_same_name(tmp_path: Path) -> None:
    """What is called libssl.so.3, has the texts of one, and is none, is not probed, and that is said."""
    library = tmp_path / "libssl.so.3"
    source = tmp_path / "libssl.c"
    source.write_text("""
        static void say(void *where, const char *label) { *(volatile char *)where = *label; }
        void one(void *where) { say(where, "CLIENT_RANDOM"); }
        const char *const unused[] = {"EXPORTER_SECRET", "EARLY_EXPORTER_SECRET"};
    """)
    run("cc", "-shared", "-fPIC", "-O1", "-fno-inline", "-o", library, source)
    code = f"import ctypes; ctypes.CDLL('{library}'); print('ready', flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", tmp_path / "ours",
                       "--pid", str(process.pid)) as capture:
            pass
        assert f"TLS keys of {library} are not taken: " in capture.stderr
        assert capture.stderr.count(str(library)) == 1
    finally:
        process.communicate("\n", timeout=LIMIT)
    assert process.returncode == 0
