"""--decrypt while capturing: by keys of probes, and by a key log that grows."""

import json
import re
import subprocess
from pathlib import Path

from toolchains import VERSIONS, program

from tests.live.harness import COMMAND, capturing, needs_privileges, run
from tests.live.tls.programs import lines
from tests.live.tls.test_libraries import peer

pytestmark = needs_privileges
CURL = "curl", "-sk", "--http1.1", "-o", "/dev/null"


def shown(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


def test_by_probes(tmp_path: Path) -> None:
    """A command's HTTP, under the packet that completed it; no secret is written anywhere."""
    with peer(tmp_path / "peer", "1.3") as (port, _):
        done = run(*COMMAND, "-n", "-i", "lo", "--decrypt", "--", *CURL, f"https://127.0.0.1:{port}/some/path",
                   stdin=subprocess.DEVNULL, cwd=tmp_path)
    told = [line for line in shown(done.stdout) if line.startswith("HTTP")]
    assert told[0] == f"HTTP: GET https://127.0.0.1:{port}/some/path"
    assert re.match(r"HTTP: 200 .*ms after the request$", told[1])
    before = done.stdout[:done.stdout.index(told[0])].splitlines()[-2]
    assert f"> 127.0.0.1.{port}: Flags [P.]" in before and " curl." in before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["peer"]


def test_many_connections(tmp_path: Path) -> None:
    """All open at one time: no key and no message is missing, and nothing fails in the program."""
    own, ours, count = tmp_path / "own", tmp_path / "ours", 1000
    done = run(*COMMAND, "-n", "-i", "lo", "-B", "65536", "--decrypt", "--write-keylog-file", ours, "--",
               program(VERSIONS[0], "stripped"), own, "1.3", str(count), "at-once", stdin=subprocess.DEVNULL)
    assert "done" in done.stdout
    assert lines(ours) == lines(own)
    assert len(lines(own)) == 4 * count
    told = [line for line in shown(done.stdout) if line.startswith("TLS")]
    assert len(told) == 2 * count
    assert all(line.endswith("bytes of data") for line in told), told


def test_without_privileges_afterwards(tmp_path: Path) -> None:
    """-Z: keys come as before; as JSON."""
    with peer(tmp_path / "peer", "1.3") as (port, _):
        done = run(*COMMAND, "-Z", "nobody", "-i", "lo", "--decrypt", "--json", "--http-path", "/some/*", "--", *CURL,
                   f"https://127.0.0.1:{port}/some/path", stdin=subprocess.DEVNULL)
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [row["url"] for row in told] == 2 * [{"original": "/some/path", "domain": "127.0.0.1"}]
    assert [row["http"]["request"]["method"] for row in told] == ["GET", "GET"]
    assert told[1]["http"]["response"]["status_code"] == 200
    assert told[0]["process"]["name"] == "curl"


def test_by_a_key_log_that_grows(tmp_path: Path) -> None:
    """Keys that only the other end writes down, after its packets; nobody is probed. At the end all has come out."""
    with peer(tmp_path / "peer", "1.2") as (port, _):
        with capturing(tmp_path, "-n", "-i", "lo", "--decrypt", "--tls-keys", "off", "--keylog-file",
                       tmp_path / "peer/keys.log", f"port {port}") as capture:
            run(*CURL, f"https://127.0.0.1:{port}/")
        assert f"HTTP: GET https://127.0.0.1:{port}/" in shown(capture.stdout)
