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
_BY_PROC = "owners are looked up in /proc when packets are read, since this kernel is older than Linux 5.10"
_REST = "a socket that several processes hold is shown as the youngest's, and processes are shown as they are then"


def needed() -> bool:
    """Whether this kernel is one of those."""
    return probes.kernel_version() < SINCE or not usable("owners")


def refuse(backend: str, *, selects: bool, netns: int) -> None:
    """Raise UnsupportedError for what only the hooks of newer kernels can do."""
    if backend != DEFAULT.name:
        raise UnsupportedError(f"--backend {backend} needs Linux 5.12; on this kernel there is --backend "
                               f"{DEFAULT.name}")
    if selects:
        raise UnsupportedError("choosing packets by process, user, container or pod needs Linux 5.10: capture without, "
                               "to a file with -w, and choose when you read it with -r")
    if not netns:
        raise UnsupportedError("capturing in several network namespaces at once needs Linux 5.10: name one with "
                               "--netns")


def loss(openers: Openers) -> str:
    """What is less known of owners than on newer kernels, in a sentence."""
    if openers.sees_all:
        return ("owners are known by kprobes, since this kernel is older than Linux 5.10: those of sockets from before "
                f"the capture are looked up in /proc when packets are read; there {_REST}")
    if openers.working:
        return (f"{_BY_PROC}, but for TCP connections and servers that are opened from now on: those of other sockets "
                f"that are open for a moment only are missed, {_REST}")
    return f"{_BY_PROC}: those of sockets that are open for a moment only are missed, {_REST}"


def configure(loaded: Object, snaplen: int, netns: int, *, sending: bool = False) -> None:
    """Tell the loaded programs of the run. sending: it is told who opens connections before their first packet."""
    write_map(loaded.map_fd("settings"), u32(0), CONFIG.pack(snaplen=snaplen, netns=netns, tcp_sending=sending))
