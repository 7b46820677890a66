"""Names of addresses and ports. The resolver's answers come from the system's own files: localhost is in each."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcpdump.printers.base import core, families, names
from ptcpdump.printers.base import resolver as resolving
from ptcpdump.printers.base.resolver import Resolver, printable, read_ethers, read_hosts, start, stop

families.load()

LOCALHOST = b"\x7f\0\0\x01"
MACS = b"\xff" * 6 + bytes.fromhex("001b21334455")
ARP = MACS + bytes.fromhex("0806 0001080006040001 001b21334455 7f000001 000000000000 7f000001")


def shown() -> str:
    return core.render(ARP, 1, numeric=False, link_header=True).decode()


@pytest.fixture
def asked() -> Iterator[list[bytes]]:
    """Addresses that a resolver in the test's hands is asked for; it knows them when they are in `answers`."""
    questions: list[bytes] = []

    def answer(address: bytes) -> bytes | None:
        questions.append(address)
        return b"named" if len(questions) > 3 else None

    names.install(answer)
    yield questions
    names.install(None)


def test_file_waits_for_names() -> None:
    resolver = start(live=False)
    try:
        assert shown() == ("00:1b:21:33:44:55 (oui DCBX) > Broadcast, ethertype ARP (0x0806), length 42: "
                           "Request who-has localhost tell localhost, length 28")
    finally:
        stop(resolver)
    assert shown().endswith("who-has 127.0.0.1 tell 127.0.0.1, length 28")


def test_live_never_waits() -> None:
    """A name server that does not answer: numbers at once, the name once it is there."""
    silence, done = threading.Event(), threading.Event()

    class Slow(Resolver):
        def look_up(self, address: bytes) -> bytes:
            silence.wait()
            return super().look_up(address)

        def work(self) -> None:
            super().work()
            done.set()

    resolver = Slow()
    resolver.hosts.clear()
    names.install(resolver)
    try:
        assert "who-has 127.0.0.1" in shown()
        silence.set()
        resolver.close()
        assert done.wait(30)
        assert "who-has localhost" in shown()
    finally:
        names.install(None)


def test_pending_address_is_asked_for_again_only_after_an_answer(asked: list[bytes]) -> None:
    for _ in range(5):
        shown()
    assert len(asked) == 3      # two MAC addresses and one IP address
    names.changed()
    assert "who-has named" in shown()


TOO_SLOW = ("the name server answers too slowly: addresses are printed as numbers where their names are not known yet "
            "(-n asks for none)")


def test_file_gives_up_on_a_dead_name_server() -> None:
    forever, said = threading.Event(), list[str]()

    class Dead(Resolver):
        def look_up(self, address: bytes) -> bytes:
            forever.wait()
            return b""

    resolver = Dead(patience=0.01, warn=said.append)
    for last in range(10):
        assert resolver(bytes([10, 0, 0, last])) is None
    assert resolver.unanswered == 3
    assert said == [TOO_SLOW]
    forever.set()


def test_file_gives_up_on_a_server_that_the_system_asks_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver has waited long itself then (resolv.conf(5)), and says that it may be asked again."""
    def in_vain(address: tuple[str, int], flags: int) -> tuple[str, str]:
        calls.append(address)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    calls: list[tuple[str, int]] = []
    said: list[str] = []
    monkeypatch.setattr(socket, "getnameinfo", in_vain)
    resolver = Resolver(patience=60, warn=said.append)
    for last in range(4):
        assert not resolver(bytes([10, 0, 0, last]))
    assert resolver.unanswered >= 3
    assert said == [TOO_SLOW]


def test_file_waits_for_all_names_together_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a server that answers, but slowly."""
    said: list[str] = []
    monkeypatch.setattr(resolving, "PATIENCE", 0.0)
    monkeypatch.setattr(socket, "getnameinfo", lambda address, flags: ("host", "0"))
    resolver = Resolver(patience=60, warn=said.append)
    resolver.waited = -1e-9
    assert resolver(bytes([10, 0, 0, 1])) == b"host"
    assert said == [TOO_SLOW]
    silence = threading.Event()
    monkeypatch.setattr(socket, "getnameinfo", lambda address, flags: silence.wait())
    assert resolver(bytes([10, 0, 0, 2])) is None
    silence.set()


def test_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getnameinfo", lambda address, flags: ("host.example.org", "0"))
    assert Resolver().look_up(LOCALHOST) == b"host.example.org"
    assert Resolver(domain=False).look_up(LOCALHOST) == b"host"


def test_names_are_safe_on_terminals() -> None:
    assert printable("a\x1b[31m\u00e9") == b"a?[31m?"


def test_ports() -> None:
    try:
        name = socket.getservbyport(7, "udp").encode()
    except OSError:
        pytest.skip("services(5) does not name UDP port 7 here")
    udp = bytes.fromhex("4500001c 0001 0000 40 11 0000 0a000001 0a000002 9c40 0007 0008 0000")
    names.load_services()
    names.install(lambda _: b"")
    try:
        assert b"10.0.0.2." + name in core.render(udp, 101, numeric=False)
        assert b"10.0.0.2.7" in core.render(udp, 101, numeric=True)
    finally:
        names.install(None)


def test_ethers(tmp_path: Path) -> None:
    file = tmp_path / "ethers"
    file.write_text("# comment\n0:1b:21:33:44:55 printer\nnonsense\n1:2:3 short\n00:1b:21:33:44:55 second\n")
    assert read_ethers(file) == {bytes.fromhex("001b21334455"): b"printer"}
    assert read_ethers(tmp_path / "missing") == {}


def test_hosts(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("127.0.0.1 localhost lo # first name counts\n127.0.0.1 other\n"
                    "::1 six\nfe80::1%eth0 link\nnonsense\n\n")
    assert read_hosts(file) == {LOCALHOST: "localhost", bytes(15) + b"\1": "six",
                                b"\xfe\x80" + bytes(13) + b"\1": "link"}
    assert read_hosts(tmp_path / "none") == {}


def test_hosts_need_no_waiting() -> None:
    """A live capture prints the first packet with a name already."""
    resolver = start(live=True)
    try:
        assert "localhost" in shown()
    finally:
        stop(resolver)
