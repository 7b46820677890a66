"""Why a capture has no packets after a while, in one sentence for its user: what is most likely, and what to do."""

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.traits import traits
from ptcpdump.net.interface import Interface
from ptcpdump.net.interfaces import ANY, list_links
from ptcpdump.net.netlink import Link
from ptcpdump.net.netns import Namespace, all_namespaces, enter, own_namespace
from ptcpdump.run.settings import Settings

Traffic = dict[tuple[int, str], int]        # packets so far by namespace (inode) and device

_NAMED = 3          # interfaces that are named, and network namespaces whose counters are read
_COUNTERS = "/proc/thread-self/net/dev"


class Silence:
    """Notes when it is made how much passes the interfaces of a capture, to say later what became of it.

    interfaces: gives those that are captured. Privileges are used where there are any, but none is needed.
    """

    def __init__(self, settings: Settings, interfaces: Callable[[], list[Interface]]) -> None:
        self._settings = settings
        self._interfaces = interfaces
        self._before = self._traffic()

    def explain(self) -> str:
        """The sentence."""
        rows = self._interfaces()
        if not rows and not traits(self._settings.backend).across_namespaces:
            return "no interface that was asked for is there yet"
        names = _listed([row.shown for row in rows]) or "the interfaces"
        down = [row.name for row in rows if not self._up(row)]
        if rows and len(down) == len(rows):
            return f"{names}: down; ip link set {down[0]} up brings it up"
        if elsewhere := self._pids_elsewhere(rows):
            return elsewhere
        now = self._traffic()
        grown = {key: count - self._before.get(key, 0) for key, count in now.items()}
        passed = sum(grown.get((row.netns, row.name), 0) for row in rows)
        if passed:
            return f"{_packets(passed)} passed {names}, but {self._unwanted()}{self._others(rows)}"
        busy = [name for (netns, name), count in grown.items()
                if count and not any((row.netns, row.name) == (netns, name) for row in rows)]
        there = f"; {_listed(busy)} has some: -i any captures there, too" if busy else ""
        return f"nothing passes {names}{there or self._others(rows)}"

    def _unwanted(self) -> str:
        settings = self._settings
        reasons = []
        if settings.expression:
            reasons.append(f"match '{settings.expression}'")
        if settings.owner:
            reasons.append("belong to who was asked for")
        if settings.direction != "inout":
            reasons.append(f"go {settings.direction}")
        if not reasons:
            return f"--backend {settings.backend} sees none of them"
        return "none seems to " + " and ".join(reasons)

    def _others(self, rows: list[Interface]) -> str:
        """What to do about network namespaces that are not captured; "" where there are none."""
        if ANY in self._settings.netns or traits(self._settings.backend).across_namespaces:
            return ""
        captured = {row.netns for row in rows}
        others = [namespace for namespace in all_namespaces() if namespace.inode not in captured]
        if not others:
            return ""
        known = _listed([namespace.name for namespace in others if namespace.name])
        which = f" ({known})" if known else ""
        return f"; {len(others)} other network namespaces{which} are not captured: --netns any"

    def _pids_elsewhere(self, rows: list[Interface]) -> str:
        """Whether processes that are wanted live in a namespace that is not captured."""
        if ANY in self._settings.netns or traits(self._settings.backend).across_namespaces:
            return ""
        captured = {row.netns for row in rows}
        for pid in sorted(self._settings.owner.pids):
            with contextlib.suppress(OSError):      # it has ended, or is none of our business
                if int(os.readlink(f"/proc/{pid}/ns/net")[5:-1]) not in captured:
                    return f"process {pid} is in another network namespace: --netns {pid} captures there"
        return ""

    def _up(self, row: Interface) -> bool:
        link = next((link for link in _links(row) if link.index == row.index), None)
        return link is None or link.up

    def _traffic(self) -> Traffic:
        found: Traffic = {}
        namespaces = {row.netns: row for row in self._interfaces()}
        for inode, row in list(namespaces.items())[:_NAMED]:
            with contextlib.suppress(OSError, PtcpdumpError):       # gone, or we may not enter
                # names are bytes without a colon and what the kernel takes for blanks: one may hold "\x1c" or "\x85"
                for line in enter(_namespace(row), Path(_COUNTERS).read_bytes).split(b"\n")[2:-1]:
                    name, _, counters = line.rpartition(b":")
                    columns = counters.split()
                    # received, transmitted
                    found[inode, os.fsdecode(name.strip(b" "))] = int(columns[1]) + int(columns[9])
        return found


def _links(row: Interface) -> list[Link]:
    try:
        return list_links(_namespace(row))
    except (OSError, PtcpdumpError):
        return []


def _namespace(row: Interface) -> Namespace:
    own = own_namespace()
    return own if row.netns in (0, own.inode) else Namespace(row.netns, row.netns_path)


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every[:_NAMED]) + (f" and {len(every) - _NAMED} more" if len(every) > _NAMED else "")


def _packets(n: int) -> str:
    return f"{n} packet{'' if n == 1 else 's'}"
