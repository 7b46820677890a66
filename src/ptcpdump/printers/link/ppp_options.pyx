"""Options that PPP's control protocols negotiate (RFC 1661 section 6, and the protocols' own RFCs)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.oui cimport OUIS
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.link.ppp cimport PROTOCOLS

from ptcpdump.printers.link import ppp_tables as tables

cdef enum:
    LCP = 0xC021
    IPCP = 0x8021
    IP6CP = 0x8057
    CCP = 0x80FD
    BACP = 0xC02B
    CHAP = 0xC223           # what a peer may be asked to prove itself by
    PAP = 0xC023
    EAP = 0xC227
    SPAP = 0xC027
    OLD_SPAP = 0xC123
    LINK_QUALITY = 0xC025

# What became of an option
cdef enum Outcome:
    SHOWN
    UNKNOWN                 # to be shown as bytes
    BOGUS                   # it is not as long as its kind must be
    HOPELESS                # likewise, and the next one isn't looked at

cdef Names LCP_OPTIONS = names(dict(enumerate(tables.LCP_OPTIONS)))
cdef Names IPCP_OPTIONS = names(tables.IPCP_OPTIONS)
cdef Names IP6CP_OPTIONS = names(tables.IP6CP_OPTIONS)
cdef Names CCP_OPTIONS = names(tables.CCP_OPTIONS)
cdef Names BACP_OPTIONS = names(tables.BACP_OPTIONS)
cdef Names CALLBACKS = names(tables.CALLBACKS)
cdef Names CHAP_ALGORITHMS = names(tables.CHAP_ALGORITHMS)
cdef Names COMPRESSIONS = names(tables.COMPRESSIONS)
cdef Names DISCRIMINATORS = names({0: b"Null", 1: b"Local", 4: b"Magic-Num-Block", 5: b"PSNDN"})
cdef Names SUBOPTIONS = names({1: b"RTP-Compression", 2: b"Enhanced RTP-Compression"})


cdef bint has_options(uint32_t protocol) noexcept nogil:
    return protocol in (LCP, IPCP, IP6CP, CCP, BACP)


cdef const char *name_of_option(uint32_t protocol, uint8_t kind) noexcept nogil:
    """NULL: LCP has none of that number."""
    if protocol == LCP:
        return name_of(&LCP_OPTIONS, kind, NULL)
    if protocol == IPCP:
        return name_of(&IPCP_OPTIONS, kind, b"unknown")
    if protocol == IP6CP:
        return name_of(&IP6CP_OPTIONS, kind, b"unknown")
    return name_of(&CCP_OPTIONS if protocol == CCP else &BACP_OPTIONS, kind, b"Unknown")


cdef void print_options(Dissection *d, uint32_t protocol, const uint8_t *p, uint32_t length) noexcept nogil:
    """The options of a configuration packet; stops at the first one that makes no sense."""
    cdef uint32_t at = 0, size
    cdef uint8_t kind
    cdef const char *name
    cdef Outcome outcome
    while at < length:
        if not has(d, p + at, 2):
            say(d, b"[|lcp]" if protocol == LCP else b"[|ipcp]" if protocol == IPCP else b"[|ip6cp]" if protocol == IP6CP
                else b"[|ccp]" if protocol == CCP else b"[|bacp]")
            return
        kind, size = u8(d, p + at), u8(d, p + at + 1)
        name = name_of_option(protocol, kind)
        if size > length + 4:
            return
        if name == NULL:
            say(d, b"\n\tunknown LCP option 0x")
            say_hex(d, kind, 2)
        else:
            say(d, b"\n\t  ")
            say(d, name)
            say(d, b" Option (0x")
            say_hex(d, kind, 2)
            say_value(d, b"), length ", size)
        if size < 2:
            if name != NULL:
                say(d, b" (length bogus, should be >= 2)")
            return
        if name != NULL:
            outcome = print_option(d, protocol, p + at, size)
            if outcome == HOPELESS:
                return
            if outcome == UNKNOWN or outcome == SHOWN and d.opt.verbose > 1:
                say_unknown(d, b"\n\t    ", p + at + 2, size - 2)
        if size > length - at:
            say_value(d, b" [remaining options length ", length - at)
            say_value(d, b" < ", size)
            say(d, b"] (invalid)")
            return
        at += size


cdef Outcome print_option(Dissection *d, uint32_t protocol, const uint8_t *p, uint32_t size) noexcept nogil:
    """One option with its two-byte header."""
    if protocol == LCP:
        return print_lcp(d, p, size)
    if protocol == IPCP:
        return print_ipcp(d, p, size)
    if protocol == CCP:
        return print_ccp(d, p, size)
    if p[0] != 1:
        return UNKNOWN
    if protocol == BACP:            # RFC 2125
        return say_word(d, p, size, b": Magic-Num 0x", BOGUS)
    if size != 10:                  # RFC 5072
        return wrong(d, b"= ", 10, BOGUS)
    need(d, p + 2, 8)
    say(d, b": ")
    say_hex(d, u16(d, p + 2), 4)
    say_char(d, b':')
    say_hex(d, u16(d, p + 4), 4)
    say_char(d, b':')
    say_hex(d, u16(d, p + 6), 4)
    say_char(d, b':')
    say_hex(d, u16(d, p + 8), 4)
    return SHOWN


cdef Outcome wrong(Dissection *d, const char *relation, uint32_t size, Outcome outcome) noexcept nogil:
    say(d, b" (length bogus, should be ")
    say_value(d, relation, size)
    say_char(d, b')')
    return outcome


cdef Outcome say_word(Dissection *d, const uint8_t *p, uint32_t size, const char *title, Outcome bogus) noexcept nogil:
    """An option that is a 32-bit number."""
    cdef uint32_t value
    if size != 6:
        return wrong(d, b"= ", 6, bogus)
    value = u32(d, p + 2)
    say(d, title)
    say_hex(d, value, 8)
    return SHOWN


cdef Outcome print_lcp(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """RFC 1661 section 6 and its extensions."""
    cdef uint8_t kind = p[0]
    if kind == 0:
        if size < 6:
            return wrong(d, b">= ", 6, BOGUS)
        need(d, p + 2, 3)
        say(d, b": Vendor: ")
        say(d, name_of(&OUIS, u24(d, p + 2), b"Unknown"))
        say_value(d, b" (", u24(d, p + 2))
        say_char(d, b')')
    elif kind in (1, 17):
        if size != 4:
            return wrong(d, b"= ", 4, BOGUS if kind == 1 else HOPELESS)
        say_value(d, b": ", u16(d, p + 2))
    elif kind in (2, 5):
        return say_word(d, p, size, b": 0x", BOGUS if kind == 2 else HOPELESS)
    elif kind == 3:
        return wrong(d, b">= ", 4, BOGUS) if size < 4 else print_authentication(d, p, size)
    elif kind == 4:
        if size < 4:
            return wrong(d, b">= ", 4, HOPELESS)
        say_either(d, u16(d, p + 2) == LINK_QUALITY, b": LQR", b": unknown")
    elif kind == 13:
        if size < 3:
            return wrong(d, b">= ", 3, HOPELESS)
        need(d, p + 2, 1)
        say(d, b": : Callback Operation ")
        say(d, name_of(&CALLBACKS, p[2], b"Unknown"))
        say_value(d, b" (", p[2])
        say_char(d, b')')
    elif kind == 19:
        return wrong(d, b">= ", 3, HOPELESS) if size < 3 else print_discriminator(d, p, size)
    elif kind == 23:
        if size != 4:
            return wrong(d, b"= ", 4, HOPELESS)
        need(d, p + 2, 2)
        say(d, b": 0x")
        say_hex(d, u16(d, p + 2), 4)
    elif kind not in (7, 8):        # which are flags
        return UNKNOWN
    return SHOWN


cdef Outcome print_authentication(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """The protocol by which a peer is asked to prove who it is."""
    cdef uint16_t protocol = u16(d, p + 2)
    say(d, b": ")
    say_named_hex(d, &PROTOCOLS, protocol, b"Unknown Auth Proto (0x", 4, b")")
    if protocol == CHAP:
        if size < 5:
            return wrong(d, b">= ", 5, BOGUS)
        need(d, p + 4, 1)
        say(d, b", ")
        say_named(d, &CHAP_ALGORITHMS, p[4], b"Unknown Auth Alg ")
    elif protocol not in (PAP, EAP, SPAP, OLD_SPAP):
        say_unknown(d, b"\n\t", p, size)
    return SHOWN


cdef Outcome print_discriminator(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """Endpoint discriminator of multilink (RFC 1990 section 5.1.3)."""
    cdef uint8_t kind = u8(d, p + 2)
    if kind == 2:
        if size != 7:
            return wrong(d, b"= ", 7, HOPELESS)
        say(d, b": IPv4 ")
        say_ip4(d, p + 3)
    elif kind == 3:
        if size != 9:
            return wrong(d, b"= ", 9, HOPELESS)
        say(d, b": MAC ")
        say_mac(d, p + 3)
    else:
        say(d, b": ")
        say_named(d, &DISCRIMINATORS, kind, b"Unknown class ")
    return SHOWN


cdef Outcome print_ipcp(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """RFC 1332 and RFC 1877."""
    cdef uint8_t kind = p[0]
    if kind == 1:
        if size != 10:
            return wrong(d, b"= ", 10, BOGUS)
        say(d, b": src ")
        say_ip4(d, p + 2)
        say(d, b", dst ")
        say_ip4(d, p + 6)
    elif kind == 2:
        return wrong(d, b">= ", 4, HOPELESS) if size < 4 else print_compression(d, p, size)
    elif name_of(&IPCP_OPTIONS, kind, NULL) == NULL:
        return UNKNOWN
    else:
        if size != 6:
            return wrong(d, b"= ", 6, HOPELESS)
        say(d, b": ")
        say_ip4(d, p + 2)
    return SHOWN


cdef Outcome print_compression(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """Header compression (RFC 1144, RFC 3544)."""
    cdef uint16_t protocol = u16(d, p + 2)
    cdef uint32_t at = 14, part
    cdef uint8_t kind
    say(d, b": ")
    say(d, name_of(&COMPRESSIONS, protocol, b"Unknown"))
    say(d, b" (0x")
    say_hex(d, protocol, 2)
    say(d, b"):")
    if protocol != 0x61:
        return SHOWN
    if size < 14:
        return wrong(d, b">= ", 14, HOPELESS)
    need(d, p + 4, 10)
    say_value(d, b"\n\t    TCP Space ", u16(d, p + 4))
    say_value(d, b", non-TCP Space ", u16(d, p + 6))
    say_value(d, b", maxPeriod ", u16(d, p + 8))
    say_value(d, b", maxTime ", u16(d, p + 10))
    say_value(d, b", maxHdr ", u16(d, p + 12))
    if size > 14:
        say_value(d, b"\n\t      Suboptions, length ", size - 14)
    while size - at >= 2:
        kind, part = u8(d, p + at), u8(d, p + at + 1)
        if kind == 0 or part == 0:
            break
        say(d, b"\n\t\t")
        say(d, name_of(&SUBOPTIONS, kind, b"Unknown"))
        say_value(d, b" Suboption #", kind)
        say_value(d, b", length ", part)
        if size - at < part:
            say_value(d, b" [remaining suboptions length ", size - at)
            say_value(d, b" < ", part)
            say(d, b"] (invalid)")
            break
        at += part
    return SHOWN


cdef Outcome print_ccp(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """Compression control: RFC 1962, 1977 (BSD), 1975 (Magnalink), 1979 (deflate)."""
    cdef uint8_t kind = p[0], least = 3 if kind == 21 else 4
    if kind not in (21, 24, 26):
        return UNKNOWN
    if size < least:
        return wrong(d, b">= ", least, BOGUS)
    need(d, p + 2, 1 if kind != 26 else 2)
    if kind == 21:
        say_value(d, b": Version: ", p[2] >> 5)
        say_value(d, b", Dictionary Bits: ", p[2] & 31)
    elif kind == 24:
        say_value(d, b": Features: ", p[2] >> 6)
        say(d, b", PxP: Enabled, " if p[2] & 0x20 else b", PxP: Disabled, ")
        need(d, p + 3, 1)
        say_value(d, b"History: ", p[2] & 31)
        say_value(d, b", #CTX-ID: ", p[3])
    else:
        say_value(d, b": Window: ", p[2] >> 4)
        say(d, b"K, Method: zlib (0x" if p[2] & 15 == 8 else b"K, Method: unknown (0x")
        say_hex(d, p[2] & 15, 1)
        say(d, b"), ")
        say_value(d, b"MBZ: ", p[3] >> 2)
        say_value(d, b", CHK: ", p[3] & 3)
    return SHOWN
