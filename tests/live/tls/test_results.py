"""Programs that are probed go on as before, connection after connection, and not a key of them is missing."""

import sys
from pathlib import Path

import pytest
import tlstalk
from tlsmemory import make_certificate

from tests.live.harness import capturing, needs_privileges
from tests.live.tls.programs import lines, talking

pytestmark = needs_privileges
HERE = Path(tlstalk.__file__)
PROGRAMS = {
    "openssl": (sys.executable, str(HERE), "openssl"), "pyopenssl": (sys.executable, str(HERE), "pyopenssl"),
    "gnutls": (sys.executable, str(HERE), "gnutls"), "node": ("node", str(HERE.with_suffix(".js"))),
    "boringssl": (sys.executable, str(HERE), "boringssl"),
}
COUNT = {"boringssl": 20, "node": 20}


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_connections_of_a_library(tmp_path: Path, name: str) -> None:
    """Both ends are in one process; most of these never get to a network. benchmarks.tls does the same 10,000 times."""
    make_certificate(tmp_path / "key.pem")
    (tmp_path / "key.crt").rename(tmp_path / "certificate.pem")
    count, ours = COUNT.get(name, 100), tmp_path / "ours"
    *prefix, last = PROGRAMS[name]
    with (talking(last, tmp_path, str(count), prefix=tuple(prefix)) as talk,
          capturing(tmp_path, "-i", "lo", "-w", tmp_path / "x.pcapng", "--write-keylog-file", ours, "--pid",
                    str(talk.process.pid), "--tls-keys", "boringssl" if name == "boringssl" else "auto") as capture):
        talk.talk()
    truth = sorted(set(lines(tmp_path / "own.log")))       # GnuTLS tells of both ends
    assert len(truth) == 5 * count
    assert lines(ours) == truth
    assert "lost" not in capture.stderr
