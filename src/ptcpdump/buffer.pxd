# One growable byte buffer for all output. Text and files are appended to it and leave in large writes.
#
# All functions are inline and need no GIL. Memory is obtained with realloc(3); when there is none left the process
# aborts with a message, because a packet printer has no way on without memory.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, int64_t
from libc.stdlib cimport realloc, free, abort
from libc.string cimport memcpy, strlen
from libc.stdio cimport fputs, stderr


cdef struct Buffer:
    char *data
    size_t len
    size_t cap


cdef inline void buffer_grow(Buffer *b, size_t more) noexcept nogil:
    cdef size_t cap = b.cap * 2 if b.cap else 4096
    while cap < b.len + more:
        cap *= 2
    cdef char *data = <char *>realloc(b.data, cap)
    if data == NULL:
        fputs(b"ptcpdump: out of memory for output\n", stderr)
        abort()
    b.data = data
    b.cap = cap


cdef inline char *buffer_room(Buffer *b, size_t more) noexcept nogil:
    """Pointer to at least `more` free bytes at the end; add what was used to b.len."""
    if b.cap - b.len < more:
        buffer_grow(b, more)
    return b.data + b.len


cdef inline void put_bytes(Buffer *b, const void *data, size_t n) noexcept nogil:
    if n:       # C wants pointers to something even where nothing is copied (C17, 7.24.1)
        memcpy(buffer_room(b, n), data, n)
        b.len += n


cdef inline void put_text(Buffer *b, const char *text) noexcept nogil:
    """Append a NUL-terminated string (a literal, so the compiler knows its length)."""
    put_bytes(b, text, strlen(text))


cdef inline void put_char(Buffer *b, char c) noexcept nogil:
    buffer_room(b, 1)[0] = c
    b.len += 1


cdef inline void write_pair(char *to, uint32_t v) noexcept nogil:
    """Write v < 100 as two digits."""
    cdef const char *pairs = (
        b"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        b"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        b"8081828384858687888990919293949596979899")
    memcpy(to, pairs + 2 * v, 2)


cdef inline void write_four(char *to, uint32_t v) noexcept nogil:
    """Write v < 10000 as four digits."""
    write_pair(to, v // 100)
    write_pair(to + 2, v % 100)


cdef inline char *write_short(char *to, uint32_t v) noexcept nogil:
    """Write v < 10000 in decimal; returns where it ends."""
    if v < 100:
        if v < 10:
            to[0] = <char>(48 + v)
            return to + 1
        write_pair(to, v)
        return to + 2
    if v < 1000:
        to[0] = <char>(48 + v // 100)
        write_pair(to + 1, v % 100)
        return to + 3
    write_four(to, v)
    return to + 4


cdef inline char *write_dec(char *to, uint32_t v) noexcept nogil:
    """Write v in decimal at `to`, where 10 bytes are free; returns where it ends.

    From the left in groups of four digits, so that no division waits for another one's result for long.
    """
    cdef uint32_t low
    if v < 10000:
        return write_short(to, v)
    if v < 100000000:
        to = write_short(to, v // 10000)
        write_four(to, v % 10000)
        return to + 4
    low = v % 100000000
    to = write_short(to, v // 100000000)
    write_four(to, low // 10000)
    write_four(to + 4, low % 10000)
    return to + 8


cdef inline char *write_text(char *to, const char *text) noexcept nogil:
    """Write a literal at `to`, where there is room for it; returns where it ends."""
    cdef size_t n = strlen(text)
    memcpy(to, text, n)
    return to + n


cdef inline void put_dec(Buffer *b, uint64_t v) noexcept nogil:
    """Append v in decimal."""
    if v >> 32:
        put_dec(b, v // 1000000000)
        put_dec_pad(b, v % 1000000000, 9, b'0')
        return
    b.len = write_dec(buffer_room(b, 10), <uint32_t>v) - b.data


cdef inline void put_int(Buffer *b, int64_t v) noexcept nogil:
    """Append v in decimal with its sign."""
    if v < 0:
        put_char(b, b'-')
        put_dec(b, <uint64_t>0 - <uint64_t>v)
    else:
        put_dec(b, <uint64_t>v)


cdef inline void put_dec_pad(Buffer *b, uint64_t v, int width, char fill) noexcept nogil:
    """Append v in decimal, at least `width` (at most 20) characters wide, filled on the left."""
    cdef char digits[20]
    cdef int i = 20
    while True:
        i -= 1
        digits[i] = <char>(48 + v % 10)
        v //= 10
        if v == 0:
            break
    while 20 - i < width:
        i -= 1
        digits[i] = fill
    put_bytes(b, digits + i, 20 - i)


cdef inline void put_hex(Buffer *b, uint64_t v, int width) noexcept nogil:
    """Append v in lower-case hexadecimal without prefix, zero-padded to `width` (0 or 1: no padding)."""
    cdef char digits[16]
    cdef int i = 16
    while True:
        i -= 1
        digits[i] = b"0123456789abcdef"[v & 15]
        v >>= 4
        if v == 0:
            break
    while 16 - i < width:
        i -= 1
        digits[i] = b'0'
    put_bytes(b, digits + i, 16 - i)


cdef inline void put_hex_bytes(Buffer *b, const uint8_t *p, size_t n) noexcept nogil:
    """Append n bytes as 2n hexadecimal digits."""
    cdef char *to = buffer_room(b, 2 * n)
    cdef size_t i
    for i in range(n):
        to[2 * i] = b"0123456789abcdef"[p[i] >> 4]
        to[2 * i + 1] = b"0123456789abcdef"[p[i] & 15]
    b.len += 2 * n


cdef inline void buffer_free(Buffer *b) noexcept nogil:
    free(b.data)
    b.data = NULL
    b.len = b.cap = 0
