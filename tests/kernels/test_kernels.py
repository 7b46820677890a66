"""The live tests on kernels that users have, in virtual machines: `make kernels`. Needs root, and minutes a kernel."""

import os
import re
from pathlib import Path

import pytest

from ptcpdump.kernel.loading import plain
from tests.kernels import machine
from tests.support.archives import MissingPackage

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 3000        # seconds
MODULES = ("veth sch_ingress cls_bpf nf_conntrack nft_nat nft_masq nft_chain_nat nft_ct bridge tun vxlan macvlan "
           "ipvlan 8021q bonding geneve ip_gre ipip")
# in emulation each test takes seconds: those that say what a kernel can, not all that are the same on each
PLAIN = "tests/live/test_plain.py"      # all that kernels before 5.10 can
# KERNEL_TESTS="" plays the matrix alone
TESTS = os.environ.get("KERNEL_TESTS", " ".join("tests/live/" + name for name in (
    "test_capture.py", "test_devices.py", "attribution", "net", "test_namespaces.py", "test_selection.py",
    "test_nat.py", "backends/test_strengths.py", "test_older_ways.py")) + " -m 'not slow'")
COMMAND = f"""
# no devices of tunnels' modules in new namespaces
[ -e /proc/sys/net/core/fb_tunnels_only_for_init_net ] && echo 2 >/proc/sys/net/core/fb_tunnels_only_for_init_net
for module in {MODULES}; do modprobe -q $module; done
python3 -m ptcpdump --doctor
python3 -m tests.kernels.matrix "cgroup v2" "v1 and v2" "types from a file" "perf buffers" "no function hooks"
umount /sys/fs/cgroup
python3 -m tests.kernels.matrix "cgroup v1"
mount -t cgroup2 cgroup2 /sys/fs/cgroup
"""


@pytest.mark.parametrize("series", machine.SUITES)
def test_kernel(series: str, found: dict[str, str]) -> None:
    if reason := machine.unfit():
        pytest.skip(reason)
    try:
        kernel = machine.kernel(series)
    except MissingPackage as error:
        pytest.skip(f"Linux {series} can't be had: {error}")
    older = tuple(map(int, series.split("."))) < plain.SINCE
    tests = TESTS and (PLAIN if older else TESTS)
    command = COMMAND + (f"python3 -m pytest -p no:cacheprovider -q {tests}" if tests else "")
    status, text = machine.run(kernel, command, ROOT, LIMIT)
    found[kernel.release] = text
    print(kernel.release)
    print(text)
    assert status == 0, "\n".join(re.findall(r"^(?:FAILED|ERROR) .*", text, re.MULTILINE)) or text[-2000:]
