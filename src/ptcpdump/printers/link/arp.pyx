"""ARP and its relatives: RARP, InARP and frame relay (RFC 826, 903, 2390), and the ATM form (RFC 2225)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ethertypes cimport ETHERTYPES
from ptcpdump.printers.base.tables cimport Names, names

cdef enum:
    HARDWARE_FRAME_RELAY = 15
    HARDWARE_ATM = 19

# One address of a packet and its length; NULL where a form has no such address.
cdef struct Address:
    const uint8_t *p
    uint32_t n

# The four addresses of a packet, of either form.
cdef struct Addresses:
    uint32_t protocol
    bint frame_relay
    bint atm
    Address sender_hardware
    Address sender_sub          # ATM subaddresses
    Address sender
    Address target_hardware
    Address target_sub
    Address target


cdef Names OPERATIONS = names({
    1: b"Request", 2: b"Reply", 3: b"Reverse Request", 4: b"Reverse Reply", 8: b"Inverse Request", 9: b"Inverse Reply",
    10: b"NACK Reply",
})


cdef Names HARDWARE_TYPES = names({
    1: b"Ethernet", 6: b"TokenRing", 7: b"ArcNet", 15: b"FrameRelay", 19: b"ATM", 23: b"Strip", 24: b"IEEE 1394",
    32: b"InfiniBand",
})


cdef bint is_ip(uint32_t protocol) noexcept nogil:
    return protocol == 0x0800 or protocol == 0x1000     # IPv4, or with trailers (RFC 893)


cdef void say_ip(Dissection *d, Addresses *a, Address ip, const char *wrong_length) noexcept nogil:
    if not is_ip(a.protocol):
        say(d, b"<wrong proto type>")
    elif ip.n != 4:
        say(d, wrong_length)
    else:
        say_ip4(d, ip.p)


cdef void say_sender(Dissection *d, Addresses *a) noexcept nogil:
    say_ip(d, a, a.sender, b"<wrong splen>" if a.atm else b"<wrong len>")


cdef void say_target(Dissection *d, Addresses *a) noexcept nogil:
    say_ip(d, a, a.target, b"<wrong tplen>" if a.atm else b"<wrong len>")


cdef void say_octets(Dissection *d, Address a) noexcept nogil:
    cdef uint32_t i
    for i in range(a.n):
        if i:
            say_char(d, b':')
        say_hex(d, u8(d, a.p + i), 2)


cdef void say_dlci(Dissection *d, Address a) noexcept nogil:
    """A Q.922 address of 2 to 4 bytes, whose last byte has bit 0 set; nothing when it is malformed."""
    if a.n < 2 or u8(d, a.p) & 1:
        return
    cdef uint32_t dlci = <uint32_t>(a.p[0] & 0xfc) << 2 | u8(d, a.p + 1) >> 4
    if not a.p[1] & 1:
        if a.n < 3:
            return
        dlci = dlci << 7 | u8(d, a.p + 2) >> 1
        if not a.p[2] & 1:
            if a.n < 4 or not u8(d, a.p + 3) & 1:
                return
            dlci = dlci << 6 | a.p[3] >> 2
    say(d, b"DLCI ")
    say_dec(d, dlci)


cdef void say_link(Dissection *d, Addresses *a, Address hardware, Address sub) noexcept nogil:
    if a.atm:
        if hardware.n == 0:
            say(d, b"<No address>")
            return
        say_octets(d, hardware)
        if sub.n:
            say_char(d, b',')
            say_octets(d, sub)
    elif hardware.n == 0:
        say(d, b"<empty>")
    elif a.frame_relay:
        say_dlci(d, hardware)
    elif hardware.n == 6:
        say_mac(d, hardware.p)
    else:
        say_octets(d, hardware)


cdef bint any_set(Dissection *d, Address a) noexcept nogil:
    cdef uint32_t i
    for i in range(a.n):
        if u8(d, a.p + i):
            return True
    return False


cdef Address take(const uint8_t **p, uint32_t n) noexcept nogil:
    cdef Address a
    a.p = p[0]
    a.n = n
    p[0] += n
    return a


cdef bint print_operation(Dissection *d, Addresses *a, uint32_t operation) noexcept nogil:
    """What is asked or answered; False for an operation that nobody knows."""
    if operation == 1:
        say(d, b"who-has ")
        say_target(d, a)
        if (a.atm and a.target_hardware.n) or (not a.atm and any_set(d, a.target_hardware)):
            say(d, b" (")
            say_link(d, a, a.target_hardware, a.target_sub)
            say_char(d, b')')
        say(d, b" tell ")
        say_sender(d, a)
    elif operation == 2:
        say_sender(d, a)
        say(d, b" is-at ")
        say_link(d, a, a.sender_hardware, a.sender_sub)
    elif (operation == 3 and not a.atm) or operation == 8:
        say(d, b"who-is ")
        say_link(d, a, a.target_hardware, a.target_sub)
        say(d, b" tell ")
        say_link(d, a, a.sender_hardware, a.sender_sub)
    elif operation == 4 and not a.atm:
        say_link(d, a, a.target_hardware, a.target_sub)
        say(d, b" at ")
        say_target(d, a)
    elif operation == 9:
        say_link(d, a, a.sender_hardware, a.sender_sub)
        say(d, b"at " if a.atm else b" at ")
        say_sender(d, a)
    elif operation == 10 and a.atm:
        say(d, b"for ")
        say_sender(d, a)
    else:
        return False
    return True


cdef bint print_kinds(Dissection *d, Addresses *a, uint32_t hardware) noexcept nogil:
    """Kinds and lengths of the addresses, with -v or when they are not IPv4's; False if no more can be said."""
    if not d.opt.link_header:
        say(d, b"ARP, ")
    cdef bint plain = is_ip(a.protocol) and a.sender.n == 4 and a.target.n == 4
    if plain and (a.atm or a.sender_hardware.n) and not d.opt.verbose:
        return True
    say_named_or(d, &HARDWARE_TYPES, hardware, b"Unknown Hardware (", b")")
    if not a.atm:
        say(d, b" (len ")
        say_dec(d, a.sender_hardware.n)
        say_char(d, b')')
    say(d, b", ")
    say_named_hex(d, &ETHERTYPES, a.protocol, b"Unknown Protocol (0x", 4, b")")
    say(d, b" (len ")
    say_dec(d, a.sender.n)
    if a.atm:
        say_char(d, b'/')
        say_dec(d, a.target.n)
    say_char(d, b')')
    return d.opt.verbose != 0


