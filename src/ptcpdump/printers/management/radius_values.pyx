"""Values of RADIUS attributes (RFC 2865 and the attributes' own RFCs)."""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset
from libc.time cimport gmtime_r, time_t, tm

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.link.eap cimport print_eap
from ptcpdump.printers.management.radius_rare cimport (
    form_arap_challenge, form_arap_features, form_arap_password, form_location, form_location_data, form_operator,
    form_policy, form_vector, wrong)

from ptcpdump.printers.management import radius_tables as tables

cdef enum:
    FRAMED_IP = 8           # kinds of attributes
    LOGIN_HOST = 14
    IPX_NETWORK = 23
    APPLETALK_LINK = 37
    APPLETALK_NETWORK = 38
    EGRESS_VLAN_ID = 56
    EGRESS_VLAN_NAME = 58
    TUNNEL_TYPE = 64
    TUNNEL_MEDIUM = 65
    TUNNEL_PASSWORD = 69
    TUNNEL_PREFERENCE = 83

cdef Names TAGGED = names(tables.TAGGED)
cdef Names VENDORS = names(tables.VENDORS)
cdef Names ERROR_CAUSES = names(tables.ERROR_CAUSES)
# What prints a value; False: it ends before what must stand in it.
ctypedef bint (*Form)(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil
cdef Form forms[256]
cdef Names words[256]       # for the values of an attribute


cdef bint print_value(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    return forms[kind] == NULL or forms[kind](d, kind, p, length)


cdef inline void say_tag(Dissection *d, uint8_t tag) noexcept nogil:
    """The tag that groups attributes of one tunnel (RFC 2868)."""
    say(d, b"Tag[")
    if tag:
        say_dec(d, tag)
    else:
        say(d, b"Unused")
    say(d, b"] ")


cdef inline bint is_tagged(uint8_t kind) noexcept nogil:
    """Whether a string may have such a tag before it."""
    return kind in (66, 67, 81, 82, 90, 91)


cdef inline void say_vlan_tag(Dissection *d, uint8_t tag) noexcept nogil:
    say(d, name_of(&TAGGED, tag, b"Unknown tag"))
    say(d, b" (0x")
    say_hex(d, tag, 2)
    say(d, b") ")


cdef bint form_string(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Text, with a tag before it for some attributes."""
    cdef uint32_t skip = 0, i
    cdef uint8_t first
    if not has(d, p, length):
        return False
    first = p[0]
    if kind == TUNNEL_PASSWORD:
        if length < 3:
            return False
        say_tag(d, first if first <= 0x1F else 0)
        say_value(d, b"Salt ", u16(d, p + 1))
        say_char(d, b' ')
        skip = 3
    elif is_tagged(kind) and first <= 0x1F:
        say_tag(d, first)
        skip = 1
    elif kind == EGRESS_VLAN_NAME:
        say_vlan_tag(d, first)
        skip = 1
    for i in range(skip, length):
        if p[i] == 0:
            break
        say_dotted(d, p[i])
    return True


cdef inline void say_dotted(Dissection *d, uint8_t c) noexcept nogil:
    """A character, or a dot for what is not printable."""
    say_char(d, <char>c if 0x20 <= c < 0x7F else b'.')


cdef bint form_number(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """A 32-bit number: a word, a time, or itself."""
    cdef uint32_t value
    if length != 4:
        return wrong(d, length, b"!= 4")
    value = u32(d, p)
    if kind in (TUNNEL_TYPE, TUNNEL_MEDIUM, TUNNEL_PREFERENCE):
        say_tag(d, p[0])
        value &= 0xFFFFFF
    if words[kind].count:
        say_named(d, &words[kind], value, b"#")
    elif kind == EGRESS_VLAN_ID:
        say_vlan_tag(d, p[0])
        say_dec(d, value & 0xFFFFFF)
    elif kind in (27, 28, 41, 46, 85):
        say_duration(d, value)
    elif kind == IPX_NETWORK and value == <uint32_t>0xFFFFFFFE:
        say(d, b"NAS Select")
    elif kind == APPLETALK_LINK and not value:
        say(d, b"Unnumbered")
    elif kind == APPLETALK_NETWORK and not value:
        say(d, b"NAS assigned")
    else:
        say_dec(d, value)
    return True


cdef inline void say_two(Dissection *d, uint32_t value, const char *behind) noexcept nogil:
    """A number in two digits at least."""
    put_dec_pad(d.out, value, 2, b'0')
    say(d, behind)


cdef void say_duration(Dissection *d, uint32_t value) noexcept nogil:
    """Seconds in the largest unit that fits."""
    if value < 60:
        say_two(d, value, b" secs")
    elif value < 3600:
        say_two(d, value // 60, b":")
        say_two(d, value % 60, b" min")
    else:
        say_two(d, value // 3600, b":")
        say_two(d, value % 3600 // 60, b":")
        say_two(d, value % 60, b" hours")


cdef bint form_address(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """An IPv4 address, with two reserved ones for framed users (RFC 2865, section 5.8)."""
    cdef uint32_t value
    if length != 4:
        return wrong(d, length, b"!= 4")
    value = u32(d, p)
    if kind in (FRAMED_IP, LOGIN_HOST) and value >= <uint32_t>0xFFFFFFFE:
        say_either(d, value == <uint32_t>0xFFFFFFFF, b"User Selected", b"NAS Select")
    else:
        say_ip4(d, p)
    return True


cdef bint form_address6(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """An IPv6 address."""
    if length != 16:
        return wrong(d, length, b"!= 16")
    say_ip6(d, p)
    return True


cdef bint is_netmask(Dissection *d, uint8_t width) noexcept nogil:
    """Whether an address may have such a prefix; said where it may not."""
    if width > 128:
        say_value(d, b"ERROR: netmask ", width)
        say(d, b" not in range (0..128)")
    return width <= 128


cdef bint form_prefix6(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """An IPv6 prefix (RFC 3162, section 2.3): reserved byte, width, as many bytes as matter."""
    cdef uint8_t address[16]
    if not 2 <= length <= 18:
        return wrong(d, length, b"not in range (2..18)")
    need(d, p, length)
    if not is_netmask(d, p[1]):
        return True
    memset(address, 0, sizeof(address))
    memcpy(address, p + 2, length - 2)
    put_ip6_number(d.out, address)
    say_value(d, b"/", p[1])
    if p[1] > 8 * (length - 2):
        say(d, b" (inconsistent prefix length)")
    return True


cdef bint form_home_prefix(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """A home link prefix (RFC 5447, section 4.2.2): width, address."""
    if length != 17:
        return wrong(d, length, b"!= 17")
    if is_netmask(d, u8(d, p)):
        say_ip6(d, p + 1)
        say_value(d, b"/", p[0])
    return True


cdef bint form_vendor(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Vendor-specific: enterprise number, then attributes of the vendor's own."""
    cdef uint32_t at = 4, size, vendor, i
    if length < 4:
        return False
    vendor = u32(d, p)
    say(d, b"Vendor: ")
    say(d, name_of(&VENDORS, vendor, b"Unknown"))
    say_value(d, b" (", vendor)
    say_char(d, b')')
    while length - at >= 2:
        kind, size = u8(d, p + at), u8(d, p + at + 1)
        if 2 <= size <= length - at and not has(d, p + at + 2, size - 2):
            return False
        say_value(d, b"\n\t    Vendor Attribute: ", kind)
        say(d, b", Length: ")
        if size < 2:
            say_dec(d, size)
            say(d, b" (bogus, must be >= 2)")
            return True
        if size > length - at:
            say_dec(d, size)
            say(d, b" (bogus, goes past end of vendor-specific attribute)")
            return True
        say_dec(d, size - 2)
        say(d, b", Value: ")
        for i in range(at + 2, at + size):
            say_dotted(d, p[i])
        at += size
    return True


cdef bint form_time(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Seconds since 1970 (RFC 2869, section 5.3), written in UTC."""
    cdef tm moment
    cdef time_t seconds
    if length != 4:
        return wrong(d, length, b"!= 4")
    seconds = u32(d, p)
    gmtime_r(&seconds, &moment)
    put_bytes(d.out, <const char *>b"SunMonTueWedThuFriSat" + 3 * moment.tm_wday, 3)
    say_char(d, b' ')
    put_bytes(d.out, <const char *>b"JanFebMarAprMayJunJulAugSepOctNovDec" + 3 * moment.tm_mon, 3)
    say_char(d, b' ')
    put_dec_pad(d.out, moment.tm_mday, 2, b' ')
    say_char(d, b' ')
    say_two(d, moment.tm_hour, b":")
    say_two(d, moment.tm_min, b":")
    say_two(d, moment.tm_sec, b" ")
    say_dec(d, moment.tm_year + 1900)
    return True


cdef bint form_eap(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """An EAP packet or a part of one (RFC 2869, section 5.13)."""
    return has(d, p, length) and print_eap(d, p, length)


cdef bint form_error(Dissection *d, uint8_t kind, const uint8_t *p, uint32_t length) noexcept nogil:
    """Error cause (RFC 5176, section 3.5)."""
    cdef uint32_t cause
    if length != 4:
        say_value(d, b"Error: length ", length)
        say(d, b" != 4")
        return True
    cause = u32(d, p)
    say_value(d, b"Error cause ", cause)
    say(d, b": ")
    say_named_or(d, &ERROR_CAUSES, cause, b"Error-Cause ", b" not known")
    return True


def fill_tables() -> None:
    """Kinds without a form stay without: only the hex dump of -vv shows their values."""
    cdef Form *ordered = [
        form_string, form_number, form_address, form_address6, form_prefix6, form_home_prefix, form_vendor, form_time,
        form_eap, form_error, form_vector, form_arap_password, form_arap_features, form_arap_challenge, form_operator,
        form_location, form_location_data, form_policy]
    order = ("string", "number", "address", "address6", "prefix6", "home-prefix", "vendor", "time", "eap", "error", "vector",
             "arap-password", "arap-features", "arap-challenge", "operator", "location", "location-data", "policy")
    for kind, (_, form) in tables.ATTRIBUTES.items():
        if form != "-":
            forms[<uint8_t>kind] = ordered[order.index(form)]
    for kind, (first, texts) in tables.VALUES.items():
        words[<uint8_t>kind] = names({first + i: text for i, text in enumerate(texts)})


fill_tables()
