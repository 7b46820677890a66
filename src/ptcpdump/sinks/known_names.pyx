"""What a capture tells of the names of addresses: answers of name servers in its packets, and what our resolver has found.

Readers like Wireshark learn names from answers by themselves, but only from those in the same file: in a rotation most are
in an earlier one, and an expression may leave them out of all later ones.
"""

from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from ptcpdump.buffer cimport buffer_free, put_bytes
from ptcpdump.dissect.reader cimport get_be16
from ptcpdump.hashing cimport hash_of
from ptcpdump.sinks.name_records import records


cdef enum:
    MOST_BYTES = 262144     # of messages that are kept, the first ones: a flood of answers costs no more
    LARGEST = 4096          # bytes of one that is looked at
    UDP = 17
    DOMAIN = 53
    HEADER = 12             # of a message: RFC 1035, 4.1.1
    RESPONSE = 0x8000       # bits of its second number
    CODE = 0x000f


cdef int network_at(const Packet *p) noexcept nogil:
    """Where the network header of common link types begins; -1 for others, and for what is tagged."""
    cdef uint32_t kind = p.linktype
    if kind == 1:           # LINKTYPE_ETHERNET
        return 14
    if kind == 276:         # LINKTYPE_LINUX_SLL2
        return 20
    if kind == 113:         # LINKTYPE_LINUX_SLL
        return 16
    return 0 if kind == 101 or kind == 228 or kind == 229 else -1       # LINKTYPE_RAW, IPV4, IPV6


cdef class KnownNames:
    """looked_up() gives the names that our resolver has found, by address as bytes."""

    def __cinit__(self, looked_up not None):
        self.looked_up = looked_up

    def __dealloc__(self):
        buffer_free(&self.messages)

    cdef void look(self, const Packet *p) noexcept nogil:
        cdef int at = network_at(p)
        cdef const uint8_t *ip = p.data + at
        cdef uint32_t n = p.captured - at, header = 40, size
        cdef uint64_t hash
        if at < 0 or p.captured != p.length or p.captured < <uint32_t>at + 20 + 8 + HEADER or n > LARGEST:
            return
        if ip[0] >> 4 == 4:
            header = 4 * (ip[0] & 15)
            if ip[9] != UDP or get_be16(ip + 6) & 0x3fff:       # fragments have no answer that is whole
                return
        elif ip[0] >> 4 != 6 or ip[6] != UDP:
            return
        if n < header + 8 + HEADER or get_be16(ip + header) != DOMAIN:
            return
        ip += header + 8
        size = n - header - 8
        if get_be16(ip + 2) & (RESPONSE | CODE) != RESPONSE or get_be16(ip + 6) == 0:
            return
        hash = hash_of(ip + 2, size - 2) | 1    # without the message's number; 0 is an empty slot
        if self.seen[hash >> 1 & (SLOTS - 1)] == hash or self.messages.len + size + 4 > MOST_BYTES:
            return
        self.seen[hash >> 1 & (SLOTS - 1)] = hash
        put_bytes(&self.messages, &size, 4)
        put_bytes(&self.messages, ip, size)

    cdef bytes block(self):
        cdef uint32_t size = 0
        cdef size_t at = 0
        messages = []
        while at < self.messages.len:
            memcpy(&size, self.messages.data + at, 4)
            messages.append((self.messages.data + at + 4)[:size])
            at += 4 + size
        return records(messages, self.looked_up())
