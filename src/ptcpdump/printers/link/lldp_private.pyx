"""What organisations put into LLDP: IEEE 802.1Q annex D, IEEE 802.3 section 79, and LLDP-MED (ANSI/TIA-1057)."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.oui cimport OUIS
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

from ptcpdump.printers.link import lldp_tables as tables

cdef enum:
    BRIDGING = 0x0080C2     # organisations
    ETHERNET = 0x00120F
    MEDIA = 0x0012BB
    HEADER = 4              # organisation and subtype
    LOCATION = 3            # of LLDP-MED: shown as bytes

cdef Names BRIDGING_KINDS = names(tables.BRIDGING)
cdef Bits PROTOCOL_VLAN = bits(tables.PROTOCOL_VLAN)
cdef Names ETHERNET_KINDS = names(tables.ETHERNET)
cdef Bits NEGOTIATION = bits(tables.NEGOTIATION)
cdef Bits NEGOTIABLE = bits(tables.NEGOTIABLE)
cdef Names MAU = names(tables.MAU)
cdef Bits POWER_SUPPORT = bits(tables.POWER_SUPPORT)
cdef Names POWER_PAIR = names(tables.POWER_PAIR)
cdef Names POWER_CLASS = names(tables.POWER_CLASS)
cdef Bits AGGREGATION = bits(tables.AGGREGATION)
cdef Names MEDIA_KINDS = names(tables.MEDIA)
cdef Names INVENTORY = names(tables.INVENTORY)
cdef Bits MEDIA_CAPABILITIES = bits(tables.MEDIA_CAPABILITIES)
cdef Names DEVICES = names(tables.DEVICES)
cdef Names APPLICATIONS = names(tables.APPLICATIONS)
cdef Bits POLICY_FLAGS = bits(tables.POLICY_FLAGS)
cdef Names POWER_TYPES = names(tables.POWER_TYPES)
cdef Names POWER_SOURCES = names(tables.POWER_SOURCES)
cdef Names POWER_PRIORITIES = names(tables.POWER_PRIORITIES)


cdef bint print_private(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """An organisation's element; False when nobody knows what is in it."""
    cdef uint32_t oui = u24(d, p), kind = u8(d, p + 3)
    say(d, b": OUI ")
    say(d, name_of(&OUIS, oui, b"Unknown"))
    say(d, b" (0x")
    say_hex(d, oui, 6)
    say_char(d, b')')
    if oui == BRIDGING:
        say_subtype(d, &BRIDGING_KINDS, kind)
        return print_bridging(d, kind, p, length - HEADER)
    if oui == ETHERNET:
        say_subtype(d, &ETHERNET_KINDS, kind)
        return print_ethernet(d, kind, p, length - HEADER)
    if oui == MEDIA:
        say_subtype(d, &MEDIA_KINDS, kind)
        return print_media(d, kind, p, length - HEADER)
    return False


cdef inline void say_subtype(Dissection *d, const Names *kinds, uint32_t kind) noexcept nogil:
    say(d, b"\n\t  ")
    say(d, name_of(kinds, kind, b"unknown"))
    say_value(d, b" Subtype (", kind)
    say_char(d, b')')


cdef inline void say_flags(Dissection *d, const char *title, const Bits *table, uint32_t flags,
                           int width) noexcept nogil:
    """The names of bits in brackets and, if it has a width, the number."""
    say(d, title)
    say_bits(d, table, flags, b", ", b"none")
    say_char(d, b']')
    if width:
        say_number(d, flags, width)


cdef inline void say_number(Dissection *d, uint32_t v, int width) noexcept nogil:
    say(d, b" (0x")
    say_hex(d, v, width)
    say_char(d, b')')


