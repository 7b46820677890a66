"""The option of Multipath TCP and its subtypes (RFC 8684, version 0: RFC 6824)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names
from ptcpdump.printers.transport.tcp cimport TCP_ACK, TCP_SYN


# MP_CAPABLE: the flags have letters instead of names (RFC 8684, section 3.1)
cdef Bits CAPABLE_FLAGS = bits({
    0x80: b"A", 0x40: b"B", 0x20: b"C", 0x10: b"D", 0x08: b"E", 0x04: b"F", 0x02: b"G", 0x01: b"H",
})

# ADD_ADDR: the address family, or in version 1 whether the option is an echo (sections 3.4.1 of RFC 6824 and RFC 8684)
cdef Names ADDRESS_VERSIONS = names({0: b" v1", 1: b" v1-echo", 4: b" v0-ip4", 6: b" v0-ip6"})

# MP_TCPRST (RFC 8684, section 3.6)
cdef Bits RESET_FLAGS = bits({8: b"U", 4: b"V", 2: b"W", 1: b"T"})
cdef Names RESET_REASONS = names({
    0: b"Unspecified error", 1: b"MPTCP-specific error", 2: b"Lack of resources", 3: b"Administratively prohibited",
    4: b"Too much outstanding data", 5: b"Unacceptable performance", 6: b"Middlebox interference",
})


cdef bint print_mptcp(Dissection *d, const uint8_t *p, uint32_t size, uint32_t flags) noexcept nogil:
    """p: the option with kind and length, `size` bytes; flags: those of the segment."""
    cdef uint32_t subtype
    d.protocol = b"mptcp"
    if size < 3:
        return False
    subtype = u8(d, p + 2) >> 4
    say_char(d, b' ')
    say_dec(d, size)
    if subtype == 0:
        return print_capable(d, p, size, flags)
    elif subtype == 1:
        return print_join(d, p, size, flags)
    elif subtype == 2:
        return print_dss(d, p, size, flags)
    elif subtype == 3:
        return print_add_address(d, p, size)
    elif subtype == 4:
        return print_remove_address(d, p, size)
    elif subtype == 5:
        return print_priority(d, p, size)
    elif subtype == 6:
        say(d, b" fail")
        if size != 12:
            return False
        say(d, b" seq ")
        say_dec(d, u64(d, p + 4))
    elif subtype == 7:
        say(d, b" fast-close")
        if size != 12:
            return False
        say(d, b" key 0x")
        say_hex(d, u64(d, p + 4), 1)
    elif subtype == 8:
        return print_reset(d, p, size)
    else:
        say(d, b" unknown")
    return True


cdef bint print_capable(Dissection *d, const uint8_t *p, uint32_t size, uint32_t flags) noexcept nogil:
    """MP_CAPABLE: keys and, in a third ACK with data, the length of that data."""
    cdef uint32_t version
    say(d, b" capable")
    if flags & TCP_SYN:
        if size != 4 and size != 12:
            return False
    elif not (flags & TCP_ACK and (size == 20 or size == 22 or size == 24)):
        return False
    version = u8(d, p + 2) & 15
    if version > 1:
        say(d, b" Unknown Version (")
        say_dec(d, version)
        say_char(d, b')')
        return True
    say(d, b" v")
    say_dec(d, version)
    say(d, b" flags [")
    say_bits(d, &CAPABLE_FLAGS, u8(d, p + 3), b"", b"none")
    say_char(d, b']')
    if p[3] & 0x80:
        say(d, b" csum")
    if size >= 12:
        say(d, b" {0x")
        say_hex(d, u64(d, p + 4), 1)
        if size >= 20:
            say(d, b",0x")
            say_hex(d, u64(d, p + 12), 1)
        if size >= 22:
            say(d, b",data_len=")
            say_dec(d, u16(d, p + 20))
        say_char(d, b'}')
    return True


cdef bint print_join(Dissection *d, const uint8_t *p, uint32_t size, uint32_t flags) noexcept nogil:
    """MP_JOIN: its three forms in SYN, SYN-ACK and ACK."""
    say(d, b" join")
    if size == 24:
        if not flags & TCP_ACK:
            return False
        say(d, b" hmac 0x")
        need(d, p, 24)
        put_hex_bytes(d.out, p + 4, 20)
        return True
    if size == 12:
        if not flags & TCP_SYN:
            return False
    elif size != 16 or flags & (TCP_SYN | TCP_ACK) != TCP_SYN | TCP_ACK:
        return False
    if u8(d, p + 2) & 1:
        say(d, b" backup")
    say(d, b" id ")
    say_dec(d, u8(d, p + 3))
    if size == 12:
        say(d, b" token 0x")
        say_hex(d, u32(d, p + 4), 1)
        say(d, b" nonce 0x")
        say_hex(d, u32(d, p + 8), 1)
    else:
        say(d, b" hmac 0x")
        say_hex(d, u64(d, p + 4), 1)
        say(d, b" nonce 0x")
        say_hex(d, u32(d, p + 12), 1)
    return True


cdef bint print_dss(Dissection *d, const uint8_t *p, uint32_t size, uint32_t flags) noexcept nogil:
    """DSS: a data acknowledgement, and how this segment's bytes map to the data stream."""
    cdef uint32_t bits
    cdef const uint8_t *end = p + size
    say(d, b" dss")
    if size < 4 or flags & TCP_SYN:
        return False
    bits = u8(d, p + 3)
    if bits & 0x10:
        say(d, b" fin")
    p += 4
    if bits & 0x01:
        say(d, b" ack ")
        p = say_number(d, p, end, bits & 0x02)
        if p == NULL:
            return False
    if bits & 0x04:
        say(d, b" seq ")
        p = say_number(d, p, end, bits & 0x08)
        if p == NULL or end - p < 4:
            return False
        say(d, b" subseq ")
        say_dec(d, u32(d, p))
        if end - p < 6:
            return False
        say(d, b" len ")
        say_dec(d, u16(d, p + 4))
        p += 6
        if end - p >= 2:        # a checksum, where the connection uses them
            say(d, b" csum 0x")
            say_hex(d, u16(d, p), 1)
            p += 2
    return p == end


