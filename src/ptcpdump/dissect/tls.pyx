"""Client and Server Hello of TLS 1.0 to 1.3 (RFC 8446, RFC 5246): server name, application protocols, versions."""

from ptcpdump.dissect.cursor cimport *

cdef enum:
    RECORD_HEADER = 5
    RECORD_MAX = 18432          # 2^14 bytes and what protection adds (RFC 5246, 6.2.3)
    MESSAGE_HEADER = 4
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    RANDOM = 32
    EXTENSION_SERVER_NAME = 0           # RFC 6066, 3
    EXTENSION_ALPN = 16                 # RFC 7301
    EXTENSION_SUPPORTED_VERSIONS = 43


# What is left of a vector: a run of bytes behind its length (RFC 8446, 3.4), as far as it was captured.
cdef struct Vector:
    const uint8_t *p
    const uint8_t *end


cdef inline bint skip(Vector *v, uint32_t n) noexcept nogil:
    """Go n bytes on; False, and to the end, when there are fewer."""
    if v.end - v.p < n:
        v.p = v.end
        return False
    v.p += n
    return True


cdef inline uint32_t take(Vector *v, uint32_t bytes_) noexcept nogil:
    """The number of one or two bytes that comes next; 0 where the vector ends."""
    cdef uint32_t number
    if v.end - v.p < bytes_:
        v.p = v.end
        return 0
    number = v.p[0] if bytes_ == 1 else get_be16(v.p)
    v.p += bytes_
    return number


cdef inline Vector take_vector(Vector *v, uint32_t length_bytes) noexcept nogil:
    """The vector that comes next, behind a length of so many bytes: as much of it as there is."""
    cdef Vector inner
    cdef uint32_t n = take(v, length_bytes)
    inner.p = v.p
    skip(v, n)
    inner.end = v.p
    return inner


cdef inline Slice slice_vector(const Cursor *c, const Vector *v) noexcept nogil:
    return slice_of(c, v.p, <uint32_t>(v.end - v.p))


cdef void find_hello(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t size
    if not have(c, RECORD_HEADER + MESSAGE_HEADER):
        return
    size = get_be16(c.p + 3)
    if c.p[2] > 4 or size < MESSAGE_HEADER or size > RECORD_MAX:
        return
    read_hello(c, f, c.p + RECORD_HEADER, size)


cdef void read_hello(Cursor *c, PacketFields *f, const uint8_t *p, uint32_t n) noexcept nogil:
    cdef uint32_t kind, size
    cdef Vector body
    if n < MESSAGE_HEADER or not inside(c.start, c.end, p, MESSAGE_HEADER + 2):
        return
    kind = p[0]
    size = get_be24(p + 1)
    if kind != CLIENT_HELLO and kind != SERVER_HELLO or p[4] != 3:
        return
    f.found |= FOUND_CLIENT_HELLO if kind == CLIENT_HELLO else FOUND_SERVER_HELLO
    body.p = p + MESSAGE_HEADER
    n = min(n - MESSAGE_HEADER, size)
    f.hello_partial = n < size or not inside(c.start, c.end, body.p, n)
    body.end = body.p + min(n, remaining(c.start, c.end, body.p))
    f.hello_version = <uint16_t>take(&body, 2)
    f.hello_random = slice_of(c, body.p, min(RANDOM, <uint32_t>(body.end - body.p)))
    if not skip(&body, RANDOM):
        return
    take_vector(&body, 1)               # session id
    if kind == CLIENT_HELLO:
        take_vector(&body, 2)           # cipher suites
        take_vector(&body, 1)           # compression methods
    else:
        f.hello_cipher = <uint16_t>take(&body, 2)
        take(&body, 1)
    body = take_vector(&body, 2)
    while body.end - body.p >= 4:
        kind = read_extension(c, f, &body, kind)


cdef uint32_t read_extension(Cursor *c, PacketFields *f, Vector *extensions, uint32_t kind) noexcept nogil:
    """Take the next one; kind, which is returned as well: the hello's."""
    cdef uint32_t number = take(extensions, 2)
    cdef Vector body = take_vector(extensions, 2), entries, name
    if number == EXTENSION_SERVER_NAME and kind == CLIENT_HELLO:
        entries = take_vector(&body, 2)
        if entries.p < entries.end and take(&entries, 1) == 0:     # a host name, the only type there is
            name = take_vector(&entries, 2)
            f.server_name = slice_vector(c, &name)
    elif number == EXTENSION_ALPN:
        entries = take_vector(&body, 2)
        f.alpn = slice_vector(c, &entries)
    elif number == EXTENSION_SUPPORTED_VERSIONS:
        if kind == SERVER_HELLO:
            f.hello_version = <uint16_t>take(&body, 2)
        else:
            entries = take_vector(&body, 1)
            f.hello_versions = slice_vector(c, &entries)
            note_highest(f, &entries)
    return kind


cdef void note_highest(PacketFields *f, Vector *versions) noexcept nogil:
    """The highest version offered, but for those that are there to be ignored (RFC 8701)."""
    cdef uint32_t version
    while versions.end - versions.p >= 2:
        version = take(versions, 2)
        if version & 0x0f0f != 0x0a0a and version > f.hello_version:
            f.hello_version = <uint16_t>version
