"""Writing pcapng files (draft-ietf-opsawg-pcapng) with what is known of interfaces and owners.

Block and option layout is that of the Go tool's files, so that its readers and ours understand both; times are in
nanoseconds, numbers in this machine's byte order.
"""

import collections
import os
import struct
import time

from libc.stdint cimport uint8_t, uint16_t
from libc.string cimport memcpy

from ptcpdump import __version__
from ptcpdump.context.render import encode_option
from ptcpdump.packet cimport DIRECTION_UNKNOWN, Packet
from ptcpdump.buffer cimport buffer_room, put_bytes


cdef enum:
    SECTION_HEADER = 0x0a0d0d0a
    INTERFACE_DESCRIPTION = 1
    INTERFACE_STATISTICS = 5
    ENHANCED_PACKET = 6
    DECRYPTION_SECRETS = 10
    OPT_FLAGS = 2
    OPT_PROCESS_THREAD = 8
    MAX_REPEATED = 4194304      # bytes of secrets that are repeated in each file of a rotation, the latest ones


cdef inline uint8_t *put32(uint8_t *to, uint32_t v) noexcept nogil:
    memcpy(to, &v, 4)
    return to + 4


cdef class PcapngSink(SavefileSink):
    """Writes one pcapng file, or several in rotation; see SavefileSink."""

    def __init__(self, path, *, rotation=None, bint immediate=False):
        self.statistics = {}
        self.secrets = collections.deque()
        self.begin()

    cdef int block(self, uint32_t kind, bytes body) except -1:
        cdef bytes whole
        length = 12 + len(body)
        whole = struct.pack("=II", kind, length) + body + struct.pack("=I", length)
        put_bytes(&self.output.buffer, <const char *>whole, len(whole))
        return 0

    cdef int begin(self) except -1:
        system = os.uname()
        options = (
            encode_option(4, f"ptcpdump {__version__}".encode())            # shb_userappl
            + encode_option(2, system.machine.encode())                     # shb_hardware
            + encode_option(3, f"{system.sysname} {system.release}".encode())   # shb_os
        )
        self.block(SECTION_HEADER, struct.pack("=IHHq", 0x1a2b3c4d, 1, 0, -1) + options + bytes(4))
        for interface in self.interfaces:
            self.block(INTERFACE_DESCRIPTION, description(interface))
        for kind, secrets in self.secrets:
            self.block(DECRYPTION_SECRETS, padded_secrets(kind, secrets))
        return self.output.written()

    cpdef int add_interface(self, interface) except -1:
        self.interfaces.append(interface)
        self.described += 1
        self.block(INTERFACE_DESCRIPTION, description(interface))
        return self.output.written()

    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1:
        self.secrets.append((kind, secrets))
        self.secret_bytes += len(secrets)
        while self.secret_bytes > MAX_REPEATED and len(self.secrets) > 1:
            self.secret_bytes -= len(self.secrets.popleft()[1])
        self.block(DECRYPTION_SECRETS, padded_secrets(kind, secrets))
        return self.output.written()

    cpdef int set_statistics(self, uint32_t interface, uint64_t received, uint64_t dropped) except -1:
        self.statistics[interface] = (received, dropped)
        return 0

    cdef int finish(self) except -1:
        cdef int64_t now = self.last_time or time.time_ns()
        for interface, (received, dropped) in sorted(self.statistics.items()):
            if interface >= self.described:
                continue
            options = encode_option(4, struct.pack("=Q", received)) + encode_option(5, struct.pack("=Q", dropped))
            stamp = struct.pack("=III", interface, now >> 32, now & 0xffffffff)
            self.block(INTERFACE_STATISTICS, stamp + options + bytes(4))
        return 0

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef uint32_t padded = (p.captured + 3) & ~<uint32_t>3
        cdef uint32_t flags = 8 if p.direction != DIRECTION_UNKNOWN else 0
        cdef uint32_t owner = 12 if p.context != NULL and p.context.pid else 0
        cdef uint32_t comments = p.context.options.len if p.context != NULL else 0
        cdef uint32_t options = comments + flags + owner
        cdef uint32_t length = 32 + padded + (options + 4 if options else 0)
        cdef uint64_t stamp = <uint64_t>p.time if p.time > 0 else 0
        cdef uint8_t *to
        self.turn()
        if p.interface >= self.described:
            with gil:
                raise IndexError(f"packet of interface {p.interface}, but {self.described} have been announced")
        self.last_time = p.time
        to = <uint8_t *>buffer_room(&self.output.buffer, length)    # in one piece, if the data is copied
        to = put32(to, ENHANCED_PACKET)
        to = put32(to, length)
        to = put32(to, p.interface)
        to = put32(to, <uint32_t>(stamp >> 32))
        to = put32(to, <uint32_t>stamp)
        to = put32(to, p.captured)
        put32(to, p.length)
        self.output.buffer.len += 28
        self.output.put_data(p.data, p.captured, p.stays)
        to = <uint8_t *>self.output.buffer.data + self.output.buffer.len
        put32(to, 0)        # padding, and what the next fields are written over
        to += padded - p.captured
        if comments:
            memcpy(to, p.context.options.data, comments)
            to += comments
        if flags:
            to = put32(put_code(to, OPT_FLAGS, 4), p.direction)
        if owner:
            to = put32(put32(put_code(to, OPT_PROCESS_THREAD, 8), p.context.pid), p.context.tid)
        if options:
            to = put32(to, 0)
        to = put32(to, length)
        self.output.buffer.len = <char *>to - self.output.buffer.data
        return self.output.written()


cdef inline uint8_t *put_code(uint8_t *to, uint16_t code, uint16_t n) noexcept nogil:
    """The head of an option of n bytes."""
    memcpy(to, &code, 2)
    memcpy(to + 2, &n, 2)
    return to + 4


def description(interface) -> bytes:
    """Body of an interface description block."""
    texts = []
    if interface.name:
        texts.append((2, interface.name.encode(errors="surrogateescape")))
    if interface.index:
        texts.append((1, f"ifIndex: {interface.index}, netNsInode: {interface.netns}, "
                         f"netNsPath: {interface.netns_path}".encode(errors="surrogateescape")))
    if interface.description:
        texts.append((3, interface.description.encode(errors="surrogateescape")))
    if interface.filter:
        texts.append((11, b"\0" + interface.filter.encode(errors="surrogateescape")))
    texts += [(12, b"linux"), (9, b"\x09")]
    options = b"".join(encode_option(code, value[:65535]) for code, value in texts)
    return struct.pack("=HHI", interface.linktype, 0, interface.snaplen) + options + bytes(4)


def padded_secrets(kind: int, secrets: bytes) -> bytes:
    """Body of a decryption secrets block."""
    return struct.pack("=II", kind, len(secrets)) + secrets + bytes((4 - len(secrets) % 4) % 4)