cdef bint print_bridging(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t size) noexcept nogil:
    """VLANs and protocols of a bridge's port; its traffic classes (802.1Qaz) are only named."""
    cdef uint32_t i
    if kind == 1 and size >= 2:
        say_value(d, b"\n\t    port vlan id (PVID): ", u16(d, p + 4))
    elif kind == 2 and size >= 3:
        say_value(d, b"\n\t    port and protocol vlan id (PPVID): ", u16(d, p + 5))
        say_flags(d, b", flags [", &PROTOCOL_VLAN, u8(d, p + 4), 2)
    elif kind == 3 and size >= 3 and size >= 3 + <uint32_t>u8(d, p + 6):
        say_value(d, b"\n\t    vlan id (VID): ", u16(d, p + 4))
        say(d, b"\n\t    vlan name: ")
        say_safe(d, p + 7, u8(d, p + 6))
    elif kind == 4 and size >= 1 and size >= 1 + <uint32_t>u8(d, p + 4):
        say(d, b"\n\t    protocol identity: ")
        for i in range(u8(d, p + 4)):
            if u8(d, p + 5 + i) == 0:
                break
            say_safe_char(d, p[5 + i])
    return kind <= 4


cdef bint print_ethernet(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t size) noexcept nogil:
    """Speed, power, aggregation and frame size of a port."""
    if kind == 1 and size >= 5:
        say_flags(d, b"\n\t    autonegotiation [", &NEGOTIATION, u8(d, p + 4), 2)
        say_flags(d, b"\n\t    PMD autoneg capability [", &NEGOTIABLE, u16(d, p + 5), 4)
        say(d, b"\n\t    MAU type ")
        say(d, name_of(&MAU, u16(d, p + 7), b"unknown"))
        say_number(d, u16(d, p + 7), 4)
    elif kind == 2 and size >= 3:
        say_flags(d, b"\n\t    MDI power support [", &POWER_SUPPORT, u8(d, p + 4), 0)
        say(d, b", power pair ")
        say(d, name_of(&POWER_PAIR, u8(d, p + 5), b"unknown"))
        say(d, b", power class ")
        say(d, name_of(&POWER_CLASS, u8(d, p + 6), b"unknown"))
    elif kind == 3 and size >= 5:
        say_flags(d, b"\n\t    aggregation status [", &AGGREGATION, u8(d, p + 4), 0)
        say_value(d, b", aggregation port ID ", u32(d, p + 5))
    elif kind == 4 and size >= 2:
        # 802.3 counts the frame from the destination address to the check sequence
        say_value(d, b"\n\t    MTU size ", u16(d, p + 4))
    return 1 <= kind <= 4


cdef bint print_media(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t size) noexcept nogil:
    """What a telephone and its switch tell each other."""
    cdef uint32_t value
    cdef const char *name = name_of(&INVENTORY, kind, NULL)
    if kind == 1 and size >= 3:
        say_flags(d, b"\n\t    Media capabilities [", &MEDIA_CAPABILITIES, u16(d, p + 4), 4)
        say(d, b"\n\t    Device type [")
        say(d, name_of(&DEVICES, u8(d, p + 6), b"unknown"))
        say_char(d, b']')
        say_number(d, u8(d, p + 6), 2)
    elif kind == 2 and size >= 4:
        say(d, b"\n\t    Application type [")
        say(d, name_of(&APPLICATIONS, u8(d, p + 4), b"none"))
        say_char(d, b']')
        say_number(d, u8(d, p + 4), 2)
        value = u24(d, p + 5)
        say_flags(d, b", Flags [", &POLICY_FLAGS, value >> 8 & 0xE000, 0)
        say_value(d, b"\n\t    Vlan id ", value >> 9 & 0xFFF)
        say_value(d, b", L2 priority ", value >> 6 & 7)
        say_value(d, b", DSCP value ", value & 63)
    elif kind == 4 and size >= 3:
        value = u8(d, p + 4)
        say(d, b"\n\t    Power type [")
        say(d, name_of(&POWER_TYPES, value >> 6, b"unknown"))
        say(d, b"], Power source [")
        say(d, name_of(&POWER_SOURCES, value >> 4 & 3, b""))
        say(d, b"]\n\t    Power priority [")
        say(d, name_of(&POWER_PRIORITIES, value & 15, b"none"))
        say_char(d, b']')
        say_number(d, value & 15, 2)
        value = u16(d, p + 5)               # in tenths of a watt
        say_value(d, b", Power ", value // 10)
        say_value(d, b".", value % 10)
        say(d, b" Watts")
    elif name != NULL:
        say(d, b"\n\t  ")
        say(d, name)
        say_char(d, b' ')
        say_safe(d, p + 4, size)
    return name_of(&MEDIA_KINDS, kind, NULL) != NULL and kind != LOCATION
