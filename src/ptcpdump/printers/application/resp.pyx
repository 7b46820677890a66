"""RESP, the protocol of Redis (https://redis.io/docs/latest/develop/reference/protocol-spec/), version 2.

The elements of arrays, nested ones too, are printed one behind the other, so an array is no more than a promise of so
many elements.
"""

from libc.string cimport memchr

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.application.dns_names cimport say_text


cdef enum:
    COUNT_MAX = 2147483647
    # What a count may be instead of a number of bytes or elements
    COUNT_NULL = -1
    COUNT_CUT = -2
    COUNT_TOO_LARGE = -3
    COUNT_NEGATIVE = -4
    COUNT_INVALID = -5


# What is left of the segment.
cdef struct Rest:
    const uint8_t *p
    uint32_t n


cdef inline void advance(Rest *rest, uint32_t n) noexcept nogil:
    rest.p += n
    rest.n -= n


cdef inline bint readable(Dissection *d, Rest *rest, uint32_t n) noexcept nogil:
    return rest.n >= n and has(d, rest.p, n)


cdef int64_t read_count(Dissection *d, Rest *rest) noexcept nogil:
    """The decimal number up to CR LF, passed over; one of COUNT_* where it is none."""
    cdef int64_t value = 0
    cdef bint negative, too_large = False, digits = False
    if not readable(d, rest, 1):
        return COUNT_CUT
    negative = rest.p[0] == b'-'
    if negative:
        advance(rest, 1)
    while readable(d, rest, 1) and b'0' <= rest.p[0] <= b'9':
        value = value * 10 + (rest.p[0] - 48)
        if value > COUNT_MAX:
            too_large = True
            value = COUNT_MAX
        digits = True
        advance(rest, 1)
    if not readable(d, rest, 1):
        return COUNT_CUT
    advance(rest, 1)
    if not digits or rest.p[-1] != b'\r':
        return COUNT_INVALID
    if not readable(d, rest, 1):
        return COUNT_CUT
    advance(rest, 1)
    if rest.p[-1] != b'\n':
        return COUNT_INVALID
    if negative:
        return COUNT_NULL if value == 1 and not too_large else COUNT_NEGATIVE
    return COUNT_TOO_LARGE if too_large else value


cdef bint skip_to_crlf(Dissection *d, Rest *rest) noexcept nogil:
    cdef const uint8_t *found
    while readable(d, rest, 2):
        found = <const uint8_t *>memchr(rest.p, b'\r', min(rest.n, left(d, rest.p)) - 1)
        if found == NULL:
            return False
        advance(rest, <uint32_t>(found - rest.p))
        if found[1] == b'\n':
            return True
        advance(rest, 1)
    return False


cdef void skip_line_ends(Dissection *d, Rest *rest) noexcept nogil:
    while readable(d, rest, 1) and (rest.p[0] == b'\r' or rest.p[0] == b'\n'):
        advance(rest, 1)


cdef void say_segment(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    say(d, b" \"")
    say_text(d, p, n)
    say_char(d, b'"')


cdef bint say_line(Dissection *d, Rest *rest) noexcept nogil:
    """A simple string, error or integer: what stands behind the first byte up to CR LF."""
    advance(rest, 1)
    cdef const uint8_t *begin = rest.p
    if not skip_to_crlf(d, rest):
        return False
    say_segment(d, begin, <uint32_t>(rest.p - begin))
    advance(rest, 2)
    return True


cdef bint say_inline(Dissection *d, Rest *rest) noexcept nogil:
    """A command as typed by hand: a line that ends with CR, LF or both."""
    skip_line_ends(d, rest)
    cdef const uint8_t *begin = rest.p
    cdef uint32_t n = 0, most = min(rest.n, left(d, begin))
    while n < most and begin[n] != b'\r' and begin[n] != b'\n':
        n += 1
    if n == most:
        return False
    advance(rest, n)
    say_segment(d, begin, n)
    skip_line_ends(d, rest)
    return True


cdef bint say_no_count(Dissection *d, int64_t count) noexcept nogil:
    if count == COUNT_CUT:
        return False
    if count == COUNT_NULL:
        say(d, b" null")
    elif count == COUNT_TOO_LARGE:
        say(d, b" length too large")
    elif count == COUNT_NEGATIVE:
        say(d, b" length negative and not -1")
    else:
        say(d, b" invalid")
    return True


cdef bint say_bulk_string(Dissection *d, Rest *rest) noexcept nogil:
    advance(rest, 1)
    cdef int64_t count = read_count(d, rest)
    if count < 0:
        return say_no_count(d, count)
    if count == 0:
        say(d, b" empty")
    else:
        if not readable(d, rest, <uint32_t>count):
            return False
        say_segment(d, rest.p, <uint32_t>count)
        advance(rest, <uint32_t>count)
    if not skip_to_crlf(d, rest):
        return False
    advance(rest, 2)
    return True


cdef int64_t open_array(Dissection *d, Rest *rest) noexcept nogil:
    """How many elements follow; -1 when the array's head is cut off."""
    advance(rest, 1)
    cdef int64_t count = read_count(d, rest)
    if count > 0:
        return count
    if count == 0:
        say(d, b" empty")
        return 0
    return 0 if say_no_count(d, count) else -1


cdef bint say_elements(Dissection *d, Rest *rest) noexcept nogil:
    """All that is left; False when it ends within an element or before an array is complete."""
    cdef int64_t owed = 0, more
    cdef uint8_t kind
    while rest.n:
        if not readable(d, rest, 1):
            return False
        kind = rest.p[0]
        if owed:
            owed -= 1
        if kind == b'*':
            more = open_array(d, rest)
            if more < 0:
                return False
            owed += more
        elif kind == b'$':
            if not say_bulk_string(d, rest):
                return False
        elif kind == b'+' or kind == b'-' or kind == b':':
            if not say_line(d, rest):
                return False
        elif not say_inline(d, rest):
            return False
    return owed == 0


cdef void print_resp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef Rest rest
    d.protocol = b"resp"
    say(d, b": RESP")
    rest.p = p
    rest.n = length
    if not say_elements(d, &rest):
        say_mark(d)


export_printer(__name__, "print_resp", print_resp)
