"""Libraries that keep the client's random elsewhere than their code says: what is on the wire tells."""

import subprocess
import sys
from pathlib import Path

import pytest
from elves import LOGGING_LIBRARY

from tests.live.harness import LIMIT, capturing, needs_privileges, run
from tests.live.tls.programs import lines

pytestmark = needs_privileges
RANDOM = bytes(range(32))

# A process that sends a Client Hello, and then hands a secret to the library's function with a random of its own
CODE = """
import ctypes, socket
library = ctypes.CDLL(PATH)
server = socket.create_server(("127.0.0.1", 0))
with socket.create_connection(server.getsockname()) as client:
    hello = b"\\3\\3" + bytes(range(32)) + b"\\0\\0\\2\\x13\\1\\1\\0"
    hello = b"\\1" + len(hello).to_bytes(3) + hello
    client.sendall(b"\\x16\\3\\1" + len(hello).to_bytes(2) + hello)
    server.accept()[0].recv(99)
library.only_one(ctypes.c_char_p(bytes(0x160) + bytes(WHERE) + bytes(range(32)) + bytes(64)))
"""


@pytest.mark.parametrize("where", [0, 8])
def test_randoms_that_no_hello_has(tmp_path: Path, where: int) -> None:
    """Where they are as the code says, the secret is there; else it is not, and that is said."""
    (tmp_path / "x.c").write_text(LOGGING_LIBRARY)
    library, ours = tmp_path / "libssl.so.3", tmp_path / "ours"
    run("cc", "-shared", "-fPIC", "-O1", "-o", library, tmp_path / "x.c")
    code = CODE.replace("PATH", repr(str(library))).replace("WHERE", str(where))
    # a process that has the library already, so that it is certain to be probed
    wait = f"import ctypes, sys; ctypes.CDLL({str(library)!r}); print('ready', flush=True); sys.stdin.readline()"
    process = subprocess.Popen([sys.executable, "-c", wait + code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        with capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", ours,
                       "--pid", str(process.pid)) as capture:
            process.communicate("\n", timeout=LIMIT)
    finally:
        process.kill()
    said = f"TLS keys of {library} are not taken: it keeps the client's random elsewhere"
    assert capture.stderr.count(said) == (where > 0), capture.stderr
    assert [line.split()[:2] for line in lines(ours)] == ([] if where else [["CLIENT_RANDOM", RANDOM.hex()]])
