"""What the scripts do about packages of the system."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/install-packages"
MISSING = "no-such-package-of-ours"


def run(*packages: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([shutil.which("bash"), SCRIPT, "to test", *packages], capture_output=True, text=True,
                          check=False, env={"PATH": path})


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="this is no Debian system")
def test_either_of_two_names_will_do() -> None:
    """A package that is called otherwise in Ubuntu."""
    for name in (f"dpkg/{MISSING}", f"{MISSING}/dpkg"):
        done = run(name, path="/usr/bin:/bin")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_first_name_that_the_archive_has(tmp_path: Path) -> None:
    """Archives are those of a system where nothing is installed and only `second` can be, of which much is told."""
    said = tmp_path / "said"
    programs = {
        "dpkg-query": "exit 1", "id": "echo 0", "env": f'echo "$@" >> {said}', "apt-get": "true",
        "grep": 'exec /bin/grep "$@"',
        # what it tells is more than a pipe holds
        "apt-cache": "[ \"$2\" = second ] && echo '  Candidate: 1.0' || echo '  Candidate: (none)'; "
                     "for i in $(printf '%01000d' 0 | /bin/sed 's/0/0 /g'); do printf '%0100d' 0; done",
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    assert run("second/third", "first/other", "only", path=str(tmp_path)).returncode == 0
    assert said.read_text().split()[-3:] == ["second", "other", "only"]
