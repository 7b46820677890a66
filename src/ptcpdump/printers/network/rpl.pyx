"""RPL, the routing protocol for low-power networks: ICMPv6 type 155 (RFC 6550)."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef enum:
    SOLICITATION = 0        # codes
    INFORMATION = 1
    ADVERTISEMENT = 2
    ACKNOWLEDGEMENT = 3
    SECURED = 0x80
    DODAG_ID = 16
    BASE = 4                # the RPL message starts behind the ICMPv6 type, code and checksum

cdef Names MESSAGES = names({
    SOLICITATION: b"DODAG Information Solicitation", INFORMATION: b"DODAG Information Object",
    ADVERTISEMENT: b"Destination Advertisement Object", ACKNOWLEDGEMENT: b"Destination Advertisement Object Ack",
})
cdef Names MODES = names({0: b"nonstoring", 1: b"storing", 2: b"nonstoring-multicast", 3: b"storing-multicast"})
cdef Names OPTIONS = names({
    0: b"pad1", 1: b"padN", 2: b"metrics", 3: b"routinginfo", 4: b"config", 5: b"rpltarget", 6: b"transitinfo",
    8: b"destprefix", 9: b"rpltargetdesc",
})


cdef void print_rpl(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Print an RPL control message, from the ICMPv6 header on."""
    cdef uint8_t code = u8(d, p + 1)
    if code & SECURED:
        # RFC 6550 section 6.1: the body behind the security section may be encrypted
        say(d, b", (SEC) [worktodo]")
        return
    say(d, b", (CLR)")
    say_named(d, &MESSAGES, code, b"RPL message, unknown code ")
    if not d.opt.verbose:
        return
    length = length - BASE if length > BASE else 0
    if code == INFORMATION:
        print_information(d, p + BASE, length)
    elif code == ADVERTISEMENT:
        print_advertisement(d, p + BASE, length)
    elif code == ACKNOWLEDGEMENT:
        print_acknowledgement(d, p + BASE, length)


cdef void say_missing(Dissection *d, uint32_t length, uint32_t wanted) noexcept nogil:
    say_too_short(d, b"length", length, wanted)
    say_invalid(d)


cdef void print_information(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """DODAG Information Object, section 6.3."""
    if length < 8 + DODAG_ID:
        say_missing(d, length, 8 + DODAG_ID)
        return
    need(d, p, 8 + DODAG_ID)
    say(d, b" [dagid:")
    say_ip6(d, p + 8)
    say_value(d, b",seq:", p[5])
    say_value(d, b",instance:", p[0])
    say_value(d, b",rank:", u16(d, p + 2))
    say(d, b",grounded,mop:" if p[4] & 0x80 else b",mop:")
    say_named(d, &MODES, p[4] >> 3 & 7, b"mop")         # section 6.3.1
    say_value(d, b",prf:", p[4] & 7)
    say_char(d, b']')
    print_options(d, p + 8 + DODAG_ID, length - 8 - DODAG_ID)


cdef void print_advertisement(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Destination Advertisement Object, section 6.4."""
    cdef uint32_t size
    cdef uint8_t flags
    if length < 4:
        say_missing(d, length, 4)
        return
    flags = u8(d, p + 1)
    size = say_dodag(d, p, length, flags & 0x40)
    if size == 0:
        return
    say_value(d, b",seq:", p[3])
    say_value(d, b",instance:", p[0])
    if flags & 0x80:
        say(d, b",acK")
    if flags & 0x40:
        say(d, b",Dagid")
    say(d, b",flags:")
    say_hex(d, flags, 2)
    say_char(d, b']')
    print_options(d, p + size, length - size)


cdef void print_acknowledgement(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """DAO-ACK, section 6.5."""
    cdef uint32_t size
    if length < 4:
        say_missing(d, length, 4)
        return
    size = say_dodag(d, p, length, u8(d, p + 1) & 0x80)
    if size == 0:
        return
    say_value(d, b",seq:", p[2])
    say_value(d, b",instance:", p[0])
    say_value(d, b",status:", p[3])
    say_char(d, b']')
    print_options(d, p + size, length - size)


cdef uint32_t say_dodag(Dissection *d, const uint8_t *p, uint32_t length, bint present) noexcept nogil:
    """Open the list of fields with the DODAG's identifier; the header's size, 0 if it is too short for that."""
    if present and length < 4 + DODAG_ID:
        say_missing(d, length - 4, DODAG_ID)
        return 0
    need(d, p, 4 + DODAG_ID if present else 4)
    say(d, b" [dagid:")
    if not present:
        say(d, b"<elided>")
        return 4
    say_ip6(d, p + 4)
    return 4 + DODAG_ID


cdef void print_options(Dissection *d, const uint8_t *p, uint32_t rest) noexcept nogil:
    """The options with -vv, their content with -vvv, section 6.7."""
    cdef uint32_t kind, size
    if d.opt.verbose < 2:
        return
    while rest:
        kind = u8(d, p)
        size = 1
        if kind == 0:
            say(d, b" opt:pad1")
        else:
            if rest < 2:
                say_mark(d)
                return
            size = <uint32_t>u8(d, p + 1) + 2
            say(d, b" opt:")
            say_named(d, &OPTIONS, kind, b"subopt:")
            say_value(d, b" len:", size)
            say_char(d, b' ')
            if size > rest:
                say_mark(d)
                return
            need(d, p, size)
            if d.opt.verbose > 2:
                say_hexdump(d, b" ", p + 2, size - 2)
        p += size
        rest -= size


export_printer(__name__, "print_rpl", print_rpl)
