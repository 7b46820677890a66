"""The registry: every row leads to a printer, and ports, ranks and types of -T choose the one that tcpdump would."""

import importlib
import subprocess
import sys

import pytest

from ptcpdump.printers.base import calling, core, families
from ptcpdump.printers.base.registry import LAST, PRINTERS, TYPES, UNDECODED, Row
from ptcpdump.printers.base.view import View
from tests.unit.printers.packets import ipv4, udp

families.load()
DNS_QUERY = "1234 0100 0001 0000 0000 0000 03777777 00 0001 0001"


def of_ports(source: int, target: int, payload: bytes) -> bytes:
    """A UDP datagram between two ports, without checksum."""
    return ipv4(17, b"".join(n.to_bytes(2) for n in (source, target, 8 + len(payload), 0)) + payload)


def printed(packet: bytes, **flags: object) -> str:
    text: bytes = core.render(packet, 101, **flags)
    return text.decode().split(": ", 1)[1]


@pytest.mark.parametrize("row", PRINTERS, ids=lambda row: f"{row.printer} {row.layer}")
def test_every_row_names_a_printer(row: Row) -> None:
    module, _, name = row.printer.partition(":")
    found = importlib.import_module(f"ptcpdump.printers.{module}")
    assert core.is_native(f"ptcpdump.printers.{row.printer}") or callable(getattr(found, name))
    assert 0 < row.rank <= LAST
    assert row.keys or row.type


def test_no_key_is_given_twice() -> None:
    keys = [(row.layer.replace("dstport", "port"), key) for row in PRINTERS for key in row.keys]
    assert len(keys) == len(set(keys))


def test_types_are_named_once_and_known() -> None:
    assert sorted(TYPES) == sorted({*UNDECODED, *(row.type for row in PRINTERS if row.type)})
    assert all(core.forced_type(name) for name in TYPES)
    with pytest.raises(ValueError, match="unknown packet type 'nosuch'; known: aodv"):
        core.forced_type("nosuch")


def test_rank_decides_between_two_known_ports() -> None:
    syslog, dns = b"<34>su: x", bytes.fromhex(DNS_QUERY)
    assert printed(of_ports(514, 53, dns)).startswith("4660+ A? www.")
    assert printed(of_ports(53, 514, dns)).startswith("4660+ A? www.")
    assert printed(of_ports(514, 40000, syslog)).startswith("SYSLOG")


def test_a_destination_port_is_not_looked_for_at_the_source() -> None:
    assert printed(of_ports(40000, 3784, bytes(24))).startswith("BFDv0")
    assert printed(of_ports(3784, 40000, bytes(24))) == "UDP, length 24"


def test_a_later_registration_replaces_one_and_brings_its_rank() -> None:
    def greeting(window: View) -> None:
        window.say(f"greeting {window.length}")

    calling.register("udp.port", 47001, greeting)
    assert printed(of_ports(47001, 53, bytes.fromhex(DNS_QUERY))).startswith("4660+ A? www.")
    calling.register("udp.port", 47001, greeting, rank=1)
    assert printed(of_ports(53, 47001, b"ab")) == "greeting 2"
    calling.register("udp.dstport", 47001, greeting)
    assert printed(of_ports(47001, 9, b"ab")) == "UDP, length 2"
    calling.register("forced", "greeting", greeting)
    assert printed(udp(9, b"abc"), force="greeting") == "greeting 3"


@pytest.mark.parametrize(
    ("layer", "key", "rank", "error"),
    [
        ("udp.port", 65536, 1, "key 65536 of layer 'udp.port' is out of range: 0 to 65535"),
        ("udp.port", -1, 1, "key -1 of layer 'udp.port' is out of range: 0 to 65535"),
        ("udp.port", 9, 0, "rank 0 of key 9 of layer 'udp.port' is out of range: 1 to 255"),
        ("udp.port", 9, 256, "rank 256 of key 9 of layer 'udp.port' is out of range: 1 to 255"),
    ],
)
def test_out_of_range(layer: str, key: int, rank: int, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        calling.register(layer, key, print, rank=rank)


def test_unknown_layer() -> None:
    with pytest.raises(ValueError, match=r"there is no layer 'sctp\.port'; there are: ethertype, forced, "):
        calling.register("sctp.port", 9, print)


def test_a_full_registry_says_so() -> None:
    code = """
from ptcpdump.printers.base import calling, families
families.load()
try:
    for port in range(1, 65536):
        calling.register("tcp.port", port, "nobody:nothing")
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "printers serve 4095 keys already; no more fit into the registry\n"
