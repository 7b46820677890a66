"""Programs given as bare eBPF instructions (no object file): loading, test runs, and the maps they need.

All file descriptors returned here belong to the caller.
"""

from array import array

def verifier_line(log: str) -> str:
    """The line of a verifier log that says what was wrong; empty when there is none."""

def load_program(
    kind: int,
    instructions: bytes,
    *,
    name: str,
    attach_type: int = 0,
    attach_btf_id: int = 0,
    license: str = ...,
) -> int:
    """Load instructions (8 bytes each) as a program of BPF_PROG_TYPE_ `kind`; returns its file descriptor.

    attach_type: enum bpf_attach_type, 0 where the type needs none. Raises PrivilegeError, or UnsupportedError that says
    in one line what the verifier minded and carries its whole log as a note (`error.__notes__`).
    """

def run_program(fd: int, data: bytes, repeat: int = 1) -> tuple[int, int]:
    """BPF_PROG_TEST_RUN with one packet: return value (unsigned) and mean ns per run.

    The kernel wants at least 14 bytes, 34 of IPv4 and 54 of IPv6. Raises OSError.
    """

def run_each(fd: int, packets: list[bytes]) -> array[int]:
    """One test run per packet: their return values."""

def tracepoint_btf_id(tracepoint: str) -> int:
    """BTF type of a raw tracepoint, for `attach_btf_id`; raises UnsupportedError."""

def attach_tracepoint(fd: int) -> int:
    """Attach a tp_btf program until the returned file descriptor is closed; raises UnsupportedError."""

def attach_link(fd: int, target: int, attach_type: int) -> int:
    """Attach until the returned file descriptor is closed; raises UnsupportedError.

    target: an interface index for tcx (attach types 46 and 47, Linux 6.6), a cgroup's file descriptor for cgroup hooks.
    """
