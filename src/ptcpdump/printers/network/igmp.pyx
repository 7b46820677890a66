"""IGMP versions 1 to 3 (RFC 1112, 2236, 3376), mtrace, and the names of DVMRP and PIM version 1 inside it."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, names
from ptcpdump.printers.network.group_records cimport (
    float8, print_group_records, say_group, say_source_count, say_sources)

cdef enum:
    QUERY = 0x11
    REPORT1 = 0x12
    DVMRP = 0x13
    PIM1 = 0x14
    REPORT2 = 0x16
    LEAVE = 0x17
    MTRACE_RESPONSE = 0x1e
    MTRACE = 0x1f
    REPORT3 = 0x22
    DEFAULT_RESPONSE = 100      # tenths of a second (RFC 2236 section 8.3): not worth a word


cdef void say_bad_length(Dissection *d, const char *text, uint32_t length) noexcept nogil:
    say(d, text)
    say_dec(d, length)
    say_char(d, b']')


cdef void say_tenths(Dissection *d, uint32_t tenths) noexcept nogil:
    """A time in tenths of a second: "1.0s" below a minute, else in hours, minutes and seconds."""
    cdef uint32_t seconds = tenths // 10
    if tenths < 600:
        say_dec(d, seconds)
        say_char(d, b'.')
        say_dec(d, tenths % 10)
        say_char(d, b's')
        return
    if seconds >= 3600:
        say_dec(d, seconds // 3600)
        say_char(d, b'h')
    if seconds % 3600 >= 60:
        say_dec(d, seconds % 3600 // 60)
        say_char(d, b'm')
    if seconds % 60:
        say_dec(d, seconds % 60)
        say_char(d, b's')


# --------------------------------------------------------------------------- version 3

cdef void print_query3(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t code, sources
    say(d, b" v3")
    if length & 3:
        say_bad_length(d, b" [invalid len ", length)
        return
    code = u8(d, p + 1)
    if code != DEFAULT_RESPONSE:
        say(d, b" [max resp time ")
        say_tenths(d, float8(<uint8_t>code))
        say_char(d, b']')
    if u32(d, p + 4) == 0:
        return
    say_group(d, p + 4, 4)
    sources = u16(d, p + 10)
    if sources:
        if length < 12 + 4 * sources:
            say(d, b" [invalid number of sources]")
        elif d.opt.verbose > 1:
            say_sources(d, p + 12, sources, 4)
        else:
            say_source_count(d, sources)
    say_char(d, b']')


cdef void print_report3(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    if length < 16 or length & 3:
        say_bad_length(d, b" [invalid len ", length)
    else:
        print_group_records(d, p, length, 4, b'3')


# --------------------------------------------------------------------------- versions 1 and 2, mtrace

cdef void print_query(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    say(d, b"igmp query")
    if length >= 12:
        print_query3(d, p, length)
        return
    if u8(d, p + 1):
        say(d, b" v2")
        if p[1] != DEFAULT_RESPONSE:
            say_bad_length(d, b" [max resp time ", p[1])
    else:
        say(d, b" v1")
    if u32(d, p + 4):
        say_group(d, p + 4, 4)
        say_char(d, b']')
    if length != 8:
        say_bad_length(d, b" [len ", length)


cdef void print_group(Dissection *d, const uint8_t *p, const char *name) noexcept nogil:
    need(d, p + 4, 4)
    say(d, name)
    say_ip4(d, p + 4)


cdef void print_mtrace(Dissection *d, const uint8_t *p, uint32_t length, const char *name) noexcept nogil:
    """Query block of draft-ietf-idmr-traceroute-ipm: source, destination, response address, TTL, identifier."""
    need(d, p, 24)
    if length < 24:
        say_bad_length(d, b" [invalid len ", length)
        return
    say(d, name)
    say_dec(d, u24(d, p + 21))
    say(d, b": ")
    say_ip4(d, p + 8)
    say(d, b" to ")
    say_ip4(d, p + 12)
    say(d, b" reply-to ")
    say_ip4(d, p + 16)
    if p[16] >> 4 == 14:
        say(d, b" with-ttl ")
        say_dec(d, p[20])


# RFC 1075 and draft-ietf-idmr-dvmrp-v3.
cdef Names DVMRP_CODES = names({
    1: b" Probe", 2: b" Report", 3: b" Ask-neighbors", 4: b" Neighbors", 5: b" Ask-neighbors2", 6: b" Neighbors2",
    7: b" Prune", 8: b" Graft", 9: b" Graft-ACK",
})


cdef void print_dvmrp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    say(d, b"igmp dvmrp")
    if length < 8:
        say_bad_length(d, b" [len ", length)
        return
    say_named_or(d, &DVMRP_CODES, u8(d, p + 1), b" [type ", b"]")


cdef Names PIM1_TYPES = names({
    0: b" Query", 1: b" Register", 2: b" Register-Stop", 3: b" Join/Prune", 4: b" RP-reachable", 5: b" Assert",
    6: b" Graft", 7: b" Graft-ACK",
})


cdef void print_pim1(Dissection *d, const uint8_t *p) noexcept nogil:
    say(d, b"igmp pimv1")
    say_named_or(d, &PIM1_TYPES, u8(d, p + 1), b" [type ", b"]")
    if u8(d, p + 4) >> 4 != 1:
        say_bad_length(d, b" [v", p[4] >> 4)


cdef void print_igmp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint8_t kind
    d.protocol = b"igmp"
    if d.opt.quiet:
        say(d, b"igmp")
        return
    kind = u8(d, p)
    if kind == QUERY:
        print_query(d, p, length)
    elif kind == REPORT1:
        print_group(d, p, b"igmp v1 report ")
        if length != 8:
            say_bad_length(d, b" [len ", length)
    elif kind == REPORT2:
        print_group(d, p, b"igmp v2 report ")
    elif kind == REPORT3:
        say(d, b"igmp v3 report")
        print_report3(d, p, length)
    elif kind == LEAVE:
        print_group(d, p, b"igmp leave ")
    elif kind == DVMRP:
        print_dvmrp(d, p, length)
    elif kind == PIM1:
        print_pim1(d, p)
    elif kind == MTRACE_RESPONSE:
        print_mtrace(d, p, length, b"mresp ")
    elif kind == MTRACE:
        print_mtrace(d, p, length, b"mtrace ")
    else:
        say(d, b"igmp-")
        say_dec(d, kind)
    if d.opt.verbose and length >= 4 and has(d, p, length) and checksum(p, length, 0):
        say(d, b" bad igmp cksum ")
        say_hex(d, u16(d, p + 2), 0)
        say_char(d, b'!')


export_printer(__name__, "print_igmp", print_igmp)
