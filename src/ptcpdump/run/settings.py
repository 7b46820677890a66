"""What a live capture is asked to do: plain data, checked by Preparation."""

from collections.abc import Mapping
from enum import Enum

from ptcpdump.errors import UsageError
from ptcpdump.filters.owner import OwnerFilter
from ptcpdump.kernel.traits import DEFAULT
from ptcpdump.records import dataclass, field

SNAPLEN_MAX = 262144    # bytes, as tcpdump's limit


class Delivery(Enum):
    """How late a packet may come out, at the most."""

    EACH = "at once"            # the kernel wakes us for it: what that costs is paid by whoever sends or receives it
    PROMPT = "10 ms"            # somebody watches
    BATCHES = "50 ms"           # nobody does


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to capture and how. Sizes are bytes; empty tuples mean the default."""

    interfaces: tuple[str, ...] = ()
    netns: tuple[str, ...] = ()
    direction: str = "inout"
    backend: str = DEFAULT.name
    snaplen: int = SNAPLEN_MAX
    buffer_size: int = 0        # 0: what suits the machine
    expression: str = ""
    optimize: bool = True
    peer_match: bool = True
    both_ends: bool = False     # on the loopback device who has the other end is told, too: pcapng holds it
    delivery: Delivery = Delivery.PROMPT
    max_packets: int = 0
    hint_after: float = 0.0     # seconds without any packet after which to say what may be the reason; 0: never
    kernel_btf: str = ""
    owner: OwnerFilter = field(default_factory=OwnerFilter)
    runtimes: Mapping[str, str] = field(default_factory=dict)   # addresses that were given, by name of the runtime
    tls_keys: frozenset[str] = frozenset()      # kinds of programs whose TLS keys are taken; see tls/kinds.py
    programs: tuple[str, ...] = ()      # files that will be executed once the capture runs

    def check(self) -> None:
        """Raise UsageError, in the words of ptcpdump.capture(), for values that can't be.

        The command line has done so itself.
        """
        for name, value, most in (("snaplen", self.snaplen, SNAPLEN_MAX), ("max_packets", self.max_packets, 2**63 - 1),
                                  ("buffer_size", self.buffer_size, 2**31)):
            if not isinstance(value, int) or not 0 <= value <= most:
                raise UsageError(f"{name}={value!r}: must be a number from 0 to {most}")
        if self.direction not in ("in", "out", "inout"):
            raise UsageError(f"direction={self.direction!r}: must be in, out or inout")
        if not isinstance(self.expression, str):
            raise UsageError(f"expression={self.expression!r}: must be a text")
