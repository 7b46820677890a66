"""What the running kernel can do: each capability by name, found by trying, asked once.

:mod:`ptcpdump.kernel.loading.report` tries the hooks themselves.
"""

import os
import re
from functools import cache
from pathlib import Path

from ptcpdump.errors import PrivilegeError, PtcpdumpError
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.bindings.maps import create_map
from ptcpdump.kernel.bindings.object import try_program
from ptcpdump.kernel.loading.features import OFF, usable
from ptcpdump.records import dataclass

BPF_PROG_TYPE_TRACING = 26
BPF_TRACE_FENTRY = 24
BPF_PROG_TYPE_CGROUP_SKB = 8
_BPF_MAP_TYPE_RINGBUF = 27


@dataclass(frozen=True, slots=True)
class Probe:
    """One capability: whether it is there (None: it can't be tried), why not, and since which kernel it should be."""

    name: str
    available: bool | None
    detail: str
    since: str


@cache
def kernel_version() -> tuple[int, int]:
    """Version of the running kernel as (major, minor)."""
    found = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def tracepoints_read_all() -> bool:
    """Whether tracepoints may read what is not in a packet's linear part: before 6.11, kernels that have
    bpf_dynptr_from_skb() (since 6.4) let other programs alone call it."""
    return kernel_version() >= (6, 11)


def kernel_has_types() -> bool:
    """Whether the kernel has type information of its own (CONFIG_DEBUG_INFO_BTF): without it, it takes no program that
    is bound to its types (tp_btf, fentry, iterators, kernel functions), whatever a file says (--kernel-btf)."""
    return Path("/sys/kernel/btf/vmlinux").exists() and usable("types")


def programs_version() -> tuple[int, int]:
    """The kernel that our programs are made for: older ones refuse some of what later ones take (bpf/verifier.h), and
    those without types have no kernel functions to call."""
    return kernel_version() if kernel_has_types() else min(kernel_version(), (5, 15))


@cache
def _function_error(function_id: int) -> str:
    return try_program(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, function_id)


def functions_allowed(types: Types) -> bool:
    """Whether programs may be attached to the entry of kernel functions (fentry, 5.5; some policies refuse it)."""
    function_id = types.function("tcp_sendmsg") if usable("functions") else None
    return function_id is not None and not _function_error(function_id)


def ring_buffer_error() -> str:
    """Why there are no ring buffers (5.8); "": there are."""
    if not usable("ringbuf"):
        return OFF
    return _ring_buffer_error()


@cache
def _ring_buffer_error() -> str:
    try:
        os.close(create_map(_BPF_MAP_TYPE_RINGBUF, 0, 0, os.sysconf("SC_PAGESIZE"), name="probe"))
    except PrivilegeError:
        return ""       # what needs one says so
    except PtcpdumpError as error:
        return str(error)
    return ""


def own_namespace() -> int:
    """Inode of our own network namespace."""
    return Path("/proc/self/ns/net").stat().st_ino


def preemptible_softirqs() -> bool:
    """Whether a packet's hook may be interrupted by another packet's on the same CPU (PREEMPT_RT)."""
    return "PREEMPT_RT" in os.uname().version
