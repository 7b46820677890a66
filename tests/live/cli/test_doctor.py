"""The plan of the machine that the tests run on."""

import os
import subprocess
import sys

import pytest

from ptcpdump.kernel.owners.unknown import here


@pytest.mark.skipif(os.geteuid() != 0, reason="loading BPF programs needs root")
def test_packets_can_be_captured_here() -> None:
    done = subprocess.run([sys.executable, "-m", "ptcpdump", "--doctor"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found, unknown = done.stdout.split("Not known on this kernel, whatever it allows:\n")
    first, *rows = found.splitlines()
    assert first.startswith(f"Linux {os.uname().release}")
    assert {row[:3] for row in rows} <= {"yes", "no "}
    assert unknown.splitlines() == [f"  {each.what} ({each.names})" for each in here()]
    assert any(row.startswith("yes  tc ingress") for row in rows)


def test_without_privileges_it_tells_what_it_can() -> None:
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-m",
                           "ptcpdump", "--doctor"] if os.geteuid() == 0 else [sys.executable, "-m", "ptcpdump",
                           "--doctor"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found, unknown = done.stdout.split("Not known on this kernel, whatever it allows:\n")
    first, *rows = found.splitlines()
    assert first.startswith(f"Linux {os.uname().release}")
    assert {row[:3] for row in rows} <= {"yes", "no ", "?  "}
    assert any(row.startswith("yes  type information") for row in rows)
    assert any(row.startswith("?    tc ingress") for row in rows)
    assert "SO_REUSEPORT" in unknown
    assert "CAP_BPF" in unknown.splitlines()[-1]


@pytest.mark.skipif(os.geteuid() != 0, reason="loading BPF programs needs root")
def test_a_kernel_that_lacks_what_it_can() -> None:
    """What is switched off is said, and what takes its place; backends that need it do not hide the others."""
    done = subprocess.run([sys.executable, "-m", "ptcpdump", "--doctor"], capture_output=True, text=True, check=False,
                          env=os.environ | {"PTCPDUMP_DISABLE": "types,ringbuf,tcx"})
    assert done.returncode == 0, done.stderr
    rows = [row.split(" (since")[0] for row in done.stdout.splitlines()[1:]]
    for start, end in (("no   ring buffer", "switched off by PTCPDUMP_DISABLE; perf buffers instead"),
                       ("no   tracepoint sched_process_exec", "new programs: switched off by PTCPDUMP_DISABLE"),
                       ("yes  raw tracepoint sched_process_exec", "new programs"),
                       ("yes  cgroup cgroup_skb egress", "whose packets are sent"),
                       ("yes  tc ingress", "packets that come in"),
                       ("no   tp_btf net_dev_queue", "--backend tc may work")):
        assert any(row.startswith(start) and row.endswith(end) for row in rows), start
