"""OpenSSL 3 whose function for key logs can't be told: by what it derives its secrets from."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.harness import LIMIT, capturing, needs_privileges
from tests.live.tls.programs import lines
from tests.live.tls.test_libraries import LABELS, peer

pytestmark = needs_privileges


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a libssl without tables of functions and of sections: it works, and can't be located."""
    data = bytearray(next(Path("/usr/lib").glob("*/libssl.so.3")).read_bytes())
    table, size, count = int.from_bytes(data[32:40], "little"), *struct.unpack_from("<HH", data, 54)
    for at in range(table, table + size * count, size):
        if data[at:at + 4] == struct.pack("<I", 0x6474E550):
            data[at:at + 4] = bytes(4)
    data[40:48], data[58:64] = bytes(8), bytes(6)       # e_shoff; e_shentsize, e_shnum, e_shstrndx
    folder = tmp_path_factory.mktemp("library")
    (folder / "libssl.so.3").write_bytes(data)
    return folder


CLIENT = """
import socket, ssl, sys
context = ssl._create_unverified_context()
print("ready", flush=True)
sys.stdin.readline()
for _ in range(2):
    with context.wrap_socket(socket.create_connection(("127.0.0.1", PORT))) as connection:
        connection.send(b"GET / HTTP/1.1\\r\\n\\r\\n")
        connection.recv(99)
"""


@pytest.mark.parametrize(("version", "more"), [("1.2", ()), ("1.3", ()), ("1.3", ("p384",))])
def test_as_the_peer_has_them(tmp_path: Path, library: Path, version: str, more: tuple[str, ...]) -> None:
    """Two connections, also with a HelloRetryRequest: every secret, and no other; nothing is said."""
    ours = tmp_path / "ours"
    with peer(tmp_path / "peer", version, *more) as (port, _):
        words = [sys.executable, "-c", CLIENT.replace("PORT", str(port))]
        client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env={**os.environ, "LD_LIBRARY_PATH": str(library)})
        try:
            assert client.stdout.readline() == "ready\n"
            with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", ours, "--pid",
                           str(client.pid)) as capture:
                client.communicate("\n", timeout=LIMIT)
        finally:
            client.kill()
        truth = lines(tmp_path / "peer/keys.log")
        assert len(truth) == 2 * LABELS[version]
        assert lines(ours) == truth
    assert "not taken" not in capture.stderr
