"""Multicast listener discovery, versions 1 and 2 (RFC 2710, RFC 3810)."""

from ptcpdump.printers.base.core cimport *

cdef enum:
    MLD1_LENGTH = 24
    MLD2_LENGTH = 28


cdef const char *group_record_name(uint32_t kind) noexcept nogil:
    if kind == 1:
        return b"is_in"
    if kind == 2:
        return b"is_ex"
    if kind == 3:
        return b"to_in"
    if kind == 4:
        return b"to_ex"
    if kind == 5:
        return b"allow"
    if kind == 6:
        return b"block"
    return NULL


cdef void say_sources(Dissection *d, const uint8_t *p, uint32_t count) noexcept nogil:
    cdef uint32_t i
    say(d, b" {")
    for i in range(count):
        need(d, p + 16 * i, 16)
        say_char(d, b' ')
        say_ip6(d, p + 16 * i)
    say(d, b" }")


cdef void print_mld_report(Dissection *d, const uint8_t *p) noexcept nogil:
    if not has(d, p, MLD1_LENGTH):
        return
    say(d, b"max resp delay: ")
    say_dec(d, u16(d, p + 4))
    say(d, b" addr: ")
    say_ip6(d, p + 8)


cdef uint32_t query_interval(uint8_t code) noexcept nogil:
    """Querier's query interval code: from 128 on a floating point number (RFC 3810 section 5.1.9)."""
    if code < 128:
        return code
    return <uint32_t>(code & 0x0f | 0x10) << ((code >> 4 & 7) + 3)


cdef uint32_t response_delay(uint16_t code) noexcept nogil:
    """Maximum response code: from 32768 on a floating point number (RFC 3810 section 5.1.3)."""
    if code < 32768:
        return code
    return <uint32_t>(code & 0x0fff | 0x1000) << ((code >> 12 & 7) + 3)


cdef void print_query2(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t sources
    cdef uint16_t code = u16(d, p + 4)
    if d.opt.verbose:
        say(d, b" [max resp delay=")
        say_dec(d, response_delay(code))
        say_char(d, b']')
    need(d, p + 8, 16)
    say(d, b" [gaddr ")
    say_ip6(d, p + 8)
    if d.opt.verbose:
        if u8(d, p + 24) & 8:
            say(d, b" sflag")
        if p[24] & 7:
            say(d, b" robustness=")
            say_dec(d, p[24] & 7)
        need(d, p + 25, 1)
        say(d, b" qqi=")
        say_dec(d, query_interval(p[25]))
    sources = u16(d, p + 26)
    if sources:
        if length < MLD2_LENGTH + 16 * sources:
            say(d, b" [invalid number of sources]")
        elif d.opt.verbose > 1:
            say_sources(d, p + MLD2_LENGTH, sources)
        else:
            say(d, b", ")
            say_dec(d, sources)
            say(d, b" source(s)")
    say_char(d, b']')


cdef void print_mld_query(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    if length == MLD1_LENGTH:
        print_mld_report(d, p)
    elif length >= MLD2_LENGTH:
        say(d, b" v2")
        print_query2(d, p, length)
    else:
        say(d, b" unknown-version (len ")
        say_dec(d, length)
        say(d, b") ")


cdef void print_mld2_report(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t groups, sources, i, at = 8
    cdef const char *name
    if length < 8:
        say(d, b" [invalid len ")
        say_dec(d, length)
        say_char(d, b']')
        return
    groups = u16(d, p + 6)
    say(d, b", ")
    say_dec(d, groups)
    say(d, b" group record(s)")
    if d.opt.verbose == 0:
        return
    for i in range(groups):
        if length < at + 20:
            say(d, b" [invalid number of groups]")
            return
        need(d, p + at + 4, 16)
        say(d, b" [gaddr ")
        say_ip6(d, p + at + 4)
        name = group_record_name(p[at])
        say_char(d, b' ')
        if name != NULL:
            say(d, name)
        else:
            say(d, b" [v2-report-#")
            say_dec(d, p[at])
            say_char(d, b']')
        sources = u16(d, p + at + 2)
        if length < at + 20 + 16 * sources:
            say(d, b" [invalid number of sources ")
            say_dec(d, sources)
            say_char(d, b']')
            return
        if d.opt.verbose == 1:
            say(d, b", ")
            say_dec(d, sources)
            say(d, b" source(s)")
        else:
            say_sources(d, p + at + 20, sources)
        say_char(d, b']')
        at += 20 + 16 * sources
