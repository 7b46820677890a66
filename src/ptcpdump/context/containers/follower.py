"""The directory of containers as a capture uses it: from its own thread, woken by a descriptor."""

import os
import threading
from collections.abc import Callable, Mapping

from ptcpdump.context.containers.directory import Answer, Directory
from ptcpdump.context.containers.wanted import Cgroups, ContainerFilter, Wanted

_PATIENCE = 0.15        # seconds that runtimes get for their first lists before a capture starts without


class ContainerFollower:
    """Follows all runtimes from its making to close()."""

    def __init__(self, addresses: Mapping[str, str], say: Callable[[str], None]) -> None:
        """addresses: those that were given, by name of the runtime.

        say(text) is called in any thread with what a user should know.
        """
        self._say = say
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._open = True
        self._lock = threading.Lock()
        self._wanted: Wanted | None = None
        try:
            self._directory = Directory(addresses, self._changed, say)
            try:
                self._directory.start()
            except BaseException:
                self._directory.stop()
                raise
        except BaseException:
            os.close(self._event)
            raise

    def lookup(self, pid: int, cgroup: int, mount_namespace: int, uid: int) -> Answer:
        """The container and pod of a process of that user in the cgroup v2 group of that id; never waits."""
        return self._directory.lookup(pid, cgroup, mount_namespace, uid)

    def select(self, wanted: ContainerFilter, cgroups: Cgroups) -> None:
        """Have the packets of the containers that a filter names selected. Raises ContainerError."""
        self._wanted = Wanted(wanted, self._directory, cgroups, self._say)
        self._wanted.start()

    def settle(self) -> None:
        """Give runtimes that are quick the time to tell what runs, so that the first packets have their names too."""
        self._directory.settle(_PATIENCE)

    def by_privilege(self) -> list[str]:
        """Addresses of daemons that only who has privileges may ask."""
        return self._directory.by_privilege()

    def ask_by(self, ask: Callable[[str, str], bytes]) -> None:
        """Have somebody else ask those: ask(address, path) gives what a GET answers."""
        self._directory.ask_by(ask)

    @property
    def expecting(self) -> bool:
        """Whether a container has just begun whose name will be known in a moment: better let its packets wait."""
        return self._directory.expecting

    def fileno(self) -> int:
        """Readable when answers of lookup() have changed."""
        return self._event

    def take_news(self) -> bool:
        """Whether answers have changed since the last call."""
        try:
            return os.eventfd_read(self._event) > 0
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Let go of all runtimes."""
        if self._wanted is not None:
            self._wanted.stop()
        self._directory.stop()
        with self._lock:
            self._open = False
            os.close(self._event)

    def _changed(self) -> None:
        with self._lock:
            if self._open:
                os.eventfd_write(self._event, 1)
