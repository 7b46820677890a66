"""What printing a small savefile does not import: each of these takes a millisecond or more, and few runs need any."""

import subprocess
import sys
from pathlib import Path

from savefiles import UDP, pcap

LEFT_OUT = {
    "ast", "asyncio", "ctypes", "dataclasses", "decimal", "importlib.metadata", "inspect", "ipaddress", "json",
    "logging", "pathlib", "re", "shutil", "socket", "subprocess", "tempfile", "traceback", "typing", "urllib.parse",
    "ptcpdump.filters.pcap", "ptcpdump.kernel.bindings.libbpf", "ptcpdump.run.privileges", "ptcpdump.sinks.rotation",
    "ptcpdump.api",
}


def test_a_small_savefile(tmp_path: Path) -> None:
    file = tmp_path / "small.pcap"
    file.write_bytes(pcap([(1, UDP)]))
    bare = subprocess.check_output([sys.executable, "-c", "import sys\nprint(*sys.modules)"], text=True)
    code = ("import os, sys\nos._exit = lambda status: print(*sys.modules, file=sys.stderr)\n"
            "from ptcpdump.cli.entry import command\ncommand()")
    done = subprocess.run([sys.executable, "-c", code, "-n", "-r", file], capture_output=True, text=True, check=True)
    imported = set(done.stderr.split())
    assert "ptcpdump.cli.read" in imported
    assert imported & LEFT_OUT - set(bare.split()) == set()