cdef const uint8_t *say_number(Dissection *d, const uint8_t *p, const uint8_t *end, bint wide) noexcept nogil:
    """A data sequence number of 8 or 4 bytes; what stands behind it, or NULL when it doesn't fit."""
    if end - p < (8 if wide else 4):
        return NULL
    if wide:
        say_dec(d, u64(d, p))
        return p + 8
    say_dec(d, u32(d, p))
    return p + 4


cdef bint print_add_address(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """ADD_ADDR: an address, perhaps a port of 2 bytes and (version 1) an HMAC of 8 bytes."""
    cdef uint32_t rest
    cdef bint wide = size >= 20
    say(d, b" add-addr")
    rest = size - (20 if wide else 8)
    if size < 8 or (rest != 0 and rest != 2 and rest != 8 and rest != 10):
        return False
    say(d, name_of(&ADDRESS_VERSIONS, u8(d, p + 2) & 15, b" [bad version/echo]"))
    say(d, b" id ")
    say_dec(d, u8(d, p + 3))
    say_char(d, b' ')
    p += 4
    if wide:
        say_ip6(d, p)
        p += 16
    else:
        say_ip4(d, p)
        p += 4
    if rest & 2:
        say_char(d, b':')
        say_dec(d, u16(d, p))
        p += 2
    if rest & 8:
        say(d, b" hmac 0x")
        say_hex(d, u64(d, p), 1)
    return True


cdef bint print_remove_address(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    cdef uint32_t i
    say(d, b" rem-addr")
    if size < 4:
        return False
    say(d, b" id")
    for i in range(3, size):
        say_char(d, b' ')
        say_dec(d, u8(d, p + i))
    return True


cdef bint print_priority(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    say(d, b" prio")
    if size != 3 and size != 4:
        return False
    say(d, b" backup" if u8(d, p + 2) & 1 else b" non-backup")
    if size == 4:
        say(d, b" id ")
        say_dec(d, u8(d, p + 3))
    return True


cdef bint print_reset(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """MP_TCPRST: why a subflow was reset (RFC 8684, section 3.6)."""
    say(d, b" tcprst")
    if size != 4:
        return False
    say(d, b" flags [")
    say_bits(d, &RESET_FLAGS, u8(d, p + 2), b"", b"none")
    say(d, b"] reason ")
    say_named_hex(d, &RESET_REASONS, u8(d, p + 3), b"unknown (0x", 2, b")")
    return True
