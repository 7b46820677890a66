"""How packets get from the kernel to us in a run: which buffers there are, and how large.

Packets that somebody wants one by one go through one ring for all CPUs, which wakes us for each. For batches each CPU
has a lane of its own in shared memory: no CPU waits for another one's lock, and a record is put together where it is
read. Where the kernel has no ring buffers (before 5.8) perf buffers take their place.
"""

import os

from ptcpdump.errors import UsageError
from ptcpdump.kernel.bindings.object import Object, possible_cpus
from ptcpdump.kernel.bindings.structs import LANE_HEAD, RECORD_SIZE
from ptcpdump.kernel.loading import probes
from ptcpdump.kernel.loading.features import usable
from ptcpdump.kernel.traits import Traits
from ptcpdump.records import dataclass

MAX_CAPTURE = 1 << 18               # bytes of a packet, at most; as in bpf/lanes.h
SPARE_SLOTS = 8                     # as in bpf/slots.h
_BATCH = 1 << 20                    # bytes of a CPU's packets after which the kernel wakes us
_DEFAULT = 8 << 20
_LANE, _SMALLEST_LANE = 2 << 20, 1 << 20    # by default; below this, one buffer for all CPUs holds more of a burst
_LARGEST_LANE = 256 << 20           # half of what the verifier allows as an offset (BPF_MAX_VAR_OFF)
_LARGEST_BEFORE = 2 << 20           # before 6.1 a map's values have 4 MiB at most (KMALLOC_MAX_SIZE)
_ALL_LANES = 64 << 20               # by default no more than this for all of them


@dataclass(frozen=True, slots=True)
class Transport:
    """The buffers of a run."""

    ring: int = 0           # bytes of the packet ring; where there are lanes it only wakes us
    lane: int = 0           # bytes of records of each CPU, a power of two; 0: there are no lanes
    perf_pages: int = 0     # pages of each CPU's perf buffers, where there is no ring
    batch: int = 0          # bytes of a CPU's packets after which the kernel wakes us, when nobody waits for each

    @property
    def lane_stride(self) -> int:
        """Bytes from one CPU's lane to the next: its head, its records, and what the last needs beyond their end."""
        return _up(LANE_HEAD + self.lane + RECORD_SIZE + MAX_CAPTURE, os.sysconf("SC_PAGESIZE"))

    def prepare(self, opened: Object, backend: Traits) -> None:
        """Give the maps of an object that is not loaded yet their sizes, and leave out those that are not used."""
        cpus = possible_cpus()
        slots = cpus if backend.uninterrupted else cpus + SPARE_SLOTS
        opened.resize("taken", max_entries=slots)
        if self.lane:
            opened.resize("lanes", max_entries=cpus, value_size=self.lane_stride)
            opened.leave_out("scratch")
        else:
            opened.leave_out("lanes")
            opened.resize("scratch", max_entries=slots)
        if self.ring:
            opened.resize("packets", max_entries=self.ring)
            opened.leave_out("packets_perf")
            opened.leave_out("events_perf")
        else:
            opened.leave_out("packets")
            opened.leave_out("reader")
            opened.leave_out("events")


def choose_transport(*, size: int, immediate: bool, rings: bool, backend: Traits) -> Transport:
    """The buffers for a run, of `size` bytes in all (0: what suits the machine).

    immediate: we are woken for each packet. rings: the kernel has ring buffers. Raises UsageError when the size is
    negative.
    """
    if size < 0:
        raise UsageError(f"a buffer of {size} bytes is too small")
    cpus, page = possible_cpus(), os.sysconf("SC_PAGESIZE")
    whole = _power_of_two(max(size or _DEFAULT, page))
    if not rings:
        return Transport(perf_pages=_power_of_two(max(1, whole // page // cpus)))
    if not immediate and backend.uninterrupted and _have_lanes():
        lane = _lane(size, cpus)
        if lane:
            return Transport(ring=page, lane=lane, batch=min(_BATCH, lane // 4))
    return Transport(ring=whole, batch=min(_BATCH, whole // 4 // cpus))


def _have_lanes() -> bool:
    """Whether the kernel knows the instruction that publishes a record; on x86 it is a store like any other."""
    if not usable("lanes"):
        return False
    if os.uname().machine in ("x86_64", "i686"):
        known = probes.kernel_version() >= (5, 8)
    else:
        known = probes.kernel_version() >= (5, 17) and probes.kernel_has_types()    # see loader._object_name()
    return known and not probes.preemptible_softirqs()


def _lane(size: int, cpus: int) -> int:
    """Bytes of each CPU's lane; 0 where it would be too small, or larger than a map's values may be."""
    largest = _LARGEST_LANE if probes.kernel_version() >= (6, 1) else _LARGEST_BEFORE
    each = size // cpus
    if not size:
        whole = max(_DEFAULT, cpus * _LANE)
        each = min(whole // cpus, largest) if whole <= _ALL_LANES else 0
    return 1 << each.bit_length() - 1 if _SMALLEST_LANE <= each < 2 * largest else 0


def _power_of_two(size: int) -> int:
    """The smallest that is no less than `size`."""
    return 1 << (size - 1).bit_length()


def _up(size: int, unit: int) -> int:
    return -(-size // unit) * unit
