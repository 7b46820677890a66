"""Names of link types that are kept here are those of libpcap."""

import subprocess
import sys

from ptcpdump.filters import pcap
from ptcpdump.net.linktypes import COMMON


def test_names_are_libpcaps() -> None:
    assert {kind: (pcap.linktype_name(kind), pcap.linktype_description(kind)) for kind in COMMON} == COMMON


def test_reading_a_file_loads_neither_libpcap_nor_libbpf() -> None:
    code = "import ptcpdump.cli.read\nprint(open('/proc/self/maps').read())"
    maps = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "_native" in maps
    assert "libpcap" not in maps
    assert "libbpf" not in maps
