"""Frames of WebSocket in a connection's plaintext (RFC 6455, 5.2): kinds and sizes; payloads are passed over.

In Cython, as a frame may have two bytes: 10 MB hold five million of them.
"""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

from ptcpdump.dissect.reader cimport get_be16, get_be64
from ptcpdump.tls.messages cimport Message, new_message

cdef enum:
    LARGEST_HEAD = 14       # bytes
    SMALL = 126             # payloads of fewer bytes have their size in the second byte
    MASKED = 0x80

KINDS = {0: "continued", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


cdef struct Side:
    bint broken
    uint64_t left           # bytes of a payload to come
    uint8_t head[LARGEST_HEAD]
    size_t have             # bytes of the next head that have come


cdef class Frames:
    """Both directions of a connection that has become one of WebSocket, by a request to this host and path."""

    cdef str host, path
    cdef Side sides[2]
    cdef dict known         # messages of small frames by kind and size: there are at most 2,016 of them

    def __init__(self, str host, str path):
        self.host, self.path = host, path
        self.known = {}

    def feed(self, bint server, bytes data not None):
        """The frames whose heads have come; None where there are none any more that can be told apart."""
        cdef Side *side = &self.sides[server]
        cdef const uint8_t *at = <const uint8_t *><const char *>data
        cdef const uint8_t *end = at + len(data)
        cdef list found = []
        cdef size_t need
        if side.broken:
            return None
        while True:
            if side.left > <uint64_t>(end - at):
                side.left -= <uint64_t>(end - at)
                return found
            at += side.left
            side.left = 0
            while side.have < 2 or side.have < head_size(side.head):
                if at == end:
                    return found
                need = (2 if side.have < 2 else head_size(side.head)) - side.have
                need = min(need, <size_t>(end - at))
                memcpy(side.head + side.have, at, need)
                side.have += need
                at += need
            side.have = 0
            side.left = payload_size(side.head)
            found.append(self.message(side.head[0] & 0x0f, side.left))

    def lose(self, bint server):
        """Some of what a side has sent is missing: where a frame begins is not known any more."""
        self.sides[server].broken = True

    cdef Message message(self, int kind, uint64_t size):
        cdef Message made = None
        cdef int key = <int>size << 4 | kind if size < SMALL else -1
        if key >= 0:
            made = self.known.get(key)
        if made is None:
            text = KINDS.get(kind)
            made = new_message("WebSocket", f"frame of type {kind}" if text is None else text, "", self.host, self.path)
            made.size = size
            if key >= 0:
                self.known[key] = made
        return made


cdef inline size_t head_size(const uint8_t *head) noexcept nogil:
    """Bytes of a frame before its payload, by the first two of them."""
    cdef size_t size = head[1] & 0x7f
    # and the key that a client's payload is masked with
    return (2 if size < SMALL else 4 if size == SMALL else 10) + (4 if head[1] & MASKED else 0)


cdef inline uint64_t payload_size(const uint8_t *head) noexcept nogil:
    cdef uint64_t size = head[1] & 0x7f
    return size if size < SMALL else get_be16(head + 2) if size == SMALL else get_be64(head + 2)