cdef void print_arp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"arp"
    need(d, p, 8)
    cdef uint32_t hardware = u16(d, p), operation = u16(d, p + 6)
    cdef const uint8_t *at = p + 8
    cdef Addresses a
    a.protocol = u16(d, p + 2)
    a.atm = hardware == HARDWARE_ATM
    a.frame_relay = hardware == HARDWARE_FRAME_RELAY
    if a.atm:
        need(d, p, 12)
        at += 4
        a.sender_hardware = take(&at, p[4] & 0x3f)
        a.sender_sub = take(&at, p[5] & 0x3f)
        a.sender = take(&at, p[8])
        a.target_hardware = take(&at, p[9] & 0x3f)
        a.target_sub = take(&at, p[10] & 0x3f)
        a.target = take(&at, p[11])
    else:
        a.sender_sub.n = a.target_sub.n = 0
        a.sender_hardware = take(&at, p[4])
        a.sender = take(&at, p[5])
        a.target_hardware = take(&at, p[4])
        a.target = take(&at, p[5])
    need(d, a.target.p, a.target.n)
    if print_kinds(d, &a, hardware):
        if d.opt.verbose:
            say(d, b", ")
        say_named_or(d, &OPERATIONS, operation, b"Unknown (", b")")
        say_char(d, b' ')
        if not print_operation(d, &a, operation):
            say_hexdump_ascii(d, b"\n\t", p, left(d, p))
            return
    say(d, b", length ")
    say_dec(d, length)


export_printer(__name__, "print_arp", print_arp)
