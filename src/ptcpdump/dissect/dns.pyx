"""DNS messages (RFC 1035): where the first question and the answers stand."""

from ptcpdump.dissect.cursor cimport *

cdef enum:
    HEADER = 12
    QUESTIONS_MAX = 32          # more than one is unusual; further ones are not walked over
    POINTER = 0xc0


cdef const uint8_t *skip_name(const uint8_t *p, const uint8_t *end) noexcept nogil:
    """The first byte behind the labels at p (RFC 1035, 3.1, 4.1.4); NULL when they don't end before `end`."""
    while p < end:
        if p[0] == 0:
            return p + 1
        if p[0] & POINTER == POINTER:
            return p + 2 if end - p >= 2 else NULL
        if p[0] & POINTER:              # bit labels (RFC 2673) and what was never given a meaning
            return NULL
        p += 1 + p[0]
    return NULL


cdef void find_dns(Cursor *c, PacketFields *f, const uint8_t *p, uint32_t n) noexcept nogil:
    cdef const uint8_t *message = p
    cdef const uint8_t *end
    cdef const uint8_t *behind
    cdef uint32_t questions, i
    if n < HEADER or not inside(c.start, c.end, p, HEADER):
        return
    f.found |= FOUND_DNS
    f.dns = slice_of(c, p, n)
    end = p + f.dns.len
    questions = get_be16(p + 4)
    p += HEADER
    if questions > QUESTIONS_MAX:
        return
    for i in range(questions):
        behind = skip_name(p, end)
        if behind == NULL or end - behind < 4:
            return
        if i == 0:
            f.dns_question = slice_of(c, p, <uint32_t>(behind - p))
            f.dns_type = get_be16(behind)
        p = behind + 4
    f.dns_answers = <uint32_t>(p - c.start)
