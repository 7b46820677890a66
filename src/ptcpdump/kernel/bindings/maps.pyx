"""Maps: created, read and written by their descriptors. Keys and values are bytes, see structs for their layout."""

import errno
import os

from libc.stdint cimport uint32_t, uint64_t
from ptcpdump.kernel.bindings.libbpf cimport *

from ptcpdump.errors import PrivilegeError, PtcpdumpError, UnsupportedError


def create_map(int kind, uint32_t key_size, uint32_t value_size, uint32_t entries, *, str name not None=""):
    cdef bytes c_name = name.encode()[:15]
    cdef int fd = bpf_map_create(kind, c_name, key_size, value_size, entries, NULL)
    if fd < 0:
        if fd == -errno.EPERM:
            raise PrivilegeError(f"BPF map {name}: the kernel forbids creating it; run as root or with CAP_BPF")
        raise UnsupportedError(f"BPF map {name} refused by kernel {os.uname().release}: {os.strerror(-fd)}")
    return fd


def read_map(int fd, bytes key not None, int value_size):
    cdef bytearray value = bytearray(value_size)
    if bpf_map_lookup_elem(fd, <const char *>key, <char *>value):
        return None
    return bytes(value)


def write_map(int fd, bytes key not None, bytes value not None):
    cdef int error = bpf_map_update_elem(fd, <const char *>key, <const char *>value, 0)
    if error:
        raise PtcpdumpError(f"can't write to a BPF map: {os.strerror(-error)}")


def delete_from_map(int fd, bytes key not None):
    return bpf_map_delete_elem(fd, <const char *>key) == 0
