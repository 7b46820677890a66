"""The options of an EDNS OPT record (RFC 6891), as listed by IANA under "DNS EDNS0 Option Codes"."""

from libc.string cimport memset

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.application.dns_names cimport say_name

cdef enum:
    OPTION_LLQ = 1
    OPTION_UL = 2
    OPTION_NSID = 3             # RFC 5001
    OPTION_DAU = 5              # RFC 6975
    OPTION_DHU = 6
    OPTION_N3U = 7
    OPTION_CLIENT_SUBNET = 8    # RFC 7871
    OPTION_EXPIRE = 9           # RFC 7314
    OPTION_COOKIE = 10          # RFC 7873
    OPTION_KEEPALIVE = 11       # RFC 7828
    OPTION_PADDING = 12         # RFC 7830
    OPTION_CHAIN = 13           # RFC 7901
    OPTION_KEY_TAG = 14         # RFC 8145
    OPTION_CLIENT_TAG = 16
    OPTION_SERVER_TAG = 17


cdef const char *option_name(uint32_t v) noexcept nogil:
    if v == OPTION_LLQ: return b"LLQ"
    if v == OPTION_UL: return b"UL"
    if v == OPTION_NSID: return b"NSID"
    if v == OPTION_DAU: return b"DAU"
    if v == OPTION_DHU: return b"DHU"
    if v == OPTION_N3U: return b"N3U"
    if v == OPTION_CLIENT_SUBNET: return b"ECS"
    if v == OPTION_EXPIRE: return b"EXPIRE"
    if v == OPTION_COOKIE: return b"COOKIE"
    if v == OPTION_KEEPALIVE: return b"KEEPALIVE"
    if v == OPTION_PADDING: return b"PADDING"
    if v == OPTION_CHAIN: return b"CHAIN"
    if v == OPTION_KEY_TAG: return b"KEY-TAG"
    if v == OPTION_CLIENT_TAG: return b"CLIENT-TAG"
    if v == OPTION_SERVER_TAG: return b"SERVER-TAG"
    return NULL


cdef const char *signing_algorithm(uint32_t v) noexcept nogil:
    """IANA, "DNS Security Algorithm Numbers"; number 3 is written as tcpdump writes it."""
    if v == 0: return b"DELETE"
    if v == 1: return b"RSAMD5"
    if v == 2: return b"DH"
    if v == 3: return b"DS"
    if v == 5: return b"RSASHA1"
    if v == 6: return b"DSA-NSEC3-SHA1"
    if v == 7: return b"RSASHA1-NSEC3-SHA1"
    if v == 8: return b"RSASHA256"
    if v == 10: return b"RSASHA512"
    if v == 12: return b"ECC-GOST"
    if v == 13: return b"ECDSAP256SHA256"
    if v == 14: return b"ECDSAP384SHA384"
    if v == 15: return b"ED25519"
    if v == 16: return b"ED448"
    if v == 252: return b"INDIRECT"
    if v == 253: return b"PRIVATEDNS"
    if v == 254: return b"PRIVATEOID"
    return NULL


cdef const char *digest_algorithm(uint32_t v) noexcept nogil:
    """IANA, "Delegation Signer (DS) Resource Record (RR) Type Digest Algorithms"."""
    if v == 1: return b"SHA-1"
    if v == 2: return b"SHA-256"
    if v == 3: return b"GOST_R_34.11-94"
    if v == 4: return b"SHA-384"
    return NULL


cdef const char *nsec3_algorithm(uint32_t v) noexcept nogil:
    """IANA, "DNSSEC NSEC3 Hash Algorithms"."""
    if v == 1: return b"SHA-1"
    return NULL


cdef void say_algorithms(Dissection *d, const uint8_t *p, uint32_t n, uint32_t option) noexcept nogil:
    cdef const char *name
    cdef uint32_t i
    for i in range(n):
        if i:
            say_char(d, b' ')
        if option == OPTION_DAU:
            name = signing_algorithm(p[i])
        elif option == OPTION_DHU:
            name = digest_algorithm(p[i])
        else:
            name = nsec3_algorithm(p[i])
        if name != NULL:
            say(d, name)
        else:
            say(d, b"Alg_")
            say_dec(d, p[i])


cdef void say_client_subnet(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """Address family, source and scope prefix length, and as many bytes of the address as the first one covers."""
    cdef uint8_t address[16]
    cdef uint32_t family = 0, bits, source, scope
    if n >= 4:
        family = u16(d, p)
    if family != 1 and family != 2:
        say_invalid(d)
        return
    bits = 32 if family == 1 else 128
    source = p[2]
    scope = p[3]
    if n - 4 > bits // 8 or source > bits or scope > bits or (source + 7) // 8 != n - 4:
        say_invalid(d)
        return
    memset(address, 0, 16)
    memcpy(address, p + 4, n - 4)
    if family == 1:
        put_ip4_number(d.out, address)
    else:
        put_ip6_number(d.out, address)
    say_char(d, b'/')
    say_dec(d, source)
    say_char(d, b'/')
    say_dec(d, scope)


cdef void say_option_data(Dissection *d, uint32_t option, const uint8_t *p, uint32_t n) noexcept nogil:
    """The n bytes at p, which were captured all."""
    cdef uint32_t i
    if option == OPTION_CLIENT_SUBNET:
        say_client_subnet(d, p, n)
    elif option == OPTION_COOKIE:
        if n < 8 or 8 < n < 16 or n > 40:
            say_invalid(d)
            return
        put_hex_bytes(d.out, p, 8)
        if n > 8:
            say_char(d, b' ')
            put_hex_bytes(d.out, p + 8, n - 8)
    elif option == OPTION_KEEPALIVE:
        if n != 2:
            say_invalid(d)
            return
        say_dec(d, u16(d, p) // 10)     # the unit is 100 ms
        say_char(d, b'.')
        say_dec(d, u16(d, p) % 10)
        say(d, b" sec")
    elif option == OPTION_EXPIRE:
        if n != 4:
            say_invalid(d)
            return
        say_dec(d, u32(d, p))
        say(d, b" sec")
    elif option == OPTION_PADDING:
        say_char(d, b'(')
        say_dec(d, n)
        say_char(d, b')')
    elif option == OPTION_KEY_TAG:
        if n % 2:
            say_invalid(d)
            return
        for i in range(0, n, 2):
            if i:
                say_char(d, b' ')
            say_dec(d, u16(d, p + i))
    elif option == OPTION_DAU or option == OPTION_DHU or option == OPTION_N3U:
        say_algorithms(d, p, n, option)
    elif option == OPTION_CHAIN:
        say_name(d, p, p + n)           # such a name is never compressed
    else:
        put_hex_bytes(d.out, p, n)


cdef const uint8_t *say_edns_option(Dissection *d, const uint8_t *p) noexcept nogil:
    """Print the option at p; the first byte behind it, or NULL when it was not captured whole."""
    cdef uint32_t option, n
    cdef const char *name
    if not has(d, p, 2):
        return NULL
    option = u16(d, p)
    name = option_name(option)
    if name != NULL:
        say(d, name)
    else:
        say(d, b"Opt")
        say_dec(d, option)
    if not has(d, p, 4) or not has(d, p + 4, u16(d, p + 2)):
        return NULL
    n = u16(d, p + 2)
    p += 4
    if n:
        say_char(d, b' ')
        say_option_data(d, option, p, n)
    return p + n
