"""Text of any bytes as valid text: inside JSON strings, and as UTF-8.

What packets and command lines hold need not be UTF-8. A byte that is none becomes four characters, `\\xHH`, as the
library's texts have it ("backslashreplace").
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from ptcpdump.buffer cimport buffer_room, put_bytes, put_char, put_hex

cdef uint8_t plain[256]     # whether a byte stands for itself in a JSON string
memset(plain, 0, 32)
memset(plain + 32, 1, 95)
plain[<int>b'"'] = plain[<int>b'\\'] = 0


cdef void put_json(Buffer *b, const void *text, size_t n) noexcept nogil:
    cdef const uint8_t *p = <const uint8_t *>text
    cdef const uint8_t *end = p + n
    cdef uint8_t *to = <uint8_t *>buffer_room(b, n)
    cdef const uint8_t *start
    cdef uint32_t code
    while True:
        start = p
        while p < end and plain[p[0]]:
            to[0] = p[0]
            to += 1
            p += 1
        b.len += p - start
        if p == end:
            return
        if p[0] < 0x80:
            put_escape(b, p[0])
            p += 1
        else:
            code = take_utf8(&p, end)
            if code == 0:
                put_bytes(b, b"\\\\x", 3)
                put_hex(b, p[0], 2)
                p += 1
            elif code < 0x10000:
                put_unit(b, code)
            else:
                put_unit(b, 0xd800 + (code - 0x10000 >> 10))
                put_unit(b, 0xdc00 + (code & 0x3ff))
        to = <uint8_t *>buffer_room(b, end - p)


cdef void put_escape(Buffer *b, uint32_t c) noexcept nogil:
    put_char(b, b'\\')
    if c == b'"' or c == b'\\':
        put_char(b, <char>c)
    elif c == 10:
        put_char(b, b'n')
    elif c == 9:
        put_char(b, b't')
    elif c == 13:
        put_char(b, b'r')
    else:
        put_char(b, b'u')
        put_hex(b, c, 4)


cdef inline void put_unit(Buffer *b, uint32_t unit) noexcept nogil:
    put_bytes(b, b"\\u", 2)
    put_hex(b, unit, 4)


cdef inline size_t ascii_length(const uint8_t *p, const uint8_t *end) noexcept nogil:
    """How many bytes from p on are ASCII."""
    cdef const uint8_t *start = p
    cdef uint64_t word[4]
    while end - p >= 32:        # mostly all of it is
        memcpy(word, p, 32)
        if (word[0] | word[1] | word[2] | word[3]) & <uint64_t>0x8080808080808080:
            break
        p += 32
    while end - p >= 8:
        memcpy(word, p, 8)
        if word[0] & <uint64_t>0x8080808080808080:
            break
        p += 8
    while p < end and p[0] < 0x80:
        p += 1
    return p - start


cdef void put_utf8(Buffer *b, const void *text, size_t n) noexcept nogil:
    cdef const uint8_t *p = <const uint8_t *>text
    cdef const uint8_t *end = p + n
    cdef const uint8_t *start
    while p < end:
        start = p
        while p < end:
            if p[0] < 0x80:
                p += ascii_length(p, end)
            elif take_utf8(&p, end) == 0:
                break
        put_bytes(b, start, p - start)
        if p < end:
            put_bytes(b, b"\\x", 2)
            put_hex(b, p[0], 2)
            p += 1


cdef uint32_t take_utf8(const uint8_t **at, const uint8_t *end) noexcept nogil:
    """The character of two bytes or more at `at`, which is moved behind it; 0: it is none (RFC 3629), nothing is moved."""
    cdef const uint8_t *p = at[0]
    cdef uint32_t first = p[0], code, least
    cdef int more, i
    if 0xc2 <= first < 0xe0:
        more, code, least = 1, first & 0x1f, 0x80
    elif 0xe0 <= first < 0xf0:
        more, code, least = 2, first & 0x0f, 0x800
    elif 0xf0 <= first < 0xf5:
        more, code, least = 3, first & 0x07, 0x10000
    else:
        return 0
    if end - p <= more:
        return 0
    for i in range(1, more + 1):
        if p[i] & 0xc0 != 0x80:
            return 0
        code = code << 6 | p[i] & 0x3f
    if code < least or code > 0x10ffff or 0xd800 <= code < 0xe000:
        return 0
    at[0] = p + more + 1
    return code
