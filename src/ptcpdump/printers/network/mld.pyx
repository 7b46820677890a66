"""Multicast listener discovery, versions 1 and 2 (RFC 2710, RFC 3810)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.network.group_records cimport (
    float8, print_group_records, say_group, say_source_count, say_sources)

cdef enum:
    MLD1_LENGTH = 24
    MLD2_LENGTH = 28


cdef void print_mld_report(Dissection *d, const uint8_t *p) noexcept nogil:
    if not has(d, p, MLD1_LENGTH):
        return
    say(d, b"max resp delay: ")
    say_dec(d, u16(d, p + 4))
    say(d, b" addr: ")
    say_ip6(d, p + 8)


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
    say_group(d, p + 8, 16)
    if d.opt.verbose:
        if u8(d, p + 24) & 8:
            say(d, b" sflag")
        if p[24] & 7:
            say(d, b" robustness=")
            say_dec(d, p[24] & 7)
        need(d, p + 25, 1)
        say(d, b" qqi=")
        say_dec(d, float8(p[25]))
    sources = u16(d, p + 26)
    if sources:
        if length < MLD2_LENGTH + 16 * sources:
            say(d, b" [invalid number of sources]")
        elif d.opt.verbose > 1:
            say_sources(d, p + MLD2_LENGTH, sources, 16)
        else:
            say_source_count(d, sources)
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
    if length < 8:
        say(d, b" [invalid len ")
        say_dec(d, length)
        say_char(d, b']')
    else:
        print_group_records(d, p, length, 16, b'2')
