"""Geneve (RFC 8926)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.link.ether cimport print_ether
from ptcpdump.printers.base.ethertypes cimport ETHERTYPES
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

cdef enum:
    HEADER = 8
    OPTION_HEADER = 4
    CRITICAL = 0x80             # of an option's type
    TRANSPARENT_ETHERNET = 0x6558


# IANA's "Geneve Option Class" registry
cdef Names CLASSES = names(
    dict.fromkeys(range(0x0000, 0x0100), b"Standard") | {
        0x0100: b"Linux", 0x0101: b"Open vSwitch", 0x0102: b"Open Virtual Networking (OVN)",
        0x0103: b"In-band Network Telemetry (INT)", 0x0104: b"VMware",
    }
    | dict.fromkeys(range(0x0105, 0x0111), b"Amazon") | {0x0106: b"Cisco", 0x0107: b"Oracle"}
    | dict.fromkeys(range(0x0111, 0x0119), b"IBM") | dict.fromkeys(range(0x0119, 0x0129), b"Ericsson")
    | {0x0129: b"Oxide", 0x0130: b"Cisco", 0x0131: b"Cisco"} | dict.fromkeys(range(0x0132, 0x0136), b"Google")
    | {0x0136: b"InfoQuick"} | dict.fromkeys(range(0xfff0, 0x10000), b"Experimental"))

# RFC 8926, section 3.4; the reserved bits by their number
cdef Bits FLAGS = bits({0x80: b"O", 0x40: b"C"} | {0x40 >> i: b"R%d" % i for i in range(1, 7)})


cdef bint print_options(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """False when the options can't be split up."""
    cdef uint32_t size, i
    cdef bint first = True
    while length:
        if length < OPTION_HEADER:
            say_too_short(d, b"remaining options length", length, OPTION_HEADER)
            return False
        need(d, p, OPTION_HEADER)
        if not first:
            say(d, b", ")
        first = False
        size = OPTION_HEADER + (p[3] & 0x1f) * 4
        say(d, b"class ")
        say(d, name_of(&CLASSES, u16(d, p), b"Unknown"))
        say(d, b" (0x")
        say_hex(d, u16(d, p), 0)
        say(d, b") type 0x")
        say_hex(d, p[2], 0)
        if p[2] & CRITICAL:
            say(d, b"(C)")
        say(d, b" len ")
        say_dec(d, size)
        if size > length:
            say(d, b" [bad length]")
            return False
        if d.opt.verbose > 1 and size > OPTION_HEADER:
            say(d, b" data")
            for i in range(OPTION_HEADER, size, 4):
                say_char(d, b' ')
                say_hex(d, u32(d, p + i), 8)
        need(d, p, size)
        p += size
        length -= size
    return True


cdef bint print_header(Dissection *d, const uint8_t *p, uint32_t length, uint32_t options) noexcept nogil:
    cdef uint32_t protocol = u16(d, p + 2)
    need(d, p, HEADER)
    say(d, b", Flags [")
    say_bits(d, &FLAGS, p[1], b"", b"none")
    say_char(d, b']')
    say(d, b", vni 0x")
    say_hex(d, u24(d, p + 4), 0)
    if p[7]:
        say(d, b", rsvd 0x")
        say_hex(d, p[7], 0)
    if d.opt.link_header:
        say(d, b", proto ")
        say_name_hex(d, name_of(&ETHERTYPES, protocol, b"unknown"), protocol, 4)
    if length - HEADER < options:
        say(d, b" (opts_len ")
        say_dec(d, options)
        say(d, b" > ")
        say_dec(d, length - HEADER)
        return False
    if options:
        say(d, b", options [")
        if d.opt.verbose:
            if not print_options(d, p + HEADER, options):
                return False
        else:
            need(d, p + HEADER, options)
            say_dec(d, options)
            say(d, b" bytes")
        say_char(d, b']')
    return True


cdef void print_geneve(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t options, protocol
    d.protocol = b"geneve"
    say(d, b"Geneve")
    if length < HEADER:
        say_too_short(d, b"len", length, HEADER)
        say_invalid(d)
        return
    if u8(d, p) >> 6:
        say(d, b" ERROR: unknown-version ")
        say_dec(d, p[0] >> 6)
        say_invalid(d)
        return
    options = (p[0] & 0x3f) * 4
    if not print_header(d, p, length, options):
        say_invalid(d)
        return
    protocol = u16(d, p + 2)
    p += HEADER + options
    length -= HEADER + options
    say(d, b"\n\t" if d.opt.verbose else b": ")
    if not enter(d):
        return
    if protocol == TRANSPARENT_ETHERNET:
        print_ether(d, p, length)
    elif not dispatch(LAYER_ETHERTYPE, protocol, d, p, length):
        say(d, b"geneve-proto-0x")
        say_hex(d, protocol, 0)
        need(d, p, length)
    leave(d)


export_printer(__name__, "print_geneve", print_geneve)
