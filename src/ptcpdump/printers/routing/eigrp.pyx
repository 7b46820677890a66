"""EIGRP (RFC 7868): the packet's kind, with -v its header and the IPv4 routes of version 2."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

cdef enum:
    VERSION = 2
    HEADER = 20
    PARAMETERS = 0x0001
    SOFTWARE = 0x0004
    INTERNAL = 0x0102
    EXTERNAL = 0x0103

cdef Names OPCODES = names({1: b"Update", 3: b"Query", 4: b"Reply", 5: b"Hello", 6: b"IPX SAP", 8: b"Probe"})
cdef Bits FLAGS = bits({0x01: b"Init", 0x02: b"Conditional Receive"})
cdef Names TLVS = names({
    PARAMETERS: b"General Parameters", 0x0002: b"Authentication", 0x0003: b"Sequence", SOFTWARE: b"Software Version",
    0x0005: b"Next Multicast Sequence", INTERNAL: b"IP Internal routes", EXTERNAL: b"IP External routes",
    0x0202: b"AppleTalk Internal routes", 0x0203: b"AppleTalk External routes", 0x0204: b"AppleTalk Cable setup",
    0x0302: b"IPX Internal routes", 0x0303: b"IPX External routes",
})
cdef Names ORIGINS = names({
    1: b"IGRP", 2: b"EIGRP", 3: b"Static", 4: b"RIP", 5: b"Hello", 6: b"OSPF", 7: b"IS-IS", 8: b"EGP", 9: b"BGP",
    10: b"IDRP", 11: b"Connected",
})


cdef void print_eigrp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Print an EIGRP packet."""
    cdef uint8_t opcode
    d.protocol = b"eigrp"
    need(d, p, HEADER)
    if p[0] != VERSION:
        say_value(d, b"EIGRP version ", p[0])
        say(d, b" packet not supported")
        return
    opcode = p[1]
    if not d.opt.verbose or length < HEADER:
        say(d, b"EIGRP ")
        say_named_or(d, &OPCODES, opcode, b"unknown (", b")")
        say_value(d, b", length: ", length)
        if d.opt.verbose:
            say_value(d, b" (too short, < ", HEADER)
            say_char(d, b')')
        return
    say_value(d, b"\n\tEIGRP v", VERSION)
    say(d, b", opcode: ")
    say_named(d, &OPCODES, opcode, b"unknown, type: ")
    say_value(d, b" (", opcode)
    say(d, b"), chksum: 0x")
    say_hex(d, u16(d, p + 2), 4)
    say(d, b", Flags: [")
    say_bits(d, &FLAGS, u32(d, p + 4), b", ", b"none")
    say(d, b"]\n\tseq: 0x")
    say_hex(d, u32(d, p + 8), 8)
    say(d, b", ack: 0x")
    say_hex(d, u32(d, p + 12), 8)
    say_value(d, b", VRID: ", u16(d, p + 16))
    say_value(d, b", AS: ", u16(d, p + 18))
    say_value(d, b", length: ", length - HEADER)
    print_tlvs(d, p + HEADER, length - HEADER)


cdef void print_tlvs(Dissection *d, const uint8_t *p, uint32_t rest) noexcept nogil:
    cdef uint32_t kind, size
    while rest:
        need(d, p, 4)
        kind, size = u16(d, p), u16(d, p + 2)
        if size < 4 or size > rest:
            say_unknown(d, b"\n\t    ", p + 4, rest)
            return
        say(d, b"\n\t  ")
        say(d, name_of(&TLVS, kind, b"Unknown"))
        say(d, b" TLV (0x")
        say_hex(d, kind, 4)
        say_value(d, b"), length: ", size)
        need(d, p, size)
        print_tlv(d, kind, p + 4, size - 4)
        p += size
        rest -= size


cdef void print_tlv(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t size) noexcept nogil:
    """The value of one TLV of `size` bytes, all captured."""
    cdef uint32_t fixed = (8 if kind == PARAMETERS else 4 if kind == SOFTWARE else 22 if kind == INTERNAL else
                           42 if kind == EXTERNAL else 0)
    if fixed == 0:
        if d.opt.verbose == 1:
            say_unknown(d, b"\n\t    ", p, size)
    elif size < fixed:
        say_value(d, b" (too short, < ", 4 + fixed)
        say_char(d, b')')
    elif kind == PARAMETERS:
        say_value(d, b"\n\t    holdtime: ", u16(d, p + 6))
        say_value(d, b"s, k1 ", p[0])
        say_value(d, b", k2 ", p[1])
        say_value(d, b", k3 ", p[2])
        say_value(d, b", k4 ", p[3])
        say_value(d, b", k5 ", p[4])
    elif kind == SOFTWARE:
        say_value(d, b"\n\t    IOS version: ", p[0])
        say_value(d, b".", p[1])
        say_value(d, b", EIGRP version ", p[2])
        say_value(d, b".", p[3])
    elif kind == INTERNAL:
        print_prefix(d, p, p + 20)
        print_metric(d, p + 4)
    else:
        print_prefix(d, p, p + 40)
        print_origin(d, p + 4)
        print_metric(d, p + 24)
    if d.opt.verbose > 1:
        say_unknown(d, b"\n\t    ", p, size)


cdef void print_prefix(Dissection *d, const uint8_t *hop, const uint8_t *p) noexcept nogil:
    """The destination, given with as few bytes as its length needs, and the next hop."""
    cdef uint8_t address[4]
    cdef char text[16]
    cdef uint32_t width = u8(d, p), i, used = (width + 7) // 8
    if width > 32:
        say_value(d, b"\n\t    illegal prefix length ", width)
        return
    need(d, p + 1, used)
    for i in range(4):
        address[i] = p[1 + i] if i < used else 0
    say(d, b"\n\t    IPv4 prefix: ")
    for i in range(write_ip4(text, address) - text, 15):
        say_char(d, b' ')
    put_ip4_number(d.out, address)
    say_value(d, b"/", width)
    say(d, b", nexthop: ")
    if u32(d, hop):
        say_ip4(d, hop)
    else:
        say(d, b"self")


cdef void print_origin(Dissection *d, const uint8_t *p) noexcept nogil:
    """Where an external route comes from."""
    say(d, b"\n\t      origin-router ")
    say_ip4(d, p)
    say_value(d, b", origin-as ", u32(d, p + 4))
    say(d, b", origin-proto ")
    say(d, name_of(&ORIGINS, p[18], b"unknown"))
    say(d, b", flags [0x")
    say_hex(d, p[19], 2)
    say(d, b"], tag 0x")
    say_hex(d, u32(d, p + 8), 8)
    say_value(d, b", metric ", u32(d, p + 12))


cdef void print_metric(Dissection *d, const uint8_t *p) noexcept nogil:
    """The vector of metrics, RFC 7868 section 5.6."""
    say_value(d, b"\n\t      delay ", u32(d, p) // 100)
    say_value(d, b" ms, bandwidth ", u32(d, p + 4))
    say_value(d, b" Kbps, mtu ", u24(d, p + 8))
    say_value(d, b", hop ", p[11])
    say_value(d, b", reliability ", p[12])
    say_value(d, b", load ", p[13])


export_printer(__name__, "print_eigrp", print_eigrp)
