"""Kernels before 5.10: the object `plain` (bpf/plain.bpf.c).

Which process a packet belongs to is told by kprobes and raw tracepoints where there are any (loading/openers.py), and
for all else looked up in /proc while packets are read (kernel/owners/lookup.py): later, so what is said of short-lived
sockets is less.
"""

from ptcpdump.errors import UnsupportedError
from ptcpdump.kernel.bindings.maps import write_map
from ptcpdump.kernel.bindings.object import Object
from ptcpdump.kernel.bindings.structs import CONFIG, u32
from ptcpdump.kernel.loading import probes
from ptcpdump.kernel.loading.features import usable
from ptcpdump.kernel.loading.openers import Openers
from ptcpdump.kernel.traits import DEFAULT

SINCE = (5, 10)         # from here on the kernel's hooks know owners
OBJECT = "plain.bpf.o"
_OLDER = "since this kernel is older than Linux 5.10"
_MISSED = "those of sockets that are open for a moment only are missed, "
_HELD = "a connection that several processes hold is shown as the youngest's"


def needed() -> bool:
    """Whether this kernel is one of those."""
    return probes.kernel_version() < SINCE or not usable("owners")


def refuse(backend: str, *, netns: int) -> None:
    """Raise UnsupportedError for what only the hooks of newer kernels can do."""
    if backend != DEFAULT.name:
        raise UnsupportedError(f"--backend {backend} needs Linux 5.12; on this kernel there is --backend "
                               f"{DEFAULT.name}")
    if not netns:
        raise UnsupportedError("capturing in several network namespaces at once needs Linux 5.10: name one with "
                               "--netns")


def loss(openers: Openers) -> str:
    """What is less known of owners than on newer kernels, in a sentence."""
    if openers.sees_all:
        return (f"owners are known by kprobes, {_OLDER}: those of sockets from before the capture are looked up in "
                f"/proc when packets are read; there {_HELD}")
    looked_up = f"owners are looked up in /proc when packets are read, {_OLDER}"
    if openers.working:
        return f"{looked_up}, but for TCP connections and servers that are opened from now on: {_MISSED}{_HELD}"
    return f"{looked_up}: {_MISSED}{_HELD}, and processes are shown as they are then"


def configure(loaded: Object, snaplen: int, netns: int, *, sending: bool = False) -> None:
    """Tell the loaded programs of the run. sending: it is told who opens connections before their first packet."""
    write_map(loaded.map_fd("settings"), u32(0), CONFIG.pack(snaplen=snaplen, netns=netns, tcp_sending=sending))
