"""The options of an EDNS OPT record (RFC 6891), as listed by IANA under "DNS EDNS0 Option Codes"."""

from libc.string cimport memset

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, names
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


cdef Names OPTIONS = names({
    OPTION_LLQ: b"LLQ", OPTION_UL: b"UL", OPTION_NSID: b"NSID", OPTION_DAU: b"DAU", OPTION_DHU: b"DHU",
    OPTION_N3U: b"N3U", OPTION_CLIENT_SUBNET: b"ECS", OPTION_EXPIRE: b"EXPIRE", OPTION_COOKIE: b"COOKIE",
    OPTION_KEEPALIVE: b"KEEPALIVE", OPTION_PADDING: b"PADDING", OPTION_CHAIN: b"CHAIN", OPTION_KEY_TAG: b"KEY-TAG",
    OPTION_CLIENT_TAG: b"CLIENT-TAG", OPTION_SERVER_TAG: b"SERVER-TAG",
})

# IANA, "DNS Security Algorithm Numbers"; number 3 is written as tcpdump writes it
cdef Names SIGNING_ALGORITHMS = names({
    0: b"DELETE", 1: b"RSAMD5", 2: b"DH", 3: b"DS", 5: b"RSASHA1", 6: b"DSA-NSEC3-SHA1", 7: b"RSASHA1-NSEC3-SHA1",
    8: b"RSASHA256", 10: b"RSASHA512", 12: b"ECC-GOST", 13: b"ECDSAP256SHA256", 14: b"ECDSAP384SHA384", 15: b"ED25519",
    16: b"ED448", 252: b"INDIRECT", 253: b"PRIVATEDNS", 254: b"PRIVATEOID",
})

# IANA, "Delegation Signer (DS) Resource Record (RR) Type Digest Algorithms"
cdef Names DIGEST_ALGORITHMS = names({1: b"SHA-1", 2: b"SHA-256", 3: b"GOST_R_34.11-94", 4: b"SHA-384"})

# IANA, "DNSSEC NSEC3 Hash Algorithms"
cdef Names NSEC3_ALGORITHMS = names({1: b"SHA-1"})


cdef void say_algorithms(Dissection *d, const uint8_t *p, uint32_t n, uint32_t option) noexcept nogil:
    cdef const Names *table = &NSEC3_ALGORITHMS
    cdef uint32_t i
    if option == OPTION_DAU:
        table = &SIGNING_ALGORITHMS
    elif option == OPTION_DHU:
        table = &DIGEST_ALGORITHMS
    for i in range(n):
        if i:
            say_char(d, b' ')
        say_named(d, table, p[i], b"Alg_")


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
    say_value(d, b"/", source)
    say_value(d, b"/", scope)


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
        say_value(d, b"(", n)
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
    if not has(d, p, 2):
        return NULL
    option = u16(d, p)
    say_named(d, &OPTIONS, option, b"Opt")
    if not has(d, p, 4) or not has(d, p + 4, u16(d, p + 2)):
        return NULL
    n = u16(d, p + 2)
    p += 4
    if n:
        say_char(d, b' ')
        say_option_data(d, option, p, n)
    return p + n
