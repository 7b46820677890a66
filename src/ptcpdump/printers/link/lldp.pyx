"""Link layer discovery (IEEE 802.1AB)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names
from ptcpdump.printers.link.lldp_private cimport print_private

from ptcpdump.printers.link import lldp_tables as tables

cdef enum:
    END = 0                 # kinds of elements
    CHASSIS = 1
    PORT = 2
    TTL = 3
    PORT_TEXT = 4
    SYSTEM_NAME = 5
    SYSTEM_TEXT = 6
    CAPABILITIES = 7
    MANAGEMENT = 8
    PRIVATE = 127
    CHASSIS_MAC = 4
    CHASSIS_NETWORK = 5
    PORT_MAC = 3
    PORT_NETWORK = 4

cdef Names TLVS = names(tables.TLVS)
cdef Names CHASSIS_KINDS = names(tables.CHASSIS)
cdef Names PORT_KINDS = names(tables.PORT)
cdef Bits CAPABILITY = bits(tables.CAPABILITIES)
cdef Names NUMBERING = names(tables.NUMBERING)
cdef Names FAMILIES = names(tables.FAMILIES)


cdef inline uint32_t least(uint32_t kind) noexcept nogil:
    """Bytes that an element must have."""
    return (2 if CHASSIS <= kind <= TTL else 4 if kind == CAPABILITIES or kind == PRIVATE else 9 if kind == MANAGEMENT
            else 0)


cdef void print_lldp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The system's name, and with -v all that it says."""
    cdef uint32_t at = 0, kind, size
    d.protocol = b"lldp"
    say_value(d, b"LLDP, length ", length)
    while at + 2 <= length:
        size = u16(d, p + at)
        kind = size >> 9
        size &= 0x1FF
        if d.opt.verbose:
            say(d, b"\n\t")
            say(d, name_of(&TLVS, kind, b"Unknown"))
            say_value(d, b" TLV (", kind)
            say_value(d, b"), length ", size)
        if kind != END and size == 0:
            return
        at += 2
        if at + size > length or (d.opt.verbose and size < least(kind)):
            truncated(d)
        need(d, p + at, size)
        print_tlv(d, kind, p + at, size)
        if kind == END:
            return
        at += size


cdef void print_tlv(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t size) noexcept nogil:
    """One element; with -vv also as bytes, which are all there is of an unknown one."""
    cdef bint known
    if not d.opt.verbose:
        if kind == SYSTEM_NAME:
            say(d, b": ")
            say_safe(d, p, size)
        return
    known = print_value(d, kind, p, size)
    if kind != END and (d.opt.verbose > 1 or not known):
        say_unknown(d, b"\n\t  ", p, size)


cdef bint print_value(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t size) noexcept nogil:
    """What is in an element; False when nobody knows."""
    if kind == CHASSIS:
        return print_identity(d, p, size, &CHASSIS_KINDS, CHASSIS_MAC, CHASSIS_NETWORK)
    if kind == PORT:
        return print_identity(d, p, size, &PORT_KINDS, PORT_MAC, PORT_NETWORK)
    if kind == PRIVATE:
        return print_private(d, p, size)
    if kind == TTL:
        say_value(d, b": TTL ", u16(d, p))
        say_char(d, b's')
    elif kind in (PORT_TEXT, SYSTEM_NAME, SYSTEM_TEXT):
        say(d, b"\n\t  " if kind == SYSTEM_TEXT else b": ")
        say_safe(d, p, size)
    elif kind == CAPABILITIES:
        say_capabilities(d, b"\n\t  System  Capabilities [", u16(d, p))
        say_capabilities(d, b"\n\t  Enabled Capabilities [", u16(d, p + 2))
    elif kind == MANAGEMENT:
        print_management(d, p, size)
    return kind <= MANAGEMENT


cdef bint print_identity(Dissection *d, const uint8_t *p, uint32_t size, const Names *kinds, uint8_t mac,
                         uint8_t network) noexcept nogil:
    """What identifies a chassis or port: an address or a text, behind its kind."""
    cdef uint8_t kind = u8(d, p)
    cdef const char *name = name_of(kinds, kind, NULL)
    say(d, b"\n\t  Subtype ")
    say(d, name_of(kinds, kind, b"Unknown"))
    say_value(d, b" (", kind)
    say(d, b"): ")
    if kind == mac:
        if size < 7:
            truncated(d)
        say_mac(d, p + 1)
    elif kind == network:
        print_address(d, p + 1, size - 1)
    elif name != NULL:
        say_safe(d, p + 1, size - 1)
    return name != NULL


cdef void print_address(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """An address family number of IANA and an address."""
    cdef uint8_t family = u8(d, p)
    if family == 1 and size >= 5:
        say(d, b"AFI IPv4 (1): ")
        say_ip4(d, p + 1)
    elif family == 2 and size >= 17:
        say(d, b"AFI IPv6 (2): ")
        say_ip6(d, p + 1)
    else:
        say(d, b"AFI ")
        say(d, name_of(&FAMILIES, family, b"Unknown"))
        say_value(d, b" (", family)
        say(d, b"), no AF printer !")


cdef void say_capabilities(Dissection *d, const char *title, uint16_t flags) noexcept nogil:
    """What the system can be, or which of it is switched on."""
    say(d, title)
    say_bits(d, &CAPABILITY, flags, b", ", b"none")
    say(d, b"] (0x")
    say_hex(d, flags, 4)
    say_char(d, b')')


cdef void print_management(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """An address under which the system is managed, and its interface."""
    cdef uint32_t size = u8(d, p), oid
    cdef uint8_t numbering
    if size < 2 or length < size + 7:
        truncated(d)
    say_value(d, b"\n\t  Management Address length ", size)
    say(d, b", ")
    print_address(d, p + 1, size)
    numbering = u8(d, p + 1 + size)
    say(d, b"\n\t  ")
    say(d, name_of(&NUMBERING, numbering, b"Unknown"))
    say_value(d, b" Interface Numbering (", numbering)
    say_value(d, b"): ", u32(d, p + 2 + size))
    oid = u8(d, p + 6 + size)
    if oid:
        if length < 7 + size + oid:
            truncated(d)
        say_value(d, b"\n\t  OID length ", oid)
        say_safe(d, p + 7 + size, oid)


export_printer(__name__, "print_lldp", print_lldp)
