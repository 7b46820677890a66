"""tcx (Linux 6.6). By bpf(2) itself: libbpf knows of the order of programs since 1.3, and Debian 12 has 1.1."""

import errno
import os

from libc.errno cimport errno as c_errno
from libc.stdint cimport uint8_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memset


cdef extern from "<sys/syscall.h>" nogil:
    enum:
        SYS_bpf

cdef extern from "<unistd.h>" nogil:
    long syscall(long number, ...)


cdef enum:
    PROG_QUERY = 16             # enum bpf_cmd
    PROG_GET_FD_BY_ID = 13
    LINK_CREATE = 28
    OBJ_GET_INFO_BY_FD = 15
    LINK_DETACH = 34
    TCX_INGRESS = 46            # enum bpf_attach_type
    TCX_EGRESS = 47
    BEFORE = 8                  # BPF_F_BEFORE; without a program to be before: before all
    MOST = 64                   # programs at one place (BPF_MPROG_MAX)


# The parts of union bpf_attr (linux/bpf.h) that these commands read.
cdef struct create_attr:
    uint32_t prog_fd
    uint32_t target_ifindex
    uint32_t attach_type
    uint32_t flags
    uint32_t relative_fd
    uint32_t unused
    uint64_t expected_revision


cdef struct query_attr:
    uint32_t target_ifindex
    uint32_t attach_type
    uint32_t query_flags
    uint32_t attach_flags
    uint64_t prog_ids
    uint32_t count
    uint32_t unused
    uint64_t prog_attach_flags
    uint64_t link_ids
    uint64_t link_attach_flags
    uint64_t revision


cdef struct info_attr:
    uint32_t bpf_fd
    uint32_t info_len
    uint64_t info


cdef struct link_info:          # the beginning of struct bpf_link_info
    uint32_t type
    uint32_t id


cdef struct program_info:       # the beginning of struct bpf_prog_info
    uint32_t type
    uint32_t id
    uint8_t tag[8]
    uint32_t jited_len
    uint32_t translated_len
    uint64_t jited
    uint64_t translated
    uint64_t load_time
    uint32_t created_by
    uint32_t maps
    uint64_t map_ids
    char name[16]


cdef struct id_attr:
    uint32_t id
    uint32_t next_id
    uint32_t flags


cdef long bpf(int command, void *attr, uint32_t size) noexcept nogil:
    """bpf(2); the negative error number when it fails."""
    cdef long result = syscall(SYS_bpf, <long>command, attr, <unsigned long>size)
    return result if result >= 0 else -c_errno


cdef object failure(long error):
    return OSError(-error, os.strerror(-error))


def attach_first(int program_fd, int ifindex, *, bint egress):
    cdef create_attr attr
    cdef long fd
    memset(&attr, 0, sizeof(attr))
    attr.prog_fd = program_fd
    attr.target_ifindex = ifindex
    attr.attach_type = TCX_EGRESS if egress else TCX_INGRESS
    attr.flags = BEFORE
    with nogil:                 # it waits for a grace period
        fd = bpf(LINK_CREATE, &attr, sizeof(attr))
    if fd < 0:
        raise failure(fd)
    return fd


cdef int tell(int fd, void *info, uint32_t size) except -1:
    """What the kernel says of a link or a program, as much as there is room for."""
    cdef info_attr attr
    cdef long error
    memset(info, 0, size)
    memset(&attr, 0, sizeof(attr))
    attr.bpf_fd = fd
    attr.info_len = size
    attr.info = <uint64_t><uintptr_t>info
    error = bpf(OBJ_GET_INFO_BY_FD, &attr, sizeof(attr))
    if error < 0:
        raise failure(error)
    return 0


def detach(int link_fd):
    cdef uint32_t attr = link_fd
    cdef long error
    with nogil:
        error = bpf(LINK_DETACH, &attr, sizeof(attr))
    if error < 0:
        raise failure(error)


def link_id(int link_fd):
    cdef link_info info
    tell(link_fd, &info, sizeof(info))
    return info.id


def described(int program_fd):
    cdef program_info info
    tell(program_fd, &info, sizeof(info))
    return <bytes>info.name, info.tag[:8]


def described_by_id(uint32_t program):
    cdef id_attr attr
    cdef long fd
    memset(&attr, 0, sizeof(attr))
    attr.id = program
    fd = bpf(PROG_GET_FD_BY_ID, &attr, sizeof(attr))
    if fd < 0:
        raise failure(fd)
    try:
        return described(fd)
    finally:
        os.close(fd)


def standing(int ifindex, *, bint egress):
    cdef uint32_t programs[MOST]
    cdef uint32_t links[MOST]
    cdef query_attr attr
    cdef long error
    memset(&attr, 0, sizeof(attr))
    memset(links, 0, sizeof(links))
    attr.target_ifindex = ifindex
    attr.attach_type = TCX_EGRESS if egress else TCX_INGRESS
    attr.prog_ids = <uint64_t><uintptr_t>programs
    attr.link_ids = <uint64_t><uintptr_t>links
    attr.count = MOST
    error = bpf(PROG_QUERY, &attr, sizeof(attr))
    if error in (-errno.EINVAL, -errno.EOPNOTSUPP):
        return None
    if error < 0:
        raise failure(error)
    return [(programs[i], links[i]) for i in range(min(attr.count, <uint32_t>MOST))]
