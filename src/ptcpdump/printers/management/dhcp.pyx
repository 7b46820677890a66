"""BOOTP (RFC 951) and DHCP for IPv4 (RFC 2131): the message and the walk through its options."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.management.dhcp_options cimport print_data

from ptcpdump.printers.management import dhcp_tables as tables

cdef enum:
    HOPS = 3                # offsets in the fixed part (RFC 951, section 3)
    XID = 4
    SECS = 8
    FLAGS = 10
    CIADDR = 12
    CHADDR = 28
    SNAME = 44
    FILE = 108
    VENDOR = 236
    REQUEST = 1
    REPLY = 2
    ETHERNET = 1
    MAC_LENGTH = 6
    COOKIE_RFC1048 = 0x63825363
    COOKIE_CMU = 0x434D5500
    BROADCAST = 0x8000
    PAD = 0                 # options
    MESSAGE_TYPE = 53
    PARAMETER_REQUEST = 55
    END = 255

cdef Names OPERATIONS = names({REQUEST: b"Request", REPLY: b"Reply"})
cdef Names ADDRESSES = names({0: b"Client-IP", 1: b"Your-IP", 2: b"Server-IP", 3: b"Gateway-IP"})
cdef Names OPTIONS = names({tag: name for tag, (name, _) in tables.OPTIONS.items()})
cdef Names MESSAGES = names(tables.MESSAGES)


cdef void print_bootp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A message from or to port 67 or 68."""
    cdef uint8_t op, htype, hlen
    cdef bint ethernet
    d.protocol = b"bootp"
    op = u8(d, p)
    say(d, b"BOOTP/DHCP, ")
    say_named_hex(d, &OPERATIONS, op, b"unknown (0x", 2, b")")
    htype, hlen = u8(d, p + 1), u8(d, p + 2)
    ethernet = htype == ETHERNET and hlen == MAC_LENGTH
    if ethernet and op == REQUEST:
        need(d, p + CHADDR, MAC_LENGTH)
        say(d, b" from ")
        say_mac(d, p + CHADDR)
    say_value(d, b", length ", length)
    if not d.opt.verbose:
        return
    need(d, p + SECS, 2)
    if htype != ETHERNET:
        say_value(d, b", htype ", htype)
    if not ethernet:
        say_value(d, b", hlen ", hlen)
    if p[HOPS]:
        say_value(d, b", hops ", p[HOPS])
    if u32(d, p + XID):
        say(d, b", xid 0x")
        say_hex(d, u32(d, p + XID), 1)
    if u16(d, p + SECS):
        say_value(d, b", secs ", u16(d, p + SECS))
    print_fixed(d, p, ethernet)


cdef void print_fixed(Dissection *d, const uint8_t *p, bint ethernet) noexcept nogil:
    """Flags, addresses and names of the fixed part, and what follows it."""
    cdef uint32_t flags = u16(d, p + FLAGS), i
    say(d, b", Flags [")
    say_either(d, flags & BROADCAST, b"Broadcast]", b"none]")
    if d.opt.verbose > 1:
        say(d, b" (0x")
        say_hex(d, flags, 4)
        say_char(d, b')')
    for i in range(4):
        if u32(d, p + CIADDR + 4 * i):
            say(d, b"\n\t  ")
            say(d, name_of(&ADDRESSES, i, b""))
            say_char(d, b' ')
            say_ip4(d, p + CIADDR + 4 * i)
    if ethernet:
        need(d, p + CHADDR, MAC_LENGTH)
        say(d, b"\n\t  Client-Ethernet-Address ")
        say_mac(d, p + CHADDR)
    if print_name(d, b"\n\t  sname \"", p + SNAME, 64) and print_name(d, b"\n\t  file \"", p + FILE, 128):
        print_vendor(d, p + VENDOR)


cdef bint print_name(Dissection *d, const char *title, const uint8_t *p, uint32_t size) noexcept nogil:
    """Text up to a NUL, unless there is none; False when it does not end within size."""
    cdef uint32_t i
    if u8(d, p) == 0:
        return True
    say(d, title)
    for i in range(size):
        if u8(d, p + i) == 0:
            say_char(d, b'"')
            return True
        say_safe_char(d, p[i])
    say_char(d, b'"')
    say_invalid(d)
    return False


cdef void print_vendor(Dissection *d, const uint8_t *p) noexcept nogil:
    """The vendor area by its magic cookie."""
    cdef uint32_t cookie = u32(d, p)
    if cookie == COOKIE_RFC1048:
        say(d, b"\n\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x")
        say_hex(d, cookie, 8)
        print_options(d, p + 4)
    elif cookie == COOKIE_CMU:
        print_cmu(d, p)
    elif cookie:
        say(d, b"\n\t  Vendor-#0x")
        say_hex(d, cookie, 1)


cdef inline void say_server(Dissection *d, const char *name, const uint8_t *p) noexcept nogil:
    if u32(d, p):
        say(d, name)
        say_ip4(d, p)


cdef void print_cmu(Dissection *d, const uint8_t *p) noexcept nogil:
    """The vendor area of CMU clients, older than RFC 1048."""
    cdef uint8_t flags
    say(d, b" vend-cmu")
    flags = u8(d, p + 4)
    if flags & ~1:
        say(d, b" F:0x")
        say_hex(d, flags, 1)
    say_server(d, b" DG:", p + 12)
    say_server(d, b" SM:" if flags & 1 else b" SM*:", p + 8)
    say_server(d, b" NS1:", p + 16)
    say_server(d, b" NS2:", p + 20)
    say_server(d, b" IEN1:", p + 24)
    say_server(d, b" IEN2:", p + 28)
    say_server(d, b" TS1:", p + 32)
    say_server(d, b" TS2:", p + 36)


cdef void print_options(Dissection *d, const uint8_t *p) noexcept nogil:
    """The options up to END; with -vvv padding and END are shown too."""
    cdef uint32_t length, rest
    cdef uint8_t tag
    while has(d, p, 1):
        tag = p[0]
        p += 1
        if (tag == PAD or tag == END) and d.opt.verbose < 3:
            if tag == END:
                return
            continue
        length = 0
        if tag != PAD and tag != END:
            length = u8(d, p)
            p += 1
        say(d, b"\n\t    ")
        say(d, name_of(&OPTIONS, tag, b"Unknown"))
        say_value(d, b" (", tag)
        say_value(d, b"), length ", length)
        if length:
            say(d, b": ")
        if tag == PAD:
            p = print_padding(d, p)
        need(d, p, length)
        rest = 0
        if tag == MESSAGE_TYPE and length == 1:
            say_named_or(d, &MESSAGES, u8(d, p), b"Unknown (", b")")
        elif tag == PARAMETER_REQUEST:
            print_requested(d, p, length)
        elif tag != PAD and tag != END:
            rest = print_data(d, tag, p, length)
        if rest:
            say_value(d, b"\n\t  trailing data length ", rest)
        p += length


cdef const uint8_t *print_padding(Dissection *d, const uint8_t *p) noexcept nogil:
    """Count a run of PAD options; returns where it ends."""
    cdef uint32_t count = 1
    while has(d, p, 1) and p[0] == PAD:
        p += 1
        count += 1
    if count > 1:
        say_value(d, b", occurs ", count)
    return p


cdef void print_requested(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The options that a client asks for, four a line."""
    cdef uint32_t i
    for i in range(length):
        say_either(d, i % 4, b", ", b"\n\t      ")
        say(d, name_of(&OPTIONS, u8(d, p + i), b"Unknown"))
        say_value(d, b" (", p[i])
        say_char(d, b')')


export_printer(__name__, "print_bootp", print_bootp)
