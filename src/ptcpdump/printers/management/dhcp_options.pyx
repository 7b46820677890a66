"""The data of DHCPv4's options (RFC 2132 and the options' own RFCs)."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

from ptcpdump.printers.management import dhcp_tables as tables

cdef Names NETBIOS_NODES = names(tables.NETBIOS_NODES)
cdef Names OVERLOAD = names(tables.OVERLOAD)
cdef Names HARDWARE = names(tables.HARDWARE)
cdef Names AGENT = names(tables.AGENT)
cdef Bits FQDN_FLAGS = bits(tables.FQDN_FLAGS)

# Each prints `length` bytes, which have been captured, and returns how many of them it had no use for.
ctypedef uint32_t (*Form)(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
cdef Form forms[256]


cdef uint32_t print_data(Dissection *d, uint8_t tag, const uint8_t *p, uint32_t length) noexcept nogil:
    if forms[tag] != NULL:
        return forms[tag](d, p, length)
    if length & 1:
        return form_dotted(d, p, length)
    return form_shorts(d, p, length) if length & 2 else form_unsigned(d, p, length)


cdef uint32_t form_address(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """IPv4 addresses."""
    cdef uint32_t i
    for i in range(0, length & ~<uint32_t>3, 4):
        if i:
            say_char(d, b',')
        say_ip4(d, p + i)
    return length % 4


cdef inline uint32_t say_wrong(Dissection *d, uint32_t length, const char *text) noexcept nogil:
    """Say that an option has not the length that it must have."""
    if length == 0:
        say_char(d, b' ')
    say(d, text)
    return 0


cdef uint32_t form_pairs(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Pairs of IPv4 addresses, as in static routes."""
    cdef uint32_t i
    if length == 0 or length % 8:
        return say_wrong(d, length, b"[length != N x 8 bytes]")
    for i in range(0, length, 8):
        say(d, b",(" if i else b"(")
        say_ip4(d, p + i)
        say_char(d, b':')
        say_ip4(d, p + i + 4)
        say_char(d, b')')
    return 0


