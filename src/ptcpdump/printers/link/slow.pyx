"""Slow protocols: link aggregation control, markers, and operations (IEEE 802.1AX, 802.3 section 57)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.oui cimport OUIS
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

cdef enum:
    LACP = 1
    MARKER = 2
    OAM = 3
    COLLECTOR = 3           # an element of LACP

cdef Names PROTOCOLS = names({LACP: b"LACP", MARKER: b"MARKER", OAM: b"OAM"})
cdef Names LACP_TLVS = names({
    0: b"Terminator", 1: b"Actor Information", 2: b"Partner Information", COLLECTOR: b"Collector Information"})
cdef Names MARKER_TLVS = names({0: b"Terminator", 1: b"Marker Information"})
cdef Bits STATES = bits({
    0x01: b"Activity", 0x02: b"Timeout", 0x04: b"Aggregation", 0x08: b"Synchronization", 0x10: b"Collecting",
    0x20: b"Distributing", 0x40: b"Default", 0x80: b"Expired",
})
cdef Names OAM_CODES = names({
    0x00: b"Information", 0x01: b"Event Notification", 0x02: b"Variable Request", 0x03: b"Variable Response",
    0x04: b"Loopback Control", 0xFE: b"Vendor Private",
})
cdef Bits OAM_FLAGS = bits({
    0x01: b"Link Fault", 0x02: b"Dying Gasp", 0x04: b"Critical Event", 0x08: b"Local Evaluating",
    0x10: b"Local Stable", 0x20: b"Remote Evaluating", 0x40: b"Remote Stable",
})
cdef Names OAM_INFORMATION = names({0: b"End of TLV marker", 1: b"Local", 2: b"Remote", 0xFE: b"Organization specific"})
cdef Names OAM_PARSER = names({0: b"forwarding", 1: b"looping back", 2: b"discarding", 3: b"reserved"})
cdef Bits OAM_CONFIGURATION = bits({
    0x01: b"Active", 0x02: b"Unidirectional", 0x04: b"Remote-Loopback", 0x08: b"Link-Events",
    0x10: b"Variable-Retrieval",
})
cdef Names LOOPBACK_COMMANDS = names({1: b"Enable OAM Remote Loopback", 2: b"Disable OAM Remote Loopback"})


cdef void print_slow(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The subtype, and with -v what it carries."""
    cdef uint8_t kind, version
    d.protocol = b"slow"
    kind = u8(d, p) if length else 0
    if length < (2 if kind == LACP or kind == MARKER else 1):
        say_either(d, d.opt.verbose, b"\n\t\t packet is too short", b" (packet is too short)")
        return
    version = u8(d, p + 1) if kind == LACP or kind == MARKER else 0
    say_named_or(d, &PROTOCOLS, kind, b"unknown (", b")")
    if version > 1 or version == 0 and (kind == LACP or kind == MARKER):
        say_value(d, b" version ", version)
        say(d, b" packet not supported")
        return
    if version:
        say(d, b"v1")
    say_value(d, b", length ", length)
    if kind == 0 or kind > OAM:
        say_unknown(d, b"\n\t", p, length)
    elif d.opt.verbose and kind == OAM:
        print_oam(d, p, length)
    elif d.opt.verbose:
        print_tlvs(d, kind, p, length)


cdef inline uint32_t size_of(uint8_t kind, uint8_t tlv) noexcept nogil:
    """Bytes of an element that is known, 0 for others."""
    if kind == MARKER:
        return 16 if tlv == 1 else 0
    return 20 if tlv == 1 or tlv == 2 else 16 if tlv == COLLECTOR else 0


