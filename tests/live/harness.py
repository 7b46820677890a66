"""What live tests stand on: a namespace behind a veth pair, a running ptcpdump, and processes that tell their pids."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ptcpdump.errors import PrivilegeError
from ptcpdump.run.preparation import require_privileges

PYTHON = sys.executable
COMMAND = [PYTHON, "-m", "ptcpdump"]
ACTORS = Path(__file__).with_name("actors.py")
try:
    require_privileges()
    _LACKING = ""
except PrivilegeError as error:
    _LACKING = str(error)
needs_privileges = pytest.mark.skipif(bool(_LACKING), reason=_LACKING)
LIMIT = 60      # seconds after which a step that should take moments has failed


def run(*words: str | Path, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return its texts."""
    return subprocess.run([str(w) for w in words], check=check, capture_output=True, text=True, timeout=LIMIT, **more)


@dataclass(frozen=True)
class Link:
    """A veth pair: `here` in our namespace, `there` in the namespace `name`."""

    name: str
    here: str
    there: str
    ip4: str
    peer4: str
    ip6: str
    peer6: str

    def inside(self, *words: str | Path) -> list[str]:
        """A command line that runs in the namespace (ip-netns would hide /sys)."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *map(str, words)]


@contextlib.contextmanager
def veth_pair(number: int) -> Iterator[Link]:
    """A namespace with a veth pair; number (0 to 63) and our pid make names and addresses differ.

    With addresses of their own, test runs at the same time, or after one that was killed, do not take each other's
    packets.
    """
    tag = f"pt{os.getpid() % 100000}{number:x}"
    high, low = divmod(os.getpid() % 0x4000, 0x100)
    net4, net6 = f"10.{192 + high}.{low}.", f"fd00:213:{os.getpid() % 0x10000:x}:{number:x}::"
    link = Link(tag, f"{tag}h", f"{tag}p", f"{net4}{4 * number + 1}", f"{net4}{4 * number + 2}", f"{net6}1", f"{net6}2")
    run("ip", "netns", "add", tag)
    try:
        run("ip", "link", "add", link.here, "type", "veth", "peer", "name", link.there, "netns", tag)
        for where, device, ip4, ip6 in ((["ip"], link.here, link.ip4, link.ip6),
                                        (["ip", "-n", tag], link.there, link.peer4, link.peer6)):
            run(*where, "address", "add", f"{ip4}/30", "dev", device)
            run(*where, "-6", "address", "add", f"{ip6}/64", "dev", device, "nodad")
            run(*where, "link", "set", device, "up")
        run("ip", "-n", tag, "link", "set", "lo", "up")
        yield link
    finally:
        run("ip", "netns", "delete", tag)
        run("ip", "link", "delete", link.here, check=False)


@dataclass
class Capture:
    """A ptcpdump that is capturing."""

    process: subprocess.Popen[str]
    stdout: str = ""
    stderr: str = ""
    status: int | None = None
    warnings: str = ""

    def wait_for(self, text: str) -> None:
        """Wait until it has said this on standard error."""
        poll = select.poll()
        poll.register(self.process.stderr, select.POLLIN)
        while text not in self.warnings:
            assert poll.poll(LIMIT * 1000), f"{LIMIT} s without {text!r}: {self.warnings}"
            more = os.read(self.process.stderr.fileno(), 1 << 16)
            assert more, f"ptcpdump ended without {text!r}: {self.warnings}"
            self.warnings += more.decode()

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it as ^C does and keep what it said."""
        if self.status is None:
            self.process.send_signal(number)
            self.wait()

    def wait(self) -> None:
        """Wait for its own end and keep what it said."""
        self.stdout, rest = self.process.communicate(timeout=LIMIT)
        self.stderr = self.warnings + rest
        self.status = self.process.returncode


@contextlib.contextmanager
def capturing(folder: Path, *flags: str | Path, prefix: list[str] | None = None) -> Iterator[Capture]:
    """Run ptcpdump with these flags; inside the block its hooks are attached.

    Leaving the block ends it and checks its status.
    """
    fifo = folder / f"ready-{len(list(folder.iterdir()))}"
    os.mkfifo(fifo)
    words = [*(prefix or []), *COMMAND, "--ready-file", str(fifo), *map(str, flags)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    capture = Capture(process)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        _await(reader, process)
        yield capture
        capture.stop()
        assert capture.status == 0, capture.stderr
    finally:
        os.close(reader)
        if process.poll() is None:
            process.kill()
            process.communicate()


@contextlib.contextmanager
def capturing_inside(prefix: list[str], folder: Path, *flags: str | Path) -> Iterator[Capture]:
    """As capturing(), in a pid namespace: nsenter(1) and unshare(1) pass no signals on to whom they have started."""
    with capturing(folder, *flags, prefix=prefix) as capture:
        yield capture
        if capture.status is None:
            child = Path(f"/proc/{capture.process.pid}/task/{capture.process.pid}/children").read_text()
            os.kill(int(child), signal.SIGINT)
            capture.wait()


def _await(reader: int, process: subprocess.Popen[str]) -> None:
    """Wait until the ready-file is written, or the process ends without."""

    poller = select.poll()
    poller.register(reader, select.POLLIN)
    pidfd = os.pidfd_open(process.pid)
    poller.register(pidfd, select.POLLIN)
    ready = dict(poller.poll(LIMIT * 1000))
    os.close(pidfd)
    if reader not in ready or not ready[reader] & select.POLLIN:
        process.kill()
        raise AssertionError(f"ptcpdump did not get ready: {process.communicate()[1]}")


@dataclass
class Actor:
    """A process of actors.py: it says what it is and does one thing after another when told."""

    process: subprocess.Popen[str]
    said: list[dict[str, object]] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid

    def receive(self) -> dict[str, object]:
        """The next line that it prints, as data."""
        line = self.process.stdout.readline()
        assert line, f"{self.process.args} ended: {self.process.wait(LIMIT)}"
        self.said.append(json.loads(line))
        return self.said[-1]

    def tell(self, word: str = "go") -> None:
        """Let it go on."""
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def converse(self) -> dict[str, object]:
        """Let a tcp_client ask, take the answer and end; returns who it said it was, with the answer."""
        facts = dict(self.receive())
        self.tell()
        facts |= self.receive()
        self.tell()
        self.end()
        return facts

    def end(self) -> None:
        """Wait for its own end."""
        self.process.stdin.close()
        assert self.process.wait(LIMIT) == 0, self.process.args


@contextlib.contextmanager
def actor(role: str, *words: object, prefix: list[str] | None = None, script: Path = ACTORS) -> Iterator[Actor]:
    """Run a role of actors.py, or of another script like it."""
    process = subprocess.Popen([*(prefix or []), PYTHON, str(script), role, *map(str, words)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Actor(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()
        with contextlib.suppress(OSError):
            process.stdin.close()


def send_until(capture: Capture, sender: Actor, wanted: str) -> None:
    """Send until the capture shows it: how soon it knows of a change is its own affair, that it does is ours."""

    output = capture.process.stdout.fileno()
    poller = select.poll()
    poller.register(output, select.POLLIN)
    seen = ""
    for _ in range(600):
        sender.tell()
        sender.receive()
        if poller.poll(20):
            seen += os.read(output, 65536).decode()
        if wanted in seen:
            return
    raise AssertionError(f"{wanted!r} was never seen in:\n{seen}")