cdef uint32_t form_unsigned(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """32-bit numbers."""
    cdef uint32_t i
    for i in range(0, length & ~<uint32_t>3, 4):
        say_value(d, b"," if i else b"", u32(d, p + i))
    return length % 4


cdef uint32_t form_signed(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """32-bit numbers with a sign."""
    cdef uint32_t i
    for i in range(0, length & ~<uint32_t>3, 4):
        if i:
            say_char(d, b',')
        put_int(d.out, <int32_t>u32(d, p + i))
    return length % 4


cdef uint32_t form_shorts(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """16-bit numbers."""
    cdef uint32_t i
    for i in range(0, length & ~<uint32_t>1, 2):
        say_value(d, b"," if i else b"", u16(d, p + i))
    return length % 2


cdef uint32_t form_dotted(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Bytes in decimal with dots."""
    cdef uint32_t i
    for i in range(length):
        say_value(d, b"." if i else b"", u8(d, p + i))
    return 0


cdef uint32_t form_text(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A string."""
    say_char(d, b'"')
    say_safe(d, p, length)
    say_char(d, b'"')
    return 0


cdef uint32_t form_flag(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A truth value."""
    cdef uint8_t value
    if length != 1:
        return say_wrong(d, length, b"[length != 1 byte]")
    value = u8(d, p)
    if value > 1:
        say_value(d, b"", value)
        say_char(d, b'?')
    else:
        say_either(d, value, b"Y", b"N")
    return 0


# The options with a form of their own

cdef uint32_t print_netbios_node(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Option 46 (RFC 2132, section 8.7)."""
    if length < 1:
        return say_wrong(d, length, b"[length < 1 byte]")
    say_named(d, &NETBIOS_NODES, u8(d, p), b"#")
    return length - 1


cdef uint32_t print_overload(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Option 52 (RFC 2132, section 9.3)."""
    if length < 1:
        return say_wrong(d, length, b"[length < 1 byte]")
    say_named(d, &OVERLOAD, u8(d, p), b"#")
    return length - 1


cdef uint32_t print_client_id(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Option 61 (RFC 2132, section 9.14): a string, or an address with its hardware type."""
    cdef uint32_t i
    if length < 1:
        return say_wrong(d, length, b"[length < 1 byte]")
    if u8(d, p) == 0:
        return form_text(d, p + 1, length - 1)
    say_named_or(d, &HARDWARE, u8(d, p), b"hardware-type ", b",")
    say_char(d, b' ')
    for i in range(1, length):
        if i > 1:
            say_char(d, b':')
        say_hex(d, u8(d, p + i), 2)
    return 0


cdef uint32_t print_user_class(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Option 77 (RFC 3004): strings, each behind its length."""
    cdef uint32_t at = 0, number = 1, size
    if length < 2:
        return say_wrong(d, length, b"[length < 2 bytes]")
    while at < length:
        size = u8(d, p + at)
        at += 1
        say_value(d, b"\n\t      instance#", number)
        say(d, b": ")
        if size == 0:
            say(d, b"[suboption length must be non-zero]")
            return 0
        if size > length - at:
            say(d, b"[invalid option]")
            return 0
        form_text(d, p + at, size)
        say_value(d, b", length ", size)
        at += size
        number += 1
    return 0


cdef uint32_t print_fqdn(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Option 81 (RFC 4702): flags, two result codes, a name."""
    cdef uint8_t flags
    if length < 3:
        return say_wrong(d, length, b"[length < 3 bytes]")
    flags = u8(d, p)
    if flags & 0xF0:
        say(d, b"[MBZ nibble 0x")
        say_hex(d, flags >> 4, 1)
        say(d, b" != 0] ")
    if flags & 0x0F:
        say_char(d, b'[')
        say_bits(d, &FQDN_FLAGS, flags, b"", b"")
        say(d, b"] ")
    if u16(d, p + 1):
        say_dec(d, u8(d, p + 1))
        say_value(d, b"/", u8(d, p + 2))
        say_char(d, b' ')
    return form_text(d, p + 3, length - 3)


cdef uint32_t print_agent(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Option 82 (RFC 3046): what a relay agent adds."""
    cdef uint32_t at = 0, size
    cdef uint8_t kind
    cdef const char *name
    while length - at >= 2:
        kind, size = u8(d, p + at), u8(d, p + at + 1)
        at += 2
        name = name_of(&AGENT, kind, NULL)
        say(d, b"\n\t      ")
        say(d, name_of(&AGENT, kind, b"Unknown"))
        say_value(d, b" SubOption ", kind)
        say_value(d, b", length ", size)
        say(d, b": ")
        if size > length - at:
            say(d, b"length goes past end of option")
            return 0
        if name != NULL:
            say_safe(d, p + at, size)
        else:
            say_unknown(d, b"\n\t\t", p + at, size)
        at += size
    return length - at


cdef uint32_t print_ipv6_only(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Option 108 (RFC 8925): seconds without IPv4."""
    if length != 4:
        return say_wrong(d, length, b"[length != 4 bytes]")
    say_dec(d, u32(d, p))
    return 0


cdef uint32_t print_classless_routes(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Option 121, and 249 of Microsoft (RFC 3442): mask width, the octets of the net that matter, router."""
    cdef uint32_t at = 0, width, octets, i
    if length < 5:
        return say_wrong(d, length, b"[length < 5 bytes]")
    while at < length:
        if at:
            say_char(d, b',')
        width = u8(d, p + at)
        octets = (width + 7) // 8
        at += 1
        if width > 32:
            say_value(d, b"[Mask width (", width)
            say(d, b") > 32]")
            return 0
        if length - at < octets + 4:
            say_value(d, b"[Remaining length (", length - at)
            say_value(d, b") < ", octets + 4)
            say(d, b" bytes]")
            return 0
        if width:
            for i in range(4):
                say_value(d, b"." if i else b"(", u8(d, p + at + i) if i < octets else 0)
            say_value(d, b"/", width)
        else:
            say(d, b"(default")
        say_char(d, b':')
        say_ip4(d, p + at + octets)
        say_char(d, b')')
        at += octets + 4
    return 0


cdef uint32_t print_sztp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Option 143 (RFC 8572, section 8.3): URIs of bootstrap servers."""
    cdef uint32_t at = 0, size
    while length - at >= 2:
        size = u16(d, p + at)
        at += 2
        say_value(d, b"\n\t\t    length ", size)
        say(d, b": ")
        if size > length - at:
            say(d, b"length goes past end of option")
            return 0
        form_text(d, p + at, size)
        at += size
    if at < length:
        say(d, b"[length < 2 bytes]")
    return length - at


def fill_table() -> None:
    """Tags without a form stay without: their data are numbers as wide as fits."""
    cdef Form *ordered = [form_address, form_pairs, form_unsigned, form_signed, form_shorts, form_dotted, form_text, form_flag]
    order = ("address", "pairs", "unsigned", "signed", "shorts", "dotted", "text", "flag")
    for tag, (_, form) in tables.OPTIONS.items():
        if form in order:
            forms[<uint8_t>tag] = ordered[order.index(form)]
    forms[46] = print_netbios_node
    forms[52] = print_overload
    forms[61] = print_client_id
    forms[77] = print_user_class
    forms[81] = print_fqdn
    forms[82] = print_agent
    forms[108] = print_ipv6_only
    forms[121] = forms[249] = print_classless_routes
    forms[143] = print_sztp


fill_table()
