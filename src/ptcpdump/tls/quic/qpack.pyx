"""The headers of HTTP/3 (RFC 9204), by the package pylsqpack, with bounds that it does not have itself.

In Cython, as headers may have a few bytes, and instructions for their table one.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from ptcpdump.tls.cursor cimport Cursor, prefixed

import pylsqpack

cdef enum:
    MOST_BLOCK = 1 << 16        # bytes of the headers of one message, as they are sent
    MOST_DECODED = 1 << 24      # bytes that they could become: each byte may stand for an entry of the table
    MOST_TABLE = 1 << 16        # bytes of a table of headers
    MOST_BLOCKED = 64           # messages that may wait for the table
    STATIC = 128                # bytes: no entry of the table that everyone has is longer
    MOST_UNUSED = 1 << 18       # bytes of instructions that wait for the size of the table

    KNOWN_NAME = 0x80           # how instructions begin: an insertion with a name that is known,
    OWN_NAME = 0x40             # with one of its own, else a copy, or the size of the table
    CODED_NAME = 0x20           # that name is in Huffman's code
    CODED = 0x80                # and so are strings that begin so


class UnreadableError(ValueError):
    """Headers make no sense, or are larger than we take."""


class Blocked(Exception):
    """Headers wait for what another stream brings."""


cdef class HeaderReader:
    """Reads the headers that one end sends, of which the other end has said how large a table may be."""

    def __init__(self):
        self.decoder = pylsqpack.Decoder(0, MOST_BLOCKED)
        self.longest, self.unused, self.rest = STATIC, bytearray(), bytearray()

    cpdef set_table(self, uint64_t size):
        """The other end has told the largest size of the table, in its settings. Raises UnreadableError."""
        cdef bytes unused
        if size > MOST_TABLE:
            raise UnreadableError("a table of headers is too large")
        if self.sized or not size:
            return
        self.sized = True
        self.decoder = pylsqpack.Decoder(size, MOST_BLOCKED)
        unused = bytes(self.unused)
        self.unused.clear()
        if unused:
            self.instruct(unused)

    cpdef list instruct(self, bytes data):
        """Take instructions for the table; returns the streams that waited for them. Raises UnreadableError."""
        if not self.sized:          # the settings are still under way
            self.unused += data
            if len(self.unused) > MOST_UNUSED:
                raise UnreadableError("instructions came without settings")
            return []
        self.measure(data)
        try:
            return list(self.decoder.feed_encoder(data))
        except pylsqpack.EncoderStreamError as error:
            raise UnreadableError("instructions for headers make no sense") from error

    cpdef list read(self, int64_t stream, bytes block):
        """The headers of a message. Raises Blocked, UnreadableError."""
        if len(block) > MOST_BLOCK or <uint64_t>len(block) * self.longest > MOST_DECODED:
            raise UnreadableError("headers are too large")
        try:
            return self.decoder.feed_header(stream, block)[1]
        except pylsqpack.StreamBlocked as error:
            raise Blocked from error
        except (pylsqpack.DecompressionFailed, ValueError) as error:
            raise UnreadableError("headers make no sense") from error

    cpdef list resume(self, int64_t stream):
        """The headers that were blocked. Raises Blocked, UnreadableError."""
        try:
            return self.decoder.resume_header(stream)[1]
        except pylsqpack.StreamBlocked as error:
            raise Blocked from error
        except (pylsqpack.DecompressionFailed, ValueError) as error:
            raise UnreadableError("headers make no sense") from error

    cdef int measure(self, bytes data) except -1:
        """Look at instructions, which may end anywhere. Raises UnreadableError for a string that no table takes."""
        cdef Cursor c
        cdef const uint8_t *begin
        cdef const uint8_t *start
        self.rest += data
        if len(self.rest) >= self.need:
            begin = start = c.at = <const uint8_t *><char *>self.rest
            c.end = begin + len(self.rest)
            self.need = 0
            while c.at < c.end and self.instruction(&c):
                start = c.at
            if self.need:
                self.need += c.at - start
            del self.rest[:start - begin]
        if len(self.rest) > 2 * MOST_TABLE:
            raise UnreadableError("an instruction for headers is too long")
        return 0

    cdef bint instruction(self, Cursor *c) except -1:
        """Look at an instruction; whether it is whole."""
        cdef uint8_t first = c.at[0]
        cdef uint64_t size = 0
        if first & KNOWN_NAME:
            return number(c, 6, &size) and self.value(c)
        if not first & OWN_NAME:
            return number(c, 5, &size)
        if not number(c, 5, &size):
            return False
        self.name = max(self.name, 2 * size if first & CODED_NAME else size)
        if self.lacks(c, size + 1):
            return False
        c.at += size
        return self.value(c)

    cdef bint value(self, Cursor *c) except -1:
        """Likewise at its value."""
        cdef bint coded = c.at < c.end and c.at[0] & CODED
        cdef uint64_t size = 0
        if not number(c, 7, &size) or self.lacks(c, size):
            return False
        c.at += size
        # a symbol of Huffman's code has 5 bits at least; the name may be of an entry before
        self.longest = max(self.longest, (2 * size if coded else size) + max(self.name, <uint64_t>STATIC))
        return True

    cdef bint lacks(self, Cursor *c, uint64_t size):
        """Whether there are fewer bytes than so many; then nothing is looked at before they have come."""
        if size <= <uint64_t>(c.end - c.at):
            return False
        self.need = <Py_ssize_t>size
        return True


cdef bint number(Cursor *c, int bits, uint64_t *value) except -1:
    """Take an integer with a prefix of so many bits; False where it is cut off."""
    cdef int taken = prefixed(c, bits, value)
    if taken < 0:
        raise UnreadableError("an integer is too large")
    return taken
