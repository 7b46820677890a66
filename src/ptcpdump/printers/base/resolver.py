"""Names of addresses: looked up in the background, so that printing never waits for a name server.

In a live capture an address is printed as a number until its name is known. When a savefile is read nothing is lost by
waiting, so the resolver then waits for each name, but only for so long.
"""

import queue
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path

from ptcpdump.errors import PtcpdumpError
from ptcpdump.printers.base import names
from ptcpdump.printers.base.oui import name_of_oui
from ptcpdump.threads import start_thread

ETHERS = Path("/etc/ethers")
HOSTS = Path("/etc/hosts")
MAC_LENGTH = 6
WORKERS = 4
KEPT = 16384            # answers remembered, the oldest forgotten first
WAITING = 1024          # addresses queued for the workers; more are asked for again later
GIVE_UP_AFTER = 3       # lookups in a row without an answer: the name server is taken for dead, nobody waits any more
PATIENCE = 30.0         # seconds to wait for all names of a savefile together
FILE_PATIENCE = 5.0     # seconds to wait for one name when a savefile is read


def printable(name: str) -> bytes:
    """A name as it may go to a terminal: whatever is not printable ASCII becomes a question mark."""
    return bytes(c if 0x20 < c < 0x7F else 0x3F for c in name.encode("ascii", "replace"))


def read_ethers(path: Path = ETHERS) -> dict[bytes, bytes]:
    """The names of ethers(5) by MAC address (6 bytes); empty without that file. Malformed lines are left out."""
    found: dict[bytes, bytes] = {}
    for words in _lines(path):
        try:
            mac = bytes(int(part, 16) for part in words[0].split(":"))
        except (IndexError, ValueError):
            continue
        if len(words) > 1 and len(mac) == MAC_LENGTH:
            found.setdefault(mac, printable(words[1]))
    return found


def read_hosts(path: Path = HOSTS) -> dict[bytes, str]:
    """The first name of each address in hosts(5), by address (4 or 16 bytes); empty without that file."""
    found: dict[bytes, str] = {}
    for words in _lines(path):
        try:
            found.setdefault(ip_address(words[0].partition("%")[0]).packed, words[1])
        except (IndexError, ValueError):
            continue
    return found


def _lines(path: Path) -> Iterator[list[str]]:
    """The words of each line, without comments; nothing where there is no such file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        yield line.partition("#")[0].split()


class Resolver:
    """Answers what an address is called: callable with an address of 4, 6 or 16 bytes.

    Those in hosts(5) it knows from the start, all others are looked up.

    domain: keep the domain part of host names (False: -N).
    patience: seconds to wait for one name; 0 never waits and answers None while a name is being looked for.
    warn: is told when names are waited for no longer.
    """

    def __init__(self, *, domain: bool = True, patience: float = 0.0,
                 warn: Callable[[str], None] = lambda text: None) -> None:
        self.domain = domain
        self.warn = warn
        self.patience = patience
        self.ethers = {b"\xff" * MAC_LENGTH: b"Broadcast"} | read_ethers()
        self.hosts = {address: self.shown(name) for address, name in read_hosts().items()}
        self.known: OrderedDict[bytes, bytes] = OrderedDict()
        self.asked: set[bytes] = set()
        self.todo: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self.answered = threading.Condition()
        self.unanswered = 0
        self.waited = 0.0
        self.workers: list[threading.Thread] = []

    def __call__(self, address: bytes) -> bytes | None:
        """The name, b"" if there is none, None if it is not known yet."""
        if len(address) == MAC_LENGTH:
            return self.name_of_mac(address)
        if address in self.hosts:
            return self.hosts[address]
        with self.answered:
            if address not in self.known:
                self.ask(address)
                if self.patience and self.unanswered < GIVE_UP_AFTER and self.waited < PATIENCE:
                    self.wait(address)
            return self.known.get(address)

    def name_of_mac(self, mac: bytes) -> bytes:
        """The name of ethers(5), or the number with the organisation that it belongs to, as tcpdump writes it."""
        organisation = name_of_oui(int.from_bytes(mac[:3])) or "Unknown"
        return self.ethers.get(mac) or f"{mac.hex(':')} (oui {organisation})".encode()

    def ask(self, address: bytes) -> None:
        """Give an address to the workers, which are started with the first one."""
        if address in self.asked:
            return
        try:
            self.todo.put_nowait(address)
        except queue.Full:
            return
        self.asked.add(address)
        if len(self.workers) < WORKERS:
            try:
                self.workers.append(start_thread(self.work, "names of addresses"))
            except PtcpdumpError:       # numbers are as good, so none is waited for
                self.unanswered = GIVE_UP_AFTER

    def wait(self, address: bytes) -> None:
        """Wait for the answer; `answered` is held."""
        began = time.monotonic()
        while address not in self.known:
            left = began + self.patience - time.monotonic()
            if left <= 0:
                self.unanswered += 1
                break
            self.answered.wait(left)
        self.waited += time.monotonic() - began
        if self.unanswered >= GIVE_UP_AFTER or self.waited >= PATIENCE:
            self.warn("the name server answers too slowly: addresses are printed as numbers where their names are not "
                      "known yet (-n asks for none)")

    def work(self) -> None:
        """One worker: looks names up until it gets None."""
        while (address := self.todo.get()) is not None:
            name = self.look_up(address)
            with self.answered:
                if name is None:
                    self.unanswered += 1
                elif self.unanswered < GIVE_UP_AFTER:
                    self.unanswered = 0
                self.known[address] = name or b""
                self.asked.discard(address)
                if len(self.known) > KEPT:
                    self.known.popitem(last=False)
                self.answered.notify_all()
            names.changed()

    def look_up(self, address: bytes) -> bytes | None:
        """Ask the system's resolver (nsswitch.conf(5)); takes as long as that takes.

        The name, b"" if there is none; None where no server has answered.
        """
        family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
        try:
            name, _ = socket.getnameinfo((socket.inet_ntop(family, address), 0), socket.NI_NAMEREQD)
        except socket.gaierror as error:
            return None if error.errno == socket.EAI_AGAIN else b""
        except Exception:       # whatever fails in the system's modules, or because memory is short
            return b""
        return self.shown(name)

    def shown(self, name: str) -> bytes:
        """A host name as it is printed."""
        return printable(name if self.domain else name.partition(".")[0])

    def close(self) -> None:
        """Let the workers end; one that waits for a name server ends with the process."""
        for _ in self.workers:
            try:
                self.todo.put_nowait(None)
            except queue.Full:
                return


_running: list[Resolver] = []      # several files may be open at once: the last to begin answers


def start(*, domain: bool = True, live: bool = True, warn: Callable[[str], None] = lambda text: None) -> Resolver:
    """Print names from now on: of addresses by a new resolver, of ports by services(5).

    live: packets are being captured, so nothing may wait; otherwise a name is waited for a few seconds.
    warn: see Resolver.
    """
    names.load_services()
    resolver = Resolver(domain=domain, patience=0.0 if live else FILE_PATIENCE, warn=warn)
    _running.append(resolver)
    names.install(resolver)
    return resolver


def found() -> dict[bytes, bytes]:
    """Names of hosts that have been looked up so far, by address (4 or 16 bytes); empty where none are printed."""
    if not _running:
        return {}
    with _running[-1].answered:
        return {address: name for address, name in _running[-1].known.items() if name}


def stop(resolver: Resolver) -> None:
    """Print numbers again, if no other resolver was started; a second call does nothing."""
    if resolver in _running:
        _running.remove(resolver)
        names.install(_running[-1] if _running else None)
    resolver.close()