cdef void print_tlvs(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """The information that LACP and markers carry, up to the terminator."""
    cdef uint32_t at = 2, size, wanted
    cdef uint8_t tlv
    while at < length:
        if length - at < 2:
            say(d, b"\n\t\t packet is too short")
            return
        tlv, size = u8(d, p + at), u8(d, p + at + 1)
        say(d, b"\n\t")
        say(d, name_of(&LACP_TLVS if kind == LACP else &MARKER_TLVS, tlv, b"Unknown"))
        say(d, b" TLV (0x")
        say_hex(d, tlv, 2)
        say_value(d, b"), length ", size)
        if tlv == 0:
            return
        if size < 2:
            say(d, b"\n\t    ERROR: illegal length - should be >= 2")
            return
        if length - at < size:
            say(d, b"\n\t\t packet is too short")
            return
        need(d, p + at, size)
        wanted = size_of(kind, tlv)
        if wanted and size != wanted:
            say_value(d, b"\n\t    ERROR: illegal length - should be ", wanted)
        elif wanted:
            print_information(d, kind, tlv, p + at + 2)
        if d.opt.verbose > 1 or wanted == 0:
            say_unknown(d, b"\n\t  ", p + at + 2, size - 2)
        at += size


cdef void print_information(Dissection *d, uint8_t kind, uint8_t tlv, const uint8_t *p) noexcept nogil:
    """One piece of information of the right size, captured all."""
    if kind == MARKER:
        say(d, b"\n\t  Request System ")
        say_mac(d, p + 2)
        say_value(d, b", Request Port ", u16(d, p))
        say(d, b", Request Transaction ID 0x")
        say_hex(d, u32(d, p + 8), 8)
    elif tlv == COLLECTOR:
        say_value(d, b"\n\t  Max Delay ", u16(d, p))
    else:
        say(d, b"\n\t  System ")
        say_mac(d, p + 2)
        say_value(d, b", System Priority ", u16(d, p))
        say_value(d, b", Key ", u16(d, p + 8))
        say_value(d, b", Port ", u16(d, p + 12))
        say_value(d, b", Port Priority ", u16(d, p + 10))
        say(d, b"\n\t  State Flags [")
        say_bits(d, &STATES, u8(d, p + 14), b", ", b"none")
        say_char(d, b']')


cdef void print_oam(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Operations, administration and maintenance."""
    cdef uint8_t code
    if length < 4:
        say(d, b"\n\t\t packet is too short")
        return
    need(d, p + 1, 3)
    code = p[3]
    say(d, b"\n\tCode ")
    say_named_or(d, &OAM_CODES, code, b"Unknown (", b")")
    say(d, b" OAM PDU, Flags [")
    say_bits(d, &OAM_FLAGS, u16(d, p + 1), b", ", b"none")
    say_char(d, b']')
    if code == 0:
        print_oam_information(d, p, length)
    elif code == 1 and length >= 6:
        say_value(d, b"\n\t  Sequence Number ", u16(d, p + 4))
        if length > 6:
            say_unknown(d, b"\n\t  ", p + 6, length - 6)
    elif code == 4 and length > 4:
        need(d, p + 4, 1)
        say(d, b"\n\t  Command ")
        say(d, name_of(&LOOPBACK_COMMANDS, p[4], b"Unknown"))
        say_value(d, b" (", p[4])
        say_char(d, b')')
    elif d.opt.verbose == 1 or name_of(&OAM_CODES, code, NULL) != NULL:
        say_unknown(d, b"\n\t  ", p + 4, length - 4)


cdef void print_oam_information(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """What both ends can do."""
    cdef uint32_t at = 4, size
    cdef uint8_t kind
    while at + 2 <= length:
        kind, size = u8(d, p + at), u8(d, p + at + 1)
        say(d, b"\n\t  ")
        say(d, name_of(&OAM_INFORMATION, kind, b"Reserved"))
        say_value(d, b" Information Type (", kind)
        say_value(d, b"), length ", size)
        if kind == 0:
            return
        if size < 2 or at + size > length:
            say(d, b"\n\t\t packet is too short")
            return
        if kind <= 2 and size == 16:
            print_end(d, p + at)
        if kind > 2 or size != 16 or d.opt.verbose > 1:
            say_unknown(d, b"\n\t  ", p + at, size)
        at += size


cdef void print_end(Dissection *d, const uint8_t *p) noexcept nogil:
    """What one end can do."""
    need(d, p + 5, 7)
    say_value(d, b"\n\t    OAM-Version ", p[2])
    say_value(d, b", Revision ", u16(d, p + 3))
    say(d, b"\n\t    State-Parser-Action ")
    say(d, name_of(&OAM_PARSER, p[5] & 3, b""))
    say(d, b", State-MUX-Action ")
    say_either(d, p[5] & 4, b"discarding", b"forwarding")
    say(d, b"\n\t    OAM-Config Flags [")
    say_bits(d, &OAM_CONFIGURATION, p[6], b", ", b"none")
    say_value(d, b"], OAM-PDU-Config max-PDU size ", u16(d, p + 7) & 0x7FF)
    say(d, b"\n\t    OUI ")
    say(d, name_of(&OUIS, u24(d, p + 9), b"Unknown"))
    say_char(d, b' ')
    need(d, p + 12, 4)
    say(d, b"(0x")
    say_hex(d, u24(d, p + 9), 6)
    say(d, b"), Vendor-Private 0x")
    say_hex(d, u32(d, p + 12), 8)


export_printer(__name__, "print_slow", print_slow)
