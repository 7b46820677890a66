"""Questions and resource records of DNS messages (RFC 1035, 4.1).

Of the record types those are shown with their data that tcpdump shows so; of all others the type's name says enough in a
line. Record types and classes: IANA, "Domain Name System (DNS) Parameters".
"""

from libc.string cimport memset

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.application.dns_edns cimport say_edns_option
from ptcpdump.printers.application.dns_names cimport say_character_string, say_name, say_text, skip_name

cdef enum:
    TYPE_A = 1
    TYPE_NS = 2
    TYPE_CNAME = 5
    TYPE_SOA = 6
    TYPE_PTR = 12
    TYPE_MX = 15
    TYPE_TXT = 16
    TYPE_AAAA = 28
    TYPE_SRV = 33
    TYPE_A6 = 38
    TYPE_DNAME = 39
    TYPE_TSIG = 250
    TYPE_URI = 256
    CLASS_IN = 1
    UNICAST_REPLY = 0x8000      # in mDNS questions (RFC 6762, 5.4)
    CACHE_FLUSH = 0x8000        # in mDNS records (RFC 6762, 10.2)
    DNSSEC_OK = 0x8000          # RFC 3225


# Mnemonics of record and query types
cdef Names TYPES = names({
    1: b"A", 2: b"NS", 3: b"MD", 4: b"MF", 5: b"CNAME", 6: b"SOA", 7: b"MB", 8: b"MG", 9: b"MR", 10: b"NULL",
    11: b"WKS", 12: b"PTR", 13: b"HINFO", 14: b"MINFO", 15: b"MX", 16: b"TXT", 17: b"RP", 18: b"AFSDB", 19: b"X25",
    20: b"ISDN", 21: b"RT", 22: b"NSAP", 23: b"NSAP_PTR", 24: b"SIG", 25: b"KEY", 26: b"PX", 27: b"GPOS", 28: b"AAAA",
    29: b"LOC", 30: b"NXT", 31: b"EID", 32: b"NIMLOC", 33: b"SRV", 34: b"ATMA", 35: b"NAPTR", 36: b"KX", 37: b"CERT",
    38: b"A6", 39: b"DNAME", 40: b"SINK", 41: b"OPT", 42: b"APL", 43: b"DS", 44: b"SSHFP", 45: b"IPSECKEY",
    46: b"RRSIG", 47: b"NSEC", 48: b"DNSKEY", 49: b"DHCID", 50: b"NSEC3", 51: b"NSEC3PARAM", 52: b"TLSA", 53: b"SMIMEA",
    55: b"HIP", 56: b"NINFO", 57: b"RKEY", 58: b"TALINK", 59: b"CDS", 60: b"CDNSKEY", 61: b"OPENPGPKEY", 62: b"CSYNC",
    63: b"ZONEMD", 64: b"SVCB", 65: b"HTTPS", 99: b"SPF", 100: b"UINFO", 101: b"UID", 102: b"GID", 103: b"UNSPEC",
    104: b"NID", 105: b"L32", 106: b"L64", 107: b"LP", 108: b"EUI48", 109: b"EUI64", 249: b"TKEY", 250: b"TSIG",
    251: b"IXFR", 252: b"AXFR", 253: b"MAILB", 254: b"MAILA", 255: b"ANY", 256: b"URI", 257: b"CAA", 258: b"AVC",
    259: b"DOA", 260: b"AMTRELAY", 32768: b"TA", 32769: b"DLV",
})

# Classes as they stand behind a type; IN is not said
cdef Names CLASSES = names({CLASS_IN: b"", 3: b" CHAOS", 4: b" HS", 255: b" ANY"})


cdef void say_type(Dissection *d, uint32_t v) noexcept nogil:
    say_char(d, b' ')
    say_named(d, &TYPES, v, b"Type")


cdef void say_class(Dissection *d, uint32_t v) noexcept nogil:
    """The class, unless it is IN."""
    cdef const char *name = name_of(&CLASSES, v, NULL)
    if name != NULL:
        say(d, name)
    else:
        say_value(d, b" (Class ", v)
        say_char(d, b')')


cdef void say_duration(Dissection *d, uint32_t seconds) noexcept nogil:
    """Seconds as weeks, days, hours, minutes and seconds, those that are not zero: 1d2h."""
    if seconds == 0:
        say(d, b"0s")
    seconds = say_units(d, seconds, 31536000, b'y')
    seconds = say_units(d, seconds, 604800, b'w')
    seconds = say_units(d, seconds, 86400, b'd')
    seconds = say_units(d, seconds, 3600, b'h')
    seconds = say_units(d, seconds, 60, b'm')
    say_units(d, seconds, 1, b's')


