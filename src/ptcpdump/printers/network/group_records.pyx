"""Membership reports of IGMP version 3 (RFC 3376, section 4.2) and MLD version 2 (RFC 3810, section 5.2)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef Names RECORD_TYPES = names({1: b"is_in", 2: b"is_ex", 3: b"to_in", 4: b"to_ex", 5: b"allow", 6: b"block"})


cdef inline void say_address(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    if size == 4:
        say_ip4(d, p)
    else:
        say_ip6(d, p)


cdef void say_sources(Dissection *d, const uint8_t *p, uint32_t count, uint32_t size) noexcept nogil:
    cdef uint32_t i
    say(d, b" {")
    for i in range(count):
        need(d, p + size * i, size)
        say_char(d, b' ')
        say_address(d, p + size * i, size)
    say(d, b" }")


cdef void say_source_count(Dissection *d, uint32_t count) noexcept nogil:
    say(d, b", ")
    say_dec(d, count)
    say(d, b" source(s)")


cdef void say_group(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    need(d, p, size)
    say(d, b" [gaddr ")
    say_address(d, p, size)


cdef void say_record_type(Dissection *d, uint32_t kind, char version) noexcept nogil:
    cdef const char *name = name_of(&RECORD_TYPES, kind, NULL)
    say_char(d, b' ')
    if name != NULL:
        say(d, name)
        return
    say(d, b" [v")
    say_char(d, version)
    say(d, b"-report-#")
    say_dec(d, kind)
    say_char(d, b']')


cdef void print_group_records(
    Dissection *d, const uint8_t *p, uint32_t length, uint32_t size, char version) noexcept nogil:
    cdef uint32_t groups = u16(d, p + 6), sources, i, at = 8, fixed = 4 + size
    say(d, b", ")
    say_dec(d, groups)
    say(d, b" group record(s)")
    if d.opt.verbose == 0:
        return
    for i in range(groups):
        if length < at + fixed:
            say(d, b" [invalid number of groups]")
            return
        say_group(d, p + at + 4, size)
        say_record_type(d, p[at], version)
        sources = u16(d, p + at + 2)
        if length < at + fixed + size * sources:
            say(d, b" [invalid number of sources ")
            say_dec(d, sources)
            say_char(d, b']')
            return
        if d.opt.verbose == 1:
            say_source_count(d, sources)
        else:
            say_sources(d, p + at + fixed, sources, size)
        say_char(d, b']')
        at += fixed + size * sources
