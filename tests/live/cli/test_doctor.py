"""The plan of the machine that the tests run on."""

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(os.geteuid() != 0, reason="loading BPF programs needs root")
def test_packets_can_be_captured_here() -> None:
    done = subprocess.run([sys.executable, "-m", "ptcpdump", "--doctor"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, *rows = done.stdout.splitlines()
    assert first.startswith(f"Linux {os.uname().release}")
    assert {row[:3] for row in rows} <= {"yes", "no "}
    assert any(row.startswith("yes  tc ingress") for row in rows)


def test_without_privileges_it_tells_what_it_can() -> None:
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-m",
                           "ptcpdump", "--doctor"] if os.geteuid() == 0 else [sys.executable, "-m", "ptcpdump",
                           "--doctor"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, *rows, last = done.stdout.splitlines()
    assert first.startswith(f"Linux {os.uname().release}")
    assert {row[:3] for row in rows} <= {"yes", "no ", "?  "}
    assert any(row.startswith("yes  type information") for row in rows)
    assert any(row.startswith("?    tc ingress") for row in rows)
    assert "CAP_BPF" in last
