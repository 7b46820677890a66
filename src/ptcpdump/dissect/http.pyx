"""HTTP/1 (RFC 9112): method, target, host and status of a head that begins with the segment."""

from libc.string cimport memchr, memcmp

from ptcpdump.dissect.cursor cimport *

cdef enum:
    METHOD_MAX = 24             # bytes; the longest registered one, UPDATEREDIRECTREF, has 17
    HEAD_MAX = 16384            # bytes that are searched for the end of a line or the host


cdef inline bint in_method(uint8_t c) noexcept nogil:
    """Registered methods are of capitals, hyphen and underscore (IANA, "HTTP Method Registry")."""
    return b'A' <= c <= b'Z' or c == b'-' or c == b'_'


cdef inline const uint8_t *find_byte(const uint8_t *p, const uint8_t *end, uint8_t c) noexcept nogil:
    return <const uint8_t *>memchr(p, c, <size_t>(end - p)) if p < end else NULL


cdef void find_http(Cursor *c, PacketFields *f) noexcept nogil:
    cdef uint32_t n = captured(c)
    cdef const uint8_t *end = c.p + min(n, HEAD_MAX)
    if end - c.p >= 12 and memcmp(c.p, b"HTTP/1.", 7) == 0:
        find_status(c, f)
    else:
        find_request(c, f, end)


cdef inline bint digit(uint8_t c) noexcept nogil:
    return b'0' <= c <= b'9'


cdef void find_status(Cursor *c, PacketFields *f) noexcept nogil:
    """The status line of RFC 9112, 4, of which twelve bytes are there."""
    cdef const uint8_t *p = c.p
    if digit(p[7]) and p[8] == b' ' and digit(p[9]) and digit(p[10]) and digit(p[11]):
        f.http_status = (p[9] - 48) * 100 + (p[10] - 48) * 10 + p[11] - 48
        f.found |= FOUND_HTTP_RESPONSE


cdef void find_request(Cursor *c, PacketFields *f, const uint8_t *end) noexcept nogil:
    """The request line of RFC 9112, 3: a method, a target and the version, parted by single blanks."""
    cdef const uint8_t *p = c.p
    cdef const uint8_t *target
    cdef const uint8_t *line
    cdef uint32_t method = 0
    while p < end and in_method(p[0]) and method < METHOD_MAX:
        p += 1
        method += 1
    if method < 3 or p >= end or p[0] != b' ':
        return
    target = p + 1
    line = find_byte(target, end, b'\n')
    if line == NULL:
        find_partial(c, f, method, target, end)
        return
    p = line - 1 if (line - 1)[0] == b'\r' else line
    if p - target < 10 or memcmp(p - 9, b" HTTP/1.", 8):       # at least one byte of a target before it
        return
    f.http_method = slice_of(c, c.p, method)
    f.http_path = slice_of(c, target, <uint32_t>(p - 9 - target))
    f.found |= FOUND_HTTP_REQUEST
    find_host(c, f, line + 1, end)


cdef void find_partial(Cursor *c, PacketFields *f, uint32_t method, const uint8_t *target,
                       const uint8_t *end) noexcept nogil:
    """A line that does not end here: a request if its method is a common one and its target a path."""
    if target >= end or target[0] != b'/' or not common(c.p, method):
        return
    cdef const uint8_t *blank = find_byte(target, end, b' ')
    f.http_method = slice_of(c, c.p, method)
    f.http_path = slice_of(c, target, <uint32_t>((blank if blank != NULL else end) - target))
    f.http_partial = True
    f.found |= FOUND_HTTP_REQUEST


cdef bint common(const uint8_t *p, uint32_t n) noexcept nogil:
    """Methods of RFC 9110, 9.3, and PATCH (RFC 5789)."""
    if n == 3:
        return memcmp(p, b"GET", 3) == 0 or memcmp(p, b"PUT", 3) == 0
    if n == 4:
        return memcmp(p, b"POST", 4) == 0 or memcmp(p, b"HEAD", 4) == 0
    if n == 5:
        return memcmp(p, b"PATCH", 5) == 0 or memcmp(p, b"TRACE", 5) == 0
    return n == 6 and memcmp(p, b"DELETE", 6) == 0 or n == 7 and memcmp(p, b"OPTIONS", 7) == 0


cdef void find_host(Cursor *c, PacketFields *f, const uint8_t *p, const uint8_t *end) noexcept nogil:
    """The value of the field "Host" among the lines from p on (RFC 9110, 7.2)."""
    cdef const uint8_t *line
    cdef const uint8_t *behind
    while True:
        line = find_byte(p, end, b'\n')
        if line == NULL or line - p < 2:            # cut off, or the empty line that ends the head
            return
        if line - p >= 6 and (p[0] | 0x20) == b'h' and (p[1] | 0x20) == b'o' and (p[2] | 0x20) == b's' and (
                p[3] | 0x20) == b't' and p[4] == b':':
            p += 5
            behind = line
            while p < behind and (p[0] == b' ' or p[0] == b'\t'):
                p += 1
            while behind > p and ((behind - 1)[0] == b' ' or (behind - 1)[0] == b'\t' or (behind - 1)[0] == b'\r'):
                behind -= 1
            f.http_host = slice_of(c, p, <uint32_t>(behind - p))
            return
        p = line + 1
