"""When to look through /proc for network namespaces that only processes keep.

Nobody tells of those, and to look costs a walk over all processes: too much for every second of a capture. But the
kernel's events of processes tell of one in a namespace not seen before, and of the end of one that may have been the
last there. What gets a namespace without fork or exec (unshare(2)) is found by a rare look.
"""

import time
from collections.abc import Iterable

from ptcpdump.net.netns import Namespace, own_namespace

_AT_ONCE = 0.1      # seconds between looks, however much happens
_SOON = 1.0         # when a namespace may have gone
_RARELY = 10.0
_MANY = 4096        # namespaces
_SHARE = 20         # a look that takes long is not taken more often than this part of the time allows


class NamespaceSpotter:
    """Is told of processes by their namespaces' inodes and says when to look."""

    def __init__(self) -> None:
        self._own = own_namespace().inode
        self._known: set[int] = {self._own}
        self._due = self._looked = time.monotonic()
        self._began: float | None = None        # when due() asked for the look that goes on
        self._earliest = 0.0

    def on_event(self, inode: int, ended: bool) -> None:
        """Something happened to a process in this namespace: its end, perhaps."""
        if inode == self._own or not inode:
            return
        if inode not in self._known:
            self._known.add(inode)
            self._due = min(self._due, self._looked + _AT_ONCE)
        elif ended:
            self._due = min(self._due, self._looked + _SOON)

    @property
    def known(self) -> list[int]:
        """The inodes that it was told of; none that was long ago, when they are many."""
        return list(self._known) if len(self._known) < _MANY else [self._own]

    def due(self) -> bool:
        """Whether to look now."""
        now = time.monotonic()
        if now < max(self._due, self._earliest):
            return False
        self._began = now
        return True

    def looked(self, found: Iterable[Namespace], again: float = _RARELY) -> None:
        """Say what a look has found; the next one is in `again` seconds if nothing happens."""
        self._known = {self._own, *(namespace.inode for namespace in found)}
        self._looked = time.monotonic()
        if self._began is not None:     # else the look was part of the start, whose time says nothing
            self._earliest = self._looked + _SHARE * (self._looked - self._began)
            self._began = None
        self._due = self._looked + again
