"""PIM version 2 (RFC 7761, RFC 3973): the message's kind, with -v its checksum and the options of a hello."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

cdef enum:
    PROTOCOL = 103
    HELLO = 0
    REGISTER = 1
    REGISTER_HEADER = 8
    HOLD_TIME = 1           # options of a hello
    PRUNE_DELAY = 2
    PRIORITY_OLD = 18
    PRIORITY = 19
    GENERATION = 20
    STATE_REFRESH = 21

cdef Names TYPES = names({
    HELLO: b"Hello", REGISTER: b"Register", 2: b"Register Stop", 3: b"Join / Prune", 4: b"Bootstrap", 5: b"Assert",
    6: b"Graft", 7: b"Graft Acknowledgement", 8: b"Candidate RP Advertisement", 9: b"Prune Refresh",
    10: b"DF Election", 11: b"ECMP Redirect",
})
cdef Names OPTIONS = names({
    HOLD_TIME: b"Hold Time", PRUNE_DELAY: b"LAN Prune Delay", PRIORITY_OLD: b"DR Priority (Old)",
    PRIORITY: b"DR Priority", GENERATION: b"Generation ID", STATE_REFRESH: b"State Refresh Capability",
    22: b"Bi-Directional Capability", 24: b"Address List", 65001: b"Address List (Old)",
})
cdef Bits REGISTER_FLAGS = bits({0x80000000: b"Border", 0x40000000: b"Null"})


cdef void print_pim(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Print a PIM message."""
    cdef uint32_t version, kind
    d.protocol = b"pim"
    version, kind = u8(d, p) >> 4, u8(d, p) & 15
    say_value(d, b"PIMv", version)
    if version == 2 and not d.opt.verbose:
        say(d, b", ")
        say(d, name_of(&TYPES, kind, b"Unknown Type"))
    say_value(d, b", length ", length)
    if version != 2 or not d.opt.verbose:
        return
    say(d, b"\n\t")
    say(d, name_of(&TYPES, kind, b"Unknown Type"))
    print_checksum(d, kind, p, length)
    if kind == HELLO:
        print_hello(d, p, length)
    elif kind == REGISTER:
        print_register(d, p, length)
    elif name_of(&TYPES, kind, NULL) == NULL:
        say_value(d, b" [type ", kind)
        say_char(d, b']')


cdef bint is_right(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """Whether the checksum over n bytes is."""
    return checksum(p, n, pseudo_sum(d, PROTOCOL, n) if d.network_version == 6 else 0) == 0


cdef void print_checksum(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """The checksum field and whether it is right."""
    cdef uint32_t field = u16(d, p + 2)
    say(d, b", cksum 0x")
    say_hex(d, field, 4)
    say_char(d, b' ')
    if field == 0:
        say(d, b"(unverified)")
    # a register's covers the header alone, but some senders count in all of it (RFC 7761 section 4.9)
    elif has(d, p, max(length, <uint32_t>REGISTER_HEADER) if kind == REGISTER else length):
        say_either(d, is_right(d, p, length) or kind == REGISTER and is_right(d, p, REGISTER_HEADER),
                   b"(correct)", b"(incorrect)")


cdef void print_register(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The datagram that a register carries to the rendezvous point."""
    cdef uint32_t flags = u32(d, p + 4)
    cdef uint8_t version
    say(d, b", Flags [ ")
    say_bits(d, &REGISTER_FLAGS, flags, b", ", b"none")
    say(d, b" ]\n\t")
    version = u8(d, p + REGISTER_HEADER) >> 4
    if version == 0:
        say(d, b"(null register)")
    elif enter(d):
        dispatch(LAYER_ETHERTYPE, 0x86DD if version == 6 else 0x0800, d, p + REGISTER_HEADER,
                 length - REGISTER_HEADER if length > REGISTER_HEADER else 0)
        leave(d)


cdef void say_span(Dissection *d, uint32_t seconds) noexcept nogil:
    """A span of time in tcpdump's form: 1w2d3h4m5s, without what is zero; "0s" for none."""
    say_unit(d, seconds // 604800, b'w')
    say_unit(d, seconds // 86400 % 7, b'd')
    say_unit(d, seconds // 3600 % 24, b'h')
    say_unit(d, seconds // 60 % 60, b'm')
    if seconds % 60 or seconds == 0:
        say_dec(d, seconds % 60)
        say_char(d, b's')


cdef inline void say_unit(Dissection *d, uint32_t count, char unit) noexcept nogil:
    if count:
        say_dec(d, count)
        say_char(d, unit)


cdef void print_hello(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The options of a hello, RFC 7761 section 4.9.2."""
    cdef uint32_t at = 4, kind, size
    cdef bint shown
    while at < length:
        kind, size = u16(d, p + at), u16(d, p + at + 2)
        need(d, p + at, 4 + size)
        say(d, b"\n\t  ")
        say(d, name_of(&OPTIONS, kind, b"Unknown"))
        say_value(d, b" Option (", kind)
        say_value(d, b"), length ", size)
        say(d, b", Value: ")
        at += 4
        shown = print_option(d, kind, p + at, size)
        if d.opt.verbose > 1 or not shown:
            say_unknown(d, b"\n\t    ", p + at, size)
        at += size


cdef bint print_option(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t size) noexcept nogil:
    """The value of an option, captured all; False when nobody knows what is in it."""
    if kind == HOLD_TIME and size == 2:
        say_span(d, u16(d, p))
    elif kind == PRUNE_DELAY and size == 4:
        say_value(d, b"\n\t    T-bit=", u16(d, p) >> 15)
        say_value(d, b", LAN delay ", u16(d, p) & 0x7FFF)
        say_value(d, b"ms, Override interval ", u16(d, p + 2))
        say(d, b"ms")
    elif (kind == PRIORITY or kind == PRIORITY_OLD) and size == 4:
        say_dec(d, u32(d, p))
    elif kind == PRIORITY and size == 0:
        say(d, b"Bi-Directional Capability (Old)")
    elif kind == GENERATION and size == 4:
        say(d, b"0x")
        say_hex(d, u32(d, p), 8)
    elif kind == STATE_REFRESH and size == 4:
        say_value(d, b"v", p[0])
        if p[1]:
            say(d, b", interval ")
            say_span(d, p[1])
    else:
        return False
    return True


export_printer(__name__, "print_pim", print_pim)