cdef uint32_t say_units(Dissection *d, uint32_t seconds, uint32_t unit, char name) noexcept nogil:
    if seconds < unit:
        return seconds
    say_dec(d, seconds // unit)
    say_char(d, name)
    return seconds % unit


cdef const uint8_t *say_question(Dissection *d, const uint8_t *p, const uint8_t *message, bint mdns) noexcept nogil:
    """Print the question at p; the first byte behind it, or NULL when the message is broken or ends too early."""
    cdef const uint8_t *name = p
    cdef uint32_t kind
    p = skip_name(d, p)
    if p == NULL or not has(d, p, 4):
        return NULL
    say_type(d, u16(d, p))
    kind = u16(d, p + 2)
    say_class(d, kind & <uint32_t>0x7fff if mdns else kind)
    if mdns:
        say_either(d, kind & UNICAST_REPLY, b" (QU)", b" (QM)")
    say(d, b"? ")
    p = say_name(d, name, message)
    return p + 4 if p != NULL else NULL


cdef const uint8_t *say_record(Dissection *d, const uint8_t *p, const uint8_t *message, bint mdns) noexcept nogil:
    """Print the record at p; the first byte behind it, or NULL when the message is broken or ends too early."""
    cdef uint32_t kind, full_class, n
    if d.opt.verbose:
        say_char(d, b' ')
        p = say_name(d, p, message)
        if p == NULL:
            return NULL
    else:
        p = skip_name(d, p)
    if p == NULL or not has(d, p, 10):
        return d.end
    kind = u16(d, p)
    full_class = u16(d, p + 2)
    if kind != TYPE_OPT:
        say_class(d, full_class & <uint32_t>0x7fff if mdns else full_class)
    if mdns and full_class & CACHE_FLUSH:
        say(d, b" (Cache flush)")
    if d.opt.verbose > 2 and kind != TYPE_OPT:
        say(d, b" [")
        say_duration(d, u32(d, p + 4))
        say_char(d, b']')
    say_type(d, kind)
    n = u16(d, p + 8)
    if not has(d, p + 10, n):
        return NULL
    if kind == TYPE_OPT:
        say_value(d, b" UDPsize=", full_class & <uint32_t>0x7fff if mdns else full_class)
        if u16(d, p + 6) & DNSSEC_OK:
            say(d, b" DO")
        if not say_options(d, p + 10, p + 10 + n):
            return NULL
    elif not say_data(d, kind, p + 10, n, message):
        return NULL
    return p + 10 + n


cdef bint say_options(Dissection *d, const uint8_t *p, const uint8_t *end) noexcept nogil:
    if p < end:
        say(d, b" [")
        while p < end:
            p = say_edns_option(d, p)
            if p == NULL:
                return False
            if p < end:
                say_char(d, b',')
        say_char(d, b']')
    return True


cdef bint say_data(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t n, const uint8_t *message) noexcept nogil:
    """Print the n bytes of data at p, captured all; False when they are broken."""
    cdef const uint8_t *end = p + n
    if kind == TYPE_A:
        if not has(d, p, 4):
            return False
        say_char(d, b' ')
        put_ip4_number(d.out, p)
    elif kind == TYPE_AAAA:
        if not has(d, p, 16):
            return False
        say_char(d, b' ')
        put_ip6_number(d.out, p)
    elif kind == TYPE_CNAME or kind == TYPE_PTR or kind == TYPE_NS or kind == TYPE_DNAME:
        say_char(d, b' ')
        return say_name(d, p, message) != NULL
    elif kind == TYPE_MX:
        say_char(d, b' ')
        if not has(d, p, 2) or say_name(d, p + 2, message) == NULL:
            return False
        say_value(d, b" ", u16(d, p))
    elif kind == TYPE_TXT:
        while p < end:
            say(d, b" \"")
            p = say_character_string(d, p)
            if p == NULL:
                return False
            say_char(d, b'"')
    elif kind == TYPE_SRV:
        say_char(d, b' ')
        if not has(d, p, 6) or say_name(d, p + 6, message) == NULL:
            return False
        say_value(d, b":", u16(d, p + 4))
        say_value(d, b" ", u16(d, p))
        say_value(d, b" ", u16(d, p + 2))
    elif kind == TYPE_SOA:
        return not d.opt.verbose or say_soa(d, p, message)
    elif kind == TYPE_TSIG:
        return not d.opt.verbose or say_tsig(d, p, message)
    elif kind == TYPE_URI:
        say_char(d, b' ')
        say_dec(d, u16(d, p))
        say_char(d, b' ')
        say_dec(d, u16(d, p + 2))
        say_char(d, b' ')
        return n < 4 or say_text(d, p + 4, n - 4)
    elif kind == TYPE_A6:
        return say_a6(d, p, message)
    return True


cdef bint say_soa(Dissection *d, const uint8_t *p, const uint8_t *message) noexcept nogil:
    """Primary server, mailbox; then serial, refresh, retry, expire, minimum."""
    cdef int i
    for i in range(2):
        say_char(d, b' ')
        p = say_name(d, p, message)
        if p == NULL:
            return False
    if not has(d, p, 20):
        return False
    for i in range(5):
        say_value(d, b" ", u32(d, p + 4 * i))
    return True


cdef bint say_tsig(Dissection *d, const uint8_t *p, const uint8_t *message) noexcept nogil:
    """RFC 8945, 4.2: algorithm; the time signed and the MAC itself are left out."""
    say_char(d, b' ')
    p = say_name(d, p, message)
    if p == NULL:
        return False
    p += 6
    say_value(d, b" fudge=", u16(d, p))
    say_value(d, b" maclen=", u16(d, p + 2))
    p += 4 + u16(d, p + 2)
    say_value(d, b" origid=", u16(d, p))
    say_value(d, b" error=", u16(d, p + 2))
    say_value(d, b" otherlen=", u16(d, p + 4))
    return True


cdef bint say_a6(Dissection *d, const uint8_t *p, const uint8_t *message) noexcept nogil:
    """RFC 2874: prefix length, the address bits behind the prefix, and the name that has the prefix."""
    cdef uint8_t address[16]
    cdef uint32_t bits = u8(d, p), skipped = bits // 8
    if bits > 128:
        say_value(d, b" ", bits)
        say(d, b"(bad plen)")
        return True
    if bits < 128:
        memset(address, 0, 16)
        need(d, p + 1, 16 - skipped)
        memcpy(&address[skipped], p + 1, 16 - skipped)
        say_value(d, b" ", bits)
        say_char(d, b' ')
        put_ip6_number(d.out, address)
    if bits > 0:
        say_char(d, b' ')
        return say_name(d, p + 17 - skipped, message) != NULL
    return True
