"""The ``socket-filter`` backend: a packet socket on each interface, whose filter is the capture program.

The filter refuses every packet once it has taken what is wanted of it, so nothing is queued at the socket. It needs
neither tcx nor clsact. Who sends is seen at a tracepoint before, where the kernel has it.
"""

import errno
import socket
from collections.abc import Sequence
from functools import partial

from ptcpdump.errors import InterfaceError, PtcpdumpError, UnsupportedError
from ptcpdump.filters import hooks
from ptcpdump.kernel.backends.base import Expression, FilterPrograms
from ptcpdump.kernel.backends.watched import Watched
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import RAW
from ptcpdump.threads import start_thread

_SOCKET_FILTER = 1      # BPF_PROG_TYPE_SOCKET_FILTER
_SO_ATTACH_BPF = 50     # asm-generic/socket.h; other numbers on Alpha, MIPS, PA-RISC and SPARC
_ETH_P_ALL = 3
_CLOSERS = 32           # threads, at most
_FEW = 8                # sockets for each


class PacketSocketBackend:
    """The sockets of one run; which direction is wanted is left to the programs (Config.directions)."""

    def __init__(self, loaded: Loaded, expression: Expression, _direction: str) -> None:
        self._loaded = loaded
        self._expression = expression
        self._filters = FilterPrograms()
        self._programs: dict[int, int | None] = {}
        self._sockets: dict[tuple[int, int], socket.socket] = {}
        self._watched = Watched(loaded)

    def attach(self, interface: Interface) -> None:
        """Open a socket on an interface of the current network namespace.

        Raises InterfaceError when it is gone, FilterError, and UnsupportedError when the kernel can't.
        """
        key = (interface.netns, interface.index)
        if key in self._sockets:
            return
        program = self._program(interface)
        if program is None:
            return
        # without link header: packets begin at the network header, also of tunnels that show a header of their own
        kind = socket.SOCK_DGRAM if interface.linktype == RAW else socket.SOCK_RAW
        try:
            tap = socket.socket(socket.AF_PACKET, kind, 0)    # protocol 0: gets nothing until bound
            self._sockets[key] = tap
            self._watched.add(interface)
            tap.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_BPF, program)
            tap.bind((interface.name, _ETH_P_ALL))
        except OSError as error:
            self.detach(interface)
            if error.errno in (errno.ENODEV, errno.ENXIO):
                raise InterfaceError(f"interface {interface.name} is gone: {error.strerror}") from error
            raise UnsupportedError(f"no packet socket with a filter on interface {interface.name}: {error.strerror}; "
                                   "the kernel needs CONFIG_PACKET, or try --backend tc") from error

    def detach(self, interface: Interface) -> None:
        """Close the socket of an interface; nothing happens for one that has none."""
        tap = self._sockets.pop((interface.netns, interface.index), None)
        if tap is not None:
            self._watched.drop(interface)
            tap.close()

    def look_around(self, run_inside: object) -> list[str]:
        """Nobody's programs stand before these."""
        return []

    def close(self) -> None:
        """Close all sockets and free the filters."""
        taps = list(self._sockets.values())
        self._sockets.clear()
        _close_together(taps)
        self._filters.close()

    def _program(self, interface: Interface) -> int | None:
        """The program for this kind of interface; None when the expression can't match its packets."""
        if interface.linktype not in self._programs:
            raw = interface.linktype == RAW
            capture = self._loaded.packet_program("packet_socket_l3" if raw else "packet_socket", interface.name)
            self._programs[interface.linktype] = self._filter(interface, capture)
        return self._programs[interface.linktype]

    def _filter(self, interface: Interface, capture: int) -> int | None:
        """Also where all packets match: a socket takes a program of 2,500 instructions at most before Linux 6.8
        (net.core.optmem_max), not counting what that one goes on to.
        """
        program = self._expression.compile_among_others(interface)
        return None if program is None else self._filters.load(program, hooks.socket_filter(), capture, _SOCKET_FILTER)


def _close_together(taps: Sequence[socket.socket]) -> None:
    """Close sockets. The kernel waits for an RCU grace period at each, 12 ms or so; several threads share it."""
    closers = min(_CLOSERS, len(taps) // _FEW)
    threads = []
    try:
        for i in range(closers):
            threads.append(start_thread(partial(_close, taps[i::closers]), "closing packet sockets"))
    except PtcpdumpError:
        pass        # there are no more threads
    for thread in threads:
        thread.join()
    _close(taps)    # those that nobody has closed


def _close(taps: Sequence[socket.socket]) -> None:
    for tap in taps:
        tap.close()
