"""IPsec and IP payload compression: AH (RFC 4302), ESP (RFC 4303) and IPComp (RFC 3173), named; ESP stays closed."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.network.ip_payload cimport print_ip_payload

cdef enum:
    AH_FIXED = 12               # bytes before the integrity check value


cdef void print_ah(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t size, i
    d.protocol = b"ah"
    need(d, p, 1)
    say(d, b"AH(")
    size = (u8(d, p + 1) + 2) * 4
    if d.opt.verbose:
        say(d, b"length=")
        say_dec(d, p[1])
        say_char(d, b'(')
        say_dec(d, size)
        say(d, b"-bytes),")
    if u16(d, p + 2):
        say(d, b"reserved[not MBZ],")
    need(d, p + 4, 4)
    say(d, b"spi=0x")
    say_hex(d, u32(d, p + 4), 8)
    need(d, p + 8, 4)
    say(d, b",seq=0x")
    say_hex(d, u32(d, p + 8), 0)
    say(d, b",icv=0x")
    for i in range(AH_FIXED, size):
        say_hex(d, u8(d, p + i), 2)
    say(d, b"): ")
    if size < AH_FIXED or length < size or not enter(d):
        say_invalid(d)
        return
    print_ip_payload(d, p[0], p + size, length - size)
    leave(d)


cdef void print_esp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"esp"
    need(d, p, 8)
    say(d, b"ESP(spi=0x")
    say_hex(d, u32(d, p), 8)
    say(d, b",seq=0x")
    say_hex(d, u32(d, p + 4), 0)
    say(d, b"), length ")
    say_dec(d, length)


cdef void print_ipcomp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"ipcomp"
    need(d, p, 4)
    say(d, b"IPComp(cpi=0x")
    say_hex(d, u16(d, p + 2), 4)
    say_char(d, b')')


export_printer(__name__, "print_esp", print_esp)
export_printer(__name__, "print_ah", print_ah)
export_printer(__name__, "print_ipcomp", print_ipcomp)
