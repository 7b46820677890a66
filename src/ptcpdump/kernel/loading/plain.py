"""Packets without owners in the kernel, for those before 5.10: the object `plain` (bpf/plain.bpf.c).

Which process a packet belongs to is looked up in /proc while packets are read (kernel/owners/lookup.py): later than the
hooks of newer kernels tell it, so what is said of short-lived sockets is less.
"""

from ptcpdump.errors import UnsupportedError
from ptcpdump.kernel.bindings.maps import write_map
from ptcpdump.kernel.bindings.object import Object
from ptcpdump.kernel.bindings.structs import CONFIG, u32
from ptcpdump.kernel.loading import probes
from ptcpdump.kernel.loading.features import usable
from ptcpdump.kernel.traits import DEFAULT

SINCE = (5, 10)         # from here on the kernel's hooks know owners
OBJECT = "plain.bpf.o"
LOSSES = (
    "owners are looked up in /proc when packets are read, since this kernel is older than Linux 5.10: those of sockets "
    "that are open for a moment only are missed, a socket that several processes hold is shown as the youngest's, and "
    "processes are shown as they are then",
)


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


def configure(loaded: Object, snaplen: int, netns: int) -> None:
    """Tell the loaded programs of the run."""
    write_map(loaded.map_fd("settings"), u32(0), CONFIG.pack(snaplen=snaplen, netns=netns))
