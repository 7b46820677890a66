"""Numbers and strings in headers of HTTP/2 (RFC 7541, 5), Huffman's code by the table of the package hpack."""

from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp

from ptcpdump.tls.cursor cimport Cursor, prefixed

from hpack.huffman_table import HUFFMAN_COMPLETE, HUFFMAN_EMIT_SYMBOL, HUFFMAN_FAIL, HUFFMAN_TABLE

cdef enum:
    NODES = 4096                # of Huffman's code: 256 states for each half of a byte
    LONGEST_NAME = 14           # bytes of one that matters
    WANTED = 9                  # names that matter
    NONE = -1
    CODED = 0x80                # how strings in Huffman's code begin

# that matter: what requests.pyx asks for
NAMES = (b":method", b":authority", b":path", b":status", b":protocol", b"host", b"content-type", b"content-length",
         b"grpc-status")

cdef const char *TEXTS[WANTED]
cdef uint32_t LENGTHS[WANTED]

cdef struct Node:
    uint8_t state, flags, symbol

cdef Node HUFFMAN[NODES]
cdef uint8_t COMPLETE = HUFFMAN_COMPLETE, EMIT = HUFFMAN_EMIT_SYMBOL, FAIL = HUFFMAN_FAIL


cdef int fill_tables() except -1:
    cdef int i
    if len(HUFFMAN_TABLE) != NODES:
        raise ImportError("the package hpack has another table than this version of ptcpdump knows: pip install "
                          "'hpack<5'")
    for i in range(WANTED):
        TEXTS[i], LENGTHS[i] = NAMES[i], len(NAMES[i])
    for i, (state, flags, symbol) in enumerate(HUFFMAN_TABLE):
        HUFFMAN[i].state, HUFFMAN[i].flags, HUFFMAN[i].symbol = state, flags, symbol
    return 0


fill_tables()


cdef uint64_t number(Cursor *c, int bits) except? 0xffffffff:
    """Take an integer with a prefix of so many bits."""
    cdef uint64_t value = 0
    if prefixed(c, bits, &value) != 1:
        raise ValueError("a number is cut off, or too long")
    return value



cdef int64_t unpack(const uint8_t *code, size_t n, uint8_t *to) noexcept nogil:
    """The length of what Huffman's code stands for; -1: it makes no sense. to: takes it, NULL: it does not matter."""
    cdef size_t i
    cdef int64_t length = 0
    cdef uint32_t state = 0
    cdef uint8_t last = COMPLETE
    cdef const Node *node
    for i in range(2 * n):
        node = &HUFFMAN[state * 16 + (code[i >> 1] & 15 if i & 1 else code[i >> 1] >> 4)]
        last, state = node.flags, node.state
        if last & FAIL:
            return -1
        if last & EMIT:
            if to != NULL:
                to[length] = node.symbol
            length += 1
    return length if last & COMPLETE else -1


cdef str string(Cursor *c, bint wanted, uint32_t *length):
    """Take a string: its length and, if it is wanted, itself."""
    cdef bint coded = c.at < c.end and c.at[0] & CODED
    cdef uint64_t n = number(c, 7)
    cdef const uint8_t *data = c.at
    cdef uint8_t *made = NULL
    cdef int64_t size = n
    if n > <uint64_t>(c.end - c.at):
        raise ValueError("a string is cut off")
    c.at += n
    try:
        if coded:
            if wanted and (made := <uint8_t *>malloc(2 * n + 1)) == NULL:   # a symbol has five bits at least
                raise MemoryError
            size, data = unpack(data, n, made), made
            if size < 0:
                raise ValueError("a string makes no sense")
        length[0] = <uint32_t>size
        return PyUnicode_DecodeLatin1(<const char *>data, size, NULL) if wanted else None
    finally:
        free(made)


cdef int which(Cursor *c, uint32_t *length) except -2:
    """Take a name: its length, and which of those that matter it is."""
    cdef const uint8_t *begin = c.at
    cdef uint8_t made[2 * LONGEST_NAME]
    cdef const uint8_t *data
    cdef int i
    string(c, False, length)
    if length[0] > LONGEST_NAME:
        return NONE
    data = c.at - length[0]
    if begin[0] & CODED:        # no symbol of those names has more than eight bits
        if c.at - begin > 1 + LONGEST_NAME:
            return NONE
        unpack(begin + 1, c.at - begin - 1, made)
        data = made
    for i in range(WANTED):
        if LENGTHS[i] == length[0] and memcmp(TEXTS[i], data, length[0]) == 0:
            return i
    return NONE
