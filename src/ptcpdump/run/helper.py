"""A process that keeps root's privileges when the capture gives them up (-Z): for what comes later.

It is forked once everything is attached, and does what needs privileges by itself: it follows interfaces and network
namespaces, attaches to those that the run wants, and tells of them; it probes programs that start for TLS keys. The
capture, which reads what strangers send, can ask it for four things only: to look around for namespaces, what an
interface is called, for the next savefile, in the folder of the first one, and what root's container runtimes tell
(asking). It ends with the capture, however that ends.
"""

import errno
import json
import os
import select
import socket
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from ptcpdump.companions import companion
from ptcpdump.net.interface import Interface
from ptcpdump.net.interfaces import find_interface
from ptcpdump.net.netlink import Link
from ptcpdump.net.netns import Namespace
from ptcpdump.net.watcher import LinkNews
from ptcpdump.records import replace
from ptcpdump.run import asking
from ptcpdump.run.following import Following
from ptcpdump.threads import Faults, is_shortage, start_thread

if TYPE_CHECKING:
    from ptcpdump.tls.programs import LaterPrograms

_LARGEST = 1 << 16      # bytes of a message
_AT_ONCE = 8            # news in one, each of which may have names of a quarter of a KiB, every byte of them escaped
_LONGEST = 500          # characters of a warning in one
_TICK = 1.0             # seconds between looks at what nobody tells
_LOOKS = 0.1            # seconds between looks for namespaces, however often one is asked for


class Helper:
    """The capture's side. It stands for the watcher of interfaces that the helper has now."""

    unwatched = 0

    def __init__(self, following: Following | None, create: Callable[[str], int] | None,
                 warn: Callable[[str], None], daemons: Collection[str] = (), programs: "LaterPrograms | None" = None,
                 *, begin: Callable[[], None], release: Callable[[], None]) -> None:
        """following: what it follows, None for nothing. warn(text) is called with what a user should know.

        create(path): opens a new savefile, None where that is not its business. daemons: addresses of container
        runtimes that it may ask. programs: how it probes those that start for TLS keys. begin() is called there first.
        release(): lets go of all interfaces, at the latest when the capture has ended.
        """
        self._warn = warn
        self._lost = [text for there, text in (
            (following, "interfaces that appear later are not captured"),
            (create, "no further savefile can be created in a folder that is not the user's"),
            (daemons, "containers are known only as far as they are already"),
            (programs, "TLS keys are taken no more where its probes were")) if there]
        self._programs = programs
        self._news: list[LinkNews] = []
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours, questions = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asker = asking.Asker(ours)

        def serve() -> None:
            self._socket.close()
            ours.close()
            begin()
            if daemons:     # in a thread, for a daemon may take its time
                start_thread(partial(asking.serve, questions, daemons), "questions to container runtimes")
            if programs:
                start_thread(partial(programs.run, partial(_tell_of_programs, theirs)), "TLS keys")
            _Serving(following, create, release, theirs).run()

        self._pid = companion(serve, "ptcpdump-helper")
        theirs.close()
        questions.close()

    def fileno(self) -> int:
        """Readable when read() may have something to tell."""
        return self._socket.fileno()

    def read(self) -> list[LinkNews]:
        """Interfaces that were attached to, or went away, since the last call; never waits."""
        with suppress(BlockingIOError):
            while self._pid:
                self._take(self._socket.recv(_LARGEST, socket.MSG_DONTWAIT))
        news, self._news = self._news, []
        return news

    def look(self) -> None:
        """Have it look around for network namespaces."""
        with suppress(OSError):
            self._socket.send(b'{"look": true}', socket.MSG_DONTWAIT)

    def find(self, netns: int, ifindex: int) -> Interface | None:
        """As net.interfaces.find_interface()."""
        answer = self._ask({"find": [netns, ifindex]})[0]
        return Interface(**answer["found"]) if answer.get("found") else None

    def create(self, path: str) -> int:
        """A descriptor of a new savefile. Raises OSError."""
        answer, descriptors = self._ask({"create": path})
        if not descriptors:
            code = answer.get("error", errno.EPERM)
            raise OSError(code, os.strerror(code))
        return descriptors[0]

    def ask(self, address: str, path: str) -> bytes:
        """What a container runtime answers to a GET; in any thread. Raises OSError, TimeoutError, RuntimeFailure."""
        return self._asker.ask(address, path)

    def detach(self) -> None:
        """Have it let go of all interfaces; packets that are captured already may still need savefiles."""
        self._ask({"detach": True})

    def close(self) -> None:
        """End it, and with it what it is attached to; a second call does nothing."""
        if self._pid:
            with suppress(OSError):     # whoever else may have it open, through a fork
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._asker.close()
            with suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0

    def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """Send a request and wait for its answer; news that come before it are kept."""
        with suppress(OSError):
            self._socket.send(json.dumps(request).encode())
            while True:
                data, descriptors, _, _ = socket.recv_fds(self._socket, _LARGEST, 1)
                answer = self._take(data)
                if answer is not None:
                    return answer, descriptors
                if not data:
                    break
        return {}, []

    def _take(self, data: bytes) -> dict[str, Any] | None:
        """Take in a message; returns it if it is an answer."""
        if not data:
            self.close()
            if self._lost:
                self._warn("the process that has kept privileges (-Z) has ended: " + "; ".join(self._lost))
            return None
        message: dict[str, Any] = json.loads(data)
        if "answer" in message:
            return message
        for text in message.get("said", ()):
            self._warn(text)
        if self._programs and "programs" in message:
            self._programs.take(message["programs"])
        self._news += [_news(row) for row in message.get("news", ())]
        return None


