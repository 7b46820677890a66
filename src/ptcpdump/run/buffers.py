"""Which of the kernel's buffers a live capture reads: those that its programs have (kernel/loading/transport.py)."""

from ptcpdump.kernel.bindings.lanes import Lanes
from ptcpdump.kernel.bindings.object import possible_cpus
from ptcpdump.kernel.bindings.ring import Ring
from ptcpdump.kernel.bindings.structs import EVENT_BUFFER, EVENT_LONGEST
from ptcpdump.kernel.loading.loader import Loaded
from ptcpdump.sources.live import LiveSource


def read_buffers(source: LiveSource, loaded: Loaded) -> None:
    """Have a source read packets and process events of loaded programs. Raises OSError where one can't be mapped."""
    transport, maps = loaded.transport, loaded.object
    if transport.ring:
        source.read_rings(Ring(maps.map_fd("packets"), transport.ring),
                          Ring(maps.map_fd("events"), EVENT_BUFFER, EVENT_LONGEST))
    else:
        source.read_perf(maps.map_fd("packets_perf"), maps.map_fd("events_perf"), transport.perf_pages)
    if transport.lane:
        source.read_lanes(Lanes(maps.map_fd("lanes"), possible_cpus(), transport.lane, transport.lane_stride))
