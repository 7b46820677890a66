"""Programs given as bare eBPF instructions (no object file): loading, attaching and test runs."""
import errno
import os
from array import array

from libc.errno cimport errno as c_errno
from libc.stdint cimport uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset
from ptcpdump.kernel.bindings.libbpf cimport *

from ptcpdump.errors import PrivilegeError, UnsupportedError

cdef enum:
    LOG_SIZE = 1 << 20  # bytes of verifier log

BPF_TRACE_RAW_TP = 23  # enum bpf_attach_type


def verifier_line(log):
    for line in reversed(log.splitlines()):
        line = line.strip()
        if line and not line.startswith(("processed ", "verification time", "stack depth")):
            return line
    return ""


cdef load_error(str name, int code, str log):
    if code == errno.EPERM:
        return PrivilegeError(f"BPF program {name}: the kernel forbids loading it; run as root, or with CAP_BPF, "
                              "CAP_NET_ADMIN and CAP_PERFMON")
    if code == errno.E2BIG:
        reason = "too large or too complex for this kernel (4096 instructions before Linux 5.2); simplify it"
    else:
        reason = f"{os.strerror(code)}"
        if line := verifier_line(log):
            reason += f": {line}"
    error = UnsupportedError(f"BPF program {name} refused by kernel {os.uname().release}: {reason}")
    if log:
        error.add_note(log)
    return error


def load_program(int kind, bytes instructions not None, *, str name, int attach_type=0, uint32_t attach_btf_id=0,
                 str license="Dual MIT/GPL"):
    cdef bpf_prog_load_opts options
    cdef bytes c_name = name.encode()[:15], c_license = license.encode()
    cdef const char *code = instructions
    cdef size_t count = len(instructions) // 8
    cdef int fd
    memset(&options, 0, sizeof(options))
    options.sz = sizeof(options)
    options.expected_attach_type = attach_type
    options.attach_btf_id = attach_btf_id
    fd = bpf_prog_load(kind, c_name, c_license, <const bpf_insn *>code, count, &options)
    if fd >= 0:
        return fd
    cdef int failure = -fd
    # The log costs time, so the kernel writes it only in a second attempt, which fails likewise
    cdef char *log = <char *>calloc(LOG_SIZE, 1)
    if log == NULL:
        raise load_error(name, failure, "")
    try:
        options.log_buf = log
        options.log_size = LOG_SIZE
        options.log_level = 1
        fd = bpf_prog_load(kind, c_name, c_license, <const bpf_insn *>code, count, &options)
        if fd >= 0:
            return fd
        raise load_error(name, failure, (<bytes>log).decode("utf-8", "replace"))
    finally:
        free(log)


def run_program(int fd, bytes data not None, int repeat=1):
    cdef bpf_test_run_opts options
    memset(&options, 0, sizeof(options))
    options.sz = sizeof(options)
    options.data_in = <const char *>data
    options.data_size_in = len(data)
    options.repeat = repeat
    if bpf_prog_test_run_opts(fd, &options) != 0:
        raise OSError(c_errno, os.strerror(c_errno), f"test run of a BPF program with {len(data)} bytes")
    return options.retval, options.duration


def run_each(int fd, list packets not None):
    cdef bpf_test_run_opts options
    cdef bytes data
    verdicts = array("I", bytes(4 * len(packets)))
    cdef unsigned int[::1] to = verdicts
    cdef Py_ssize_t i
    for i in range(len(packets)):
        data = packets[i]
        memset(&options, 0, sizeof(options))
        options.sz = sizeof(options)
        options.data_in = <const char *>data
        options.data_size_in = len(data)
        options.repeat = 1
        if bpf_prog_test_run_opts(fd, &options) != 0:
            raise OSError(c_errno, os.strerror(c_errno), f"test run of a BPF program with packet {i}")
        to[i] = options.retval
    return verdicts


def tracepoint_btf_id(str tracepoint not None):
    cdef bytes name = tracepoint.encode()
    cdef int found = libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP)
    if found < 0:
        raise UnsupportedError(f"kernel {os.uname().release} has no BTF type of the raw tracepoint {tracepoint}; "
                               "it needs CONFIG_DEBUG_INFO_BTF and Linux 5.5")
    return found


def attach_tracepoint(int fd):
    cdef int link = bpf_raw_tracepoint_open(NULL, fd)
    if link < 0:
        raise UnsupportedError(f"a raw tracepoint program can't be attached: {os.strerror(-link)}")
    return link


def attach_link(int fd, int target, int attach_type):
    cdef int link = bpf_link_create(fd, target, attach_type, NULL)
    if link < 0:
        raise UnsupportedError(f"a BPF program can't be attached (enum bpf_attach_type {attach_type}) on kernel "
                               f"{os.uname().release}: {os.strerror(-link)}")
    return link
