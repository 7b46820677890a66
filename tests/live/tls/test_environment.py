"""Keys that a command writes itself, to a private file that its environment names."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.live.harness import COMMAND, needs_privileges, run
from tests.live.tls.programs import lines
from tests.live.tls.test_libraries import peer

pytestmark = needs_privileges
# curl writes its keys there
CODE = """
stat -c '%a %u' $(dirname $SSLKEYLOGFILE) $SSLKEYLOGFILE
echo "keys: $SSLKEYLOGFILE"
curl -sk -o /dev/null https://127.0.0.1:PORT/one https://127.0.0.1:PORT/two
"""


@pytest.mark.parametrize(("kinds", "user"), [("environment", "65534"), ("", "0")])
def test_what_it_writes(tmp_path: Path, kinds: str, user: str) -> None:
    """Each key once, also where probes tell of it, too, as by a variable that names our own file. Nothing is left."""
    flags, environment = ["-Z", "nobody", "--tls-keys", kinds], {}
    if not kinds:
        flags, environment = [], {"SSLKEYLOGFILE": str(tmp_path / "ours")}
    with peer(tmp_path / "peer", "1.3") as (port, _):
        done = run(*COMMAND, *flags, "-n", "-i", "lo", "--decrypt", "--", "sh", "-c",
                   CODE.replace("PORT", str(port)), stdin=subprocess.DEVNULL, env={**os.environ, **environment})
    assert f"700 {user}\n600 {user}\nkeys: " in done.stdout
    file = Path(next(line for line in done.stdout.splitlines() if line.startswith("keys: "))[6:])
    assert file != tmp_path / "ours"
    assert not file.parent.exists()
    assert [path for path in ("one", "two") if f"HTTP: GET https://127.0.0.1:{port}/{path}" not in done.stdout] == []
    assert done.stdout.count("HTTP: 200 OK") in (2, 4)      # a packet may be seen twice on lo
    if environment:
        truth = lines(tmp_path / "peer/keys.log")
        assert lines(tmp_path / "ours") == truth
        assert len(truth) in (5, 10)        # one connection may do for both
