"""What the backends have in common: how one is asked to attach, and the filter in front of its capture program.

With a filter expression the attached program is the filter; it enters the capture program by a tail call, so the
capture program needs to know nothing of filters and other programs' verdicts stay as they are.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ptcpdump.errors import FilterError
from ptcpdump.filters.hooks import Hook
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import ETHERNET
from ptcpdump.records import dataclass

with lazy_modules:      # most captures have no expression
    from ptcpdump.filters import expression, translate
    from ptcpdump.kernel.bindings import maps, rawprog, structs

if TYPE_CHECKING:
    from ptcpdump.filters.pcap import Program

_PROG_ARRAY = 3         # BPF_MAP_TYPE_PROG_ARRAY


@dataclass(frozen=True, slots=True)
class Expression:
    """A pcap-filter(7) expression with what its compilation depends on."""

    text: str
    snaplen: int
    optimize: bool = True
    netmask: int = 0

    def compile(self, interface: Interface) -> "Program":
        """For packets of an interface; raises FilterError."""
        return expression.compile_live(self.text, interface.linktype, interface=interface.name, snaplen=self.snaplen,
                                       optimize=self.optimize, netmask=self.netmask)

    def compile_among_others(self, interface: Interface) -> "Program | None":
        """The same; None for `arp` on a tunnel, for instance, which stands next to interfaces that have ARP."""
        try:
            return self.compile(interface)
        except FilterError as error:
            if interface.linktype != ETHERNET and "expression rejects all packets" in str(error):
                return None
            raise


class Backend(Protocol):
    """Where packets are taken. Everything is detached by close(), and by the kernel when the process dies."""

    def attach(self, interface: Interface) -> None:
        """Capture on an interface of the current network namespace.

        Raises InterfaceError when it is gone, FilterError, and UnsupportedError when the kernel can't.
        """

    def detach(self, interface: Interface) -> None:
        """Let go of an interface; nothing happens for one that is not attached or has gone away."""

    def look_around(self, run_inside: Callable[[Interface, Callable[[], None]], None]) -> list[str]:
        """Look for what keeps packets from us, now and then, and say it.

        run_inside(interface, function): call the function in the interface's namespace.
        """

    def close(self) -> None:
        """Let go of all interfaces and free the filter programs."""


class FilterPrograms:
    """The filter programs of one run; close() frees them."""

    def __init__(self) -> None:
        self._descriptors: list[int] = []

    def load(self, program: "Program", hook: Hook, capture: int, kind: int, *, attach_type: int = 0,
             attach_btf_id: int = 0) -> int:
        """A loaded program of type `kind` that enters the program `capture` when a packet matches; its descriptor.

        Raises FilterError, UnsupportedError.
        """
        calls = maps.create_map(_PROG_ARRAY, 4, 4, 1, name="ptcpdump_capture")
        self._descriptors.append(calls)
        maps.write_map(calls, structs.u32(0), structs.u32(capture))
        code = expression.kernel_program(program, hook, translate.TailCall(calls))
        loaded = rawprog.load_program(kind, code, name="ptcpdump_filter", attach_type=attach_type,
                                      attach_btf_id=attach_btf_id)
        self._descriptors.append(loaded)
        return loaded

    def close(self) -> None:
        """Free all."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()


def directions(word: str) -> list[bool]:
    """Whether -Q means packets that come in (False) or go out (True)."""
    return [out for out, name in ((False, "in"), (True, "out")) if word in ("inout", name)]