class _Serving:
    """The helper's side."""

    def __init__(self, following: Following | None, create: Callable[[str], int] | None, release: Callable[[], None],
                 peer: socket.socket) -> None:
        self._following = following
        self._create = create
        self._release = release
        self._peer = peer
        self._looked = 0.0
        self._shortage = Faults("following interfaces and namespaces", lambda text: self._tell([], [text]), is_shortage)
        self._poll = select.poll()

    def run(self) -> None:
        poll = self._poll
        for descriptor in [self._peer.fileno(), *(self._following.filenos() if self._following else ())]:
            poll.register(descriptor, select.POLLIN)
        try:
            while True:
                ready = {descriptor for descriptor, _ in poll.poll(_TICK * 1000 if self._following else None)}
                if self._peer.fileno() in ready and not self._serve():
                    return
                if self._following:
                    with self._shortage:
                        self._tell(*self._following.read())
                        if time.monotonic() > self._looked + _TICK:
                            self._look()
        except (BrokenPipeError, ConnectionResetError):
            pass            # the capture is gone
        finally:
            self._release()     # filters whose keeper was killed go now, however the capture ended

    def _serve(self) -> bool:
        """Answer one request; False at the end of the capture."""
        data = self._peer.recv(_LARGEST)
        if not data:
            return False
        request = json.loads(data)
        if "look" in request and self._following:
            if time.monotonic() > self._looked + _LOOKS:
                with self._shortage:
                    self._look()
        elif "find" in request:
            found = find_interface(*map(int, request["find"]))
            self._peer.send(json.dumps({"answer": 1, "found": found and asdict(found)}).encode())
        elif "detach" in request:
            self._detach()
            self._peer.send(b'{"answer": 1}')
        elif "create" in request:
            self._open(str(request["create"]))
        return True

    def _open(self, path: str) -> None:
        try:
            if self._create is None:
                raise PermissionError(errno.EPERM, "")
            descriptor = self._create(path)
        except OSError as error:
            self._peer.send(json.dumps({"answer": 1, "error": error.errno}).encode())
            return
        socket.send_fds(self._peer, [b'{"answer": 1}'], [descriptor])
        os.close(descriptor)

    def _detach(self) -> None:
        if self._following:
            for descriptor in self._following.filenos():
                self._poll.unregister(descriptor)
            self._following.close()
            self._following = None
        self._release()

    def _look(self) -> None:
        assert self._following is not None
        self._looked = time.monotonic()
        self._tell(*self._following.look())

    def _tell(self, news: list[LinkNews], said: list[str]) -> None:
        for at in range(0, max(len(news), len(said)), _AT_ONCE):
            # anybody may give devices of his own many other names, which the capture does not ask for
            rows = [[each.what, asdict(each.namespace), asdict(replace(each.link, alternatives=()))]
                    for each in news[at:at + _AT_ONCE]]
            texts = [text[:_LONGEST] for text in said[at:at + _AT_ONCE]]
            self._peer.send(json.dumps({"news": rows, "said": texts}).encode())


def _tell_of_programs(peer: socket.socket, message: dict[str, Any]) -> None:
    """Give the capture a message of LaterPrograms; in any thread."""
    peer.send(json.dumps({"said": message.pop("said", []), "programs": message}).encode())


def _news(row: Iterable[Any]) -> LinkNews:
    what, namespace, link = row
    return LinkNews(what, Namespace(**namespace), Link(**{**link, "alternatives": tuple(link["alternatives"])}))
