"""Questions and resource records of DNS messages (RFC 1035, 4.1).

Of the record types those are shown with their data that tcpdump shows so; of all others the type's name says enough in a
line. Record types and classes: IANA, "Domain Name System (DNS) Parameters".
"""

from libc.string cimport memset

from ptcpdump.printers.base.core cimport *
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


cdef const char *type_name(uint32_t v) noexcept nogil:
    """The mnemonic of a record or query type, NULL for an unknown one."""
    if v == 1: return b"A"
    if v == 2: return b"NS"
    if v == 3: return b"MD"
    if v == 4: return b"MF"
    if v == 5: return b"CNAME"
    if v == 6: return b"SOA"
    if v == 7: return b"MB"
    if v == 8: return b"MG"
    if v == 9: return b"MR"
    if v == 10: return b"NULL"
    if v == 11: return b"WKS"
    if v == 12: return b"PTR"
    if v == 13: return b"HINFO"
    if v == 14: return b"MINFO"
    if v == 15: return b"MX"
    if v == 16: return b"TXT"
    if v == 17: return b"RP"
    if v == 18: return b"AFSDB"
    if v == 19: return b"X25"
    if v == 20: return b"ISDN"
    if v == 21: return b"RT"
    if v == 22: return b"NSAP"
    if v == 23: return b"NSAP_PTR"
    if v == 24: return b"SIG"
    if v == 25: return b"KEY"
    if v == 26: return b"PX"
    if v == 27: return b"GPOS"
    if v == 28: return b"AAAA"
    if v == 29: return b"LOC"
    if v == 30: return b"NXT"
    if v == 31: return b"EID"
    if v == 32: return b"NIMLOC"
    if v == 33: return b"SRV"
    if v == 34: return b"ATMA"
    if v == 35: return b"NAPTR"
    if v == 36: return b"KX"
    if v == 37: return b"CERT"
    if v == 38: return b"A6"
    if v == 39: return b"DNAME"
    if v == 40: return b"SINK"
    if v == 41: return b"OPT"
    if v == 42: return b"APL"
    if v == 43: return b"DS"
    if v == 44: return b"SSHFP"
    if v == 45: return b"IPSECKEY"
    if v == 46: return b"RRSIG"
    if v == 47: return b"NSEC"
    if v == 48: return b"DNSKEY"
    if v == 49: return b"DHCID"
    if v == 50: return b"NSEC3"
    if v == 51: return b"NSEC3PARAM"
    if v == 52: return b"TLSA"
    if v == 53: return b"SMIMEA"
    if v == 55: return b"HIP"
    if v == 56: return b"NINFO"
    if v == 57: return b"RKEY"
    if v == 58: return b"TALINK"
    if v == 59: return b"CDS"
    if v == 60: return b"CDNSKEY"
    if v == 61: return b"OPENPGPKEY"
    if v == 62: return b"CSYNC"
    if v == 63: return b"ZONEMD"
    if v == 64: return b"SVCB"
    if v == 65: return b"HTTPS"
    if v == 99: return b"SPF"
    if v == 100: return b"UINFO"
    if v == 101: return b"UID"
    if v == 102: return b"GID"
    if v == 103: return b"UNSPEC"
    if v == 104: return b"NID"
    if v == 105: return b"L32"
    if v == 106: return b"L64"
    if v == 107: return b"LP"
    if v == 108: return b"EUI48"
    if v == 109: return b"EUI64"
    if v == 249: return b"TKEY"
    if v == 250: return b"TSIG"
    if v == 251: return b"IXFR"
    if v == 252: return b"AXFR"
    if v == 253: return b"MAILB"
    if v == 254: return b"MAILA"
    if v == 255: return b"ANY"
    if v == 256: return b"URI"
    if v == 257: return b"CAA"
    if v == 258: return b"AVC"
    if v == 259: return b"DOA"
    if v == 260: return b"AMTRELAY"
    if v == 32768: return b"TA"
    if v == 32769: return b"DLV"
    return NULL


cdef void say_type(Dissection *d, uint32_t v) noexcept nogil:
    cdef const char *name = type_name(v)
    say_char(d, b' ')
    if name != NULL:
        say(d, name)
    else:
        say(d, b"Type")
        say_dec(d, v)


cdef void say_class(Dissection *d, uint32_t v) noexcept nogil:
    """The class, unless it is IN."""
    if v == CLASS_IN:
        return
    if v == 3:
        say(d, b" CHAOS")
    elif v == 4:
        say(d, b" HS")
    elif v == 255:
        say(d, b" ANY")
    else:
        say(d, b" (Class ")
        say_dec(d, v)
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
        if kind & UNICAST_REPLY:
            say(d, b" (QU)")
        else:
            say(d, b" (QM)")
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
        say(d, b" UDPsize=")
        say_dec(d, full_class & <uint32_t>0x7fff if mdns else full_class)
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
        say_char(d, b' ')
        say_dec(d, u16(d, p))
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
        say_char(d, b':')
        say_dec(d, u16(d, p + 4))
        say_char(d, b' ')
        say_dec(d, u16(d, p))
        say_char(d, b' ')
        say_dec(d, u16(d, p + 2))
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
        say_char(d, b' ')
        say_dec(d, u32(d, p + 4 * i))
    return True


cdef bint say_tsig(Dissection *d, const uint8_t *p, const uint8_t *message) noexcept nogil:
    """RFC 8945, 4.2: algorithm; the time signed and the MAC itself are left out."""
    say_char(d, b' ')
    p = say_name(d, p, message)
    if p == NULL:
        return False
    p += 6
    say_field(d, p, b" fudge=")
    say_field(d, p + 2, b" maclen=")
    p += 4 + u16(d, p + 2)
    say_field(d, p, b" origid=")
    say_field(d, p + 2, b" error=")
    say_field(d, p + 4, b" otherlen=")
    return True


cdef void say_field(Dissection *d, const uint8_t *p, const char *name) noexcept nogil:
    cdef uint32_t value = u16(d, p)
    say(d, name)
    say_dec(d, value)


cdef bint say_a6(Dissection *d, const uint8_t *p, const uint8_t *message) noexcept nogil:
    """RFC 2874: prefix length, the address bits behind the prefix, and the name that has the prefix."""
    cdef uint8_t address[16]
    cdef uint32_t bits = u8(d, p), skipped = bits // 8
    if bits > 128:
        say_char(d, b' ')
        say_dec(d, bits)
        say(d, b"(bad plen)")
        return True
    if bits < 128:
        memset(address, 0, 16)
        need(d, p + 1, 16 - skipped)
        memcpy(&address[skipped], p + 1, 16 - skipped)
        say_char(d, b' ')
        say_dec(d, bits)
        say_char(d, b' ')
        put_ip6_number(d.out, address)
    if bits > 0:
        say_char(d, b' ')
        return say_name(d, p + 17 - skipped, message) != NULL
    return True
