"""Options of the TCP header (RFC 9293 and the IANA "TCP Option Kind Numbers")."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, names
from ptcpdump.printers.transport.mptcp cimport print_mptcp
from ptcpdump.printers.transport.tcp_flows cimport Bases
from ptcpdump.buffer cimport write_dec, write_text

cdef enum:
    OPTION_END = 0
    OPTION_NOP = 1
    OPTION_MSS = 2
    OPTION_WINDOW_SCALE = 3
    OPTION_SACK_PERMITTED = 4
    OPTION_SACK = 5
    OPTION_ECHO = 6
    OPTION_ECHO_REPLY = 7
    OPTION_TIMESTAMPS = 8
    OPTION_CC = 11
    OPTION_CC_NEW = 12
    OPTION_CC_ECHO = 13
    OPTION_MD5 = 19             # RFC 2385
    OPTION_SCPS = 20            # CCSDS 714.0-B-2
    OPTION_USER_TIMEOUT = 28    # RFC 5482
    OPTION_AUTHENTICATION = 29  # RFC 5925
    OPTION_MPTCP = 30           # RFC 8684
    OPTION_FAST_OPEN = 34       # RFC 7413
    OPTION_EXPERIMENT = 254     # RFC 6994


cdef Names OPTIONS = names({
    OPTION_END: b"eol", OPTION_NOP: b"nop", OPTION_MSS: b"mss", OPTION_WINDOW_SCALE: b"wscale",
    OPTION_SACK_PERMITTED: b"sackOK", OPTION_SACK: b"sack", OPTION_ECHO: b"echo", OPTION_ECHO_REPLY: b"echoreply",
    OPTION_TIMESTAMPS: b"TS", OPTION_CC: b"cc", OPTION_CC_NEW: b"ccnew", OPTION_CC_ECHO: b"ccecho", OPTION_MD5: b"md5",
    OPTION_SCPS: b"scps", OPTION_USER_TIMEOUT: b"uto", OPTION_AUTHENTICATION: b"tcp-ao", OPTION_MPTCP: b"mptcp",
    OPTION_FAST_OPEN: b"tfo", OPTION_EXPERIMENT: b"exp",
})


cdef bint print_tcp_options(Dissection *d, const uint8_t *p, uint32_t length, uint32_t flags,
                            const Bases *bases) noexcept nogil:
    cdef uint32_t kind, size
    cdef int64_t used
    cdef bint first = True
    if length == 12 and has(d, p, 12) and p[0] == p[1] == OPTION_NOP and p[2] == OPTION_TIMESTAMPS and p[3] == 10:
        print_timestamps(d, p + 4)
        return True
    say(d, b", options [")
    while length > 0:
        if not first:
            say_char(d, b',')
        kind = u8(d, p)
        size = 1 if kind == OPTION_NOP or kind == OPTION_END else u8(d, p + 1)
        if kind > OPTION_NOP and (size < 2 or size > length):
            return bad_option(d, first)
        say_named(d, &OPTIONS, kind, b"unknown-")
        if kind > OPTION_NOP:
            used = print_value(d, p, kind, size, length, flags, bases)
            if used < 0:
                return bad_option(d, first)
            if used != size:
                say(d, b"[len ")
                say_dec(d, size)
                say_char(d, b']')
                size = <uint32_t>used
        first = False
        if kind == OPTION_END:
            break
        p += size
        length -= size
    say_char(d, b']')
    return True


cdef void print_timestamps(Dissection *d, const uint8_t *p) noexcept nogil:
    """What most segments of today have for options, at once."""
    cdef char *to = buffer_room(d.out, 80)
    to = write_dec(write_text(to, b", options [nop,nop,TS val "), u32(d, p))
    to = write_dec(write_text(to, b" ecr "), u32(d, p + 4))
    to[0] = b']'
    d.out.len = to + 1 - d.out.data


cdef bint bad_option(Dissection *d, bint first) noexcept nogil:
    say(d, b"[bad opt]")
    if not first:
        say_char(d, b']')
    return False


cdef inline uint32_t fixed_size(uint32_t kind) noexcept nogil:
    """Bytes of an option whose kind tells them, 0 for the others."""
    if kind == OPTION_MSS or kind == OPTION_USER_TIMEOUT or kind == OPTION_SCPS:
        return 4
    if kind == OPTION_ECHO or kind == OPTION_ECHO_REPLY or OPTION_CC <= kind <= OPTION_CC_ECHO:
        return 6
    return (10 if kind == OPTION_TIMESTAMPS else 3 if kind == OPTION_WINDOW_SCALE else
            2 if kind == OPTION_SACK_PERMITTED else 18 if kind == OPTION_MD5 else 0)


cdef int64_t print_value(Dissection *d, const uint8_t *p, uint32_t kind, uint32_t size, uint32_t length, uint32_t flags,
                         const Bases *bases) noexcept nogil:
    """What follows an option's name. p: the option; size: by its length byte; length: what is left of the header.

    Returns the bytes that an option of this kind has, or -1 when it is malformed.
    """
    cdef uint32_t fixed = fixed_size(kind)
    if fixed > length:
        return -1
    if fixed > 2:
        need(d, p, fixed)
    if kind == OPTION_TIMESTAMPS:
        say(d, b" val ")
        say_dec(d, u32(d, p + 2))
        say(d, b" ecr ")
        say_dec(d, u32(d, p + 6))
    elif kind == OPTION_MSS:
        say_char(d, b' ')
        say_dec(d, u16(d, p + 2))
    elif kind == OPTION_WINDOW_SCALE:
        say_char(d, b' ')
        say_dec(d, p[2])
    elif kind == OPTION_SACK:
        print_sack(d, p, size, bases)
    elif kind == OPTION_MPTCP:
        return print_multipath(d, p, size, flags)
    elif kind == OPTION_FAST_OPEN:
        need(d, p, size)
        say_char(d, b' ')
        print_fast_open(d, p + 2, size - 2)
    elif kind == OPTION_EXPERIMENT:
        return print_experiment(d, p, size)
    elif kind == OPTION_AUTHENTICATION:
        print_authentication(d, p, size)
    elif kind == OPTION_MD5:
        say(d, b" shared secret not supplied with -M, can't check - ")
        put_hex_bytes(d.out, p + 2, 16)
    elif kind == OPTION_USER_TIMEOUT:
        print_user_timeout(d, u16(d, p + 2))
    elif kind == OPTION_SCPS:
        say(d, b" cap ")
        say_hex(d, p[2], 2)
        say(d, b" id ")
        say_dec(d, p[3])
    elif fixed == 6:            # ECHO and CC with their relatives
        say_char(d, b' ')
        say_dec(d, u32(d, p + 2))
    elif fixed == 0:
        if size > 2:
            say(d, b" 0x")
        say_hex_checked(d, p + 2, size - 2)
    return fixed if fixed else size


cdef void say_hex_checked(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """n bytes in hexadecimal, as many as were captured before leaving as truncated."""
    cdef uint32_t here = min(n, left(d, p))
    put_hex_bytes(d.out, p, here)
    need(d, p, n)


cdef void print_sack(Dissection *d, const uint8_t *p, uint32_t size, const Bases *bases) noexcept nogil:
    cdef uint32_t i
    cdef uint32_t base = bases.seq if bases.reverse else bases.ack
    if (size - 2) % 8:
        say(d, b" invalid sack")
        return
    say_char(d, b' ')
    say_dec(d, size / 8)
    say_char(d, b' ')
    for i in range(2, size, 8):
        need(d, p + i, 8)
        say_char(d, b'{')
        say_dec(d, <uint32_t>(u32(d, p + i) - base))
        say_char(d, b':')
        say_dec(d, <uint32_t>(u32(d, p + i + 4) - base))
        say_char(d, b'}')


cdef int64_t print_multipath(Dissection *d, const uint8_t *p, uint32_t size, uint32_t flags) noexcept nogil:
    cdef const uint8_t *end
    cdef bint valid
    need(d, p, size)
    end = narrow(d, p, size)
    valid = print_mptcp(d, p, size, flags)
    d.end = end
    return size if valid else -1


cdef void print_fast_open(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """A Fast Open cookie: none is a request; else 4 to 16 bytes, an even number of them (RFC 7413, section 4.1.1)."""
    if size == 0:
        say(d, b" cookiereq")
    elif size & 1 or size < 4 or size > 16:
        say_invalid(d)
    else:
        say(d, b" cookie ")
        put_hex_bytes(d.out, p, size)


cdef int64_t print_experiment(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    cdef uint32_t identifier
    need(d, p, size)
    if size < 4:
        return -1
    identifier = u16(d, p + 2)
    say_char(d, b'-')
    if identifier == 0xf989:
        say(d, b"tfo")
        print_fast_open(d, p + 4, size - 4)
    else:
        say_hex(d, identifier, 4)
    return size


cdef void print_authentication(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    if size < 4:
        say_invalid(d)
        return
    need(d, p, 3)
    say(d, b" keyid ")
    say_dec(d, p[2])
    need(d, p, 4)
    say(d, b" rnextkeyid ")
    say_dec(d, p[3])
    if size > 4:
        say(d, b" mac 0x")
        say_hex_checked(d, p + 4, size - 4)


cdef void print_user_timeout(Dissection *d, uint32_t value) noexcept nogil:
    say(d, b" 0x")
    say_hex(d, value, 1)
    say_char(d, b' ')
    say_dec(d, (value >> 1) * 60 if value & 1 else value >> 1)     # the lowest bit says minutes
