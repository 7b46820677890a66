"""What printers write with: marks, addresses, ports, safe text and hex dumps."""

from ptcpdump.printers.base.names cimport NAME_IP4, NAME_IP6, NAME_MAC, put_name, put_tcp_port, put_udp_port


cdef void say_mark(Dissection *d) noexcept nogil:
    say(d, b" [|")
    say(d, d.protocol)
    say_char(d, b']')


cdef void say_invalid(Dissection *d) noexcept nogil:
    say(d, b" (invalid)")


# The decimal text of each byte with the dot behind it, so that an address is four copies of one machine word.
cdef struct Octet:
    char text[4]
    uint8_t digits

cdef Octet octets[256]


cdef void fill_octets() noexcept:
    cdef int v
    cdef bytes text
    for v in range(256):
        text = b"%d." % v
        memcpy(octets[v].text, <const char *>text, len(text))
        octets[v].digits = len(text) - 1


fill_octets()


cdef char *write_ip4(char *to, const uint8_t *p) noexcept nogil:
    cdef int i
    for i in range(4):
        memcpy(to, octets[p[i]].text, 4)
        to += octets[p[i]].digits + 1
    return to - 1


cdef void put_ip4_number(Buffer *b, const uint8_t *p) noexcept nogil:
    b.len = write_ip4(buffer_room(b, 16), p) - b.data


# The two hexadecimal digits of each byte, and of each set of groups the longest run of those in it: which of the eight
# groups of an IPv6 address are zero is a byte, too, the first group its lowest bit.
cdef struct Run:
    uint8_t first
    uint8_t length

cdef char hex_pairs[256][2]
cdef Run longest_runs[256]


cdef void fill_tables() noexcept:
    cdef int v, i, length
    for v in range(256):
        hex_pairs[v][0] = b"0123456789abcdef"[v >> 4]
        hex_pairs[v][1] = b"0123456789abcdef"[v & 15]
        length = 0
        for i in range(9):
            if i < 8 and v >> i & 1:
                length += 1
                continue
            if length > longest_runs[v].length:     # of equal ones the first
                longest_runs[v].first = i - length
                longest_runs[v].length = length
            length = 0


fill_tables()


cdef inline char *write_group(char *to, const uint8_t *p) noexcept nogil:
    """Write two bytes in hexadecimal without zeros in front; returns where it ends."""
    cdef char digits[8]
    cdef uint32_t v = p[0] << 8 | p[1]
    cdef int zeros = 3 - (v > 0xf) - (v > 0xff) - (v > 0xfff)
    memcpy(digits, hex_pairs[p[0]], 2)
    memcpy(digits + 2, hex_pairs[p[1]], 2)
    memcpy(to, digits + zeros, 4)
    return to + 4 - zeros


cdef char *write_ip6(char *to, const uint8_t *p) noexcept nogil:
    # RFC 5952: the longest run of two or more zero groups becomes "::", the first one if there are several.
    # Like inet_ntop(3), addresses of ::/96 and ::ffff:0:0/96 end in dotted form.
    cdef uint32_t zeros = 0
    cdef int i
    cdef Run run
    for i in range(8):
        zeros |= <uint32_t>((p[2 * i] | p[2 * i + 1]) == 0) << i
    run = longest_runs[zeros]
    if run.length < 2:
        for i in range(8):
            to = write_group(to, p + 2 * i)
            to[0] = b':'
            to += 1
        return to - 1
    for i in range(run.first):
        to = write_group(to, p + 2 * i)
        to[0] = b':'
        to += 1
    if run.first == 0:
        to[0] = b':'
        to += 1
    to[0] = b':'
    to += 1
    i = run.first + run.length
    if i == 8:
        return to
    if run.first == 0 and i == 5 and p[10] == p[11] == 0xff:
        memcpy(to, b"ffff:", 5)
        return write_ip4(to + 5, p + 12)
    if run.first == 0 and i == 6:
        return write_ip4(to, p + 12)
    while i < 8:
        to = write_group(to, p + 2 * i)
        to[0] = b':'
        to += 1
        i += 1
    return to - 1


cdef void put_ip6_number(Buffer *b, const uint8_t *p) noexcept nogil:
    b.len = write_ip6(buffer_room(b, 48), p) - b.data


cdef void put_mac_number(Buffer *b, const uint8_t *p) noexcept nogil:
    cdef char *to = buffer_room(b, 18)
    cdef int i
    for i in range(6):
        to[3 * i] = b"0123456789abcdef"[p[i] >> 4]
        to[3 * i + 1] = b"0123456789abcdef"[p[i] & 15]
        to[3 * i + 2] = b':'
    b.len += 17


cdef void say_ip4(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 4)
    if d.opt.numeric or not put_name(d.out, NAME_IP4, p):
        put_ip4_number(d.out, p)


cdef void say_ip6(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 16)
    if d.opt.numeric or not put_name(d.out, NAME_IP6, p):
        put_ip6_number(d.out, p)


cdef void say_mac(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 6)
    if d.opt.numeric or not put_name(d.out, NAME_MAC, p):
        put_mac_number(d.out, p)


cdef void say_tcp_port(Dissection *d, uint16_t port) noexcept nogil:
    if d.opt.numeric or not put_tcp_port(d.out, port):
        put_dec(d.out, port)


cdef void say_udp_port(Dissection *d, uint16_t port) noexcept nogil:
    if d.opt.numeric or not put_udp_port(d.out, port):
        put_dec(d.out, port)


cdef void say_safe_char(Dissection *d, uint8_t c) noexcept nogil:
    if c >= 128:
        say(d, b"M-")
        c &= 0x7f
    if c < 32 or c == 127:
        say_char(d, b'^')
        c ^= 0x40
    say_char(d, <char>c)


cdef void say_safe(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    cdef uint32_t i
    for i in range(n):
        say_safe_char(d, u8(d, p + i))


# --------------------------------------------------------------------------- hex dumps

cdef void put_hexdump(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil:
    cdef uint32_t i
    for i in range(n):
        if i % 16 == 0:
            say(d, indent)
            say(d, b"0x")
            say_hex(d, i, 4)
            say(d, b": ")
        if i % 2 == 0:
            say_char(d, b' ')
        say_hex(d, p[i], 2)


cdef void say_hexdump(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil:
    """tcpdump's -x: 16 bytes a line in groups of two, what is captured of n, and a mark if that is not all."""
    cdef uint32_t here = min(n, left(d, p))
    put_hexdump(d, indent, p, here)
    if here < n:
        say_mark(d)


cdef void say_hexdump_ascii(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil:
    """tcpdump's -X: the same with the printable characters on the right."""
    cdef uint32_t row, i, here, there = min(n, left(d, p))
    cdef char *to
    for row in range(0, there, 16):
        here = min(<uint32_t>16, there - row)
        say(d, indent)
        say(d, b"0x")
        say_hex(d, row, 4)
        say(d, b": ")
        to = buffer_room(d.out, 58)
        for i in range(16):
            if i % 2 == 0:
                to[0] = b' '
                to += 1
            to[0] = b"0123456789abcdef"[p[row + i] >> 4] if i < here else b' '
            to[1] = b"0123456789abcdef"[p[row + i] & 15] if i < here else b' '
            to += 2
        to[0] = to[1] = b' '
        to += 2
        for i in range(here):
            to[i] = <char>p[row + i] if 32 < p[row + i] < 127 else b'.'
        d.out.len += 42 + here
    if there < n:
        say_mark(d)


cdef void say_unknown(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil:
    """Bytes that nobody decodes, as -x shows them: what is captured of n, without a mark."""
    put_hexdump(d, indent, p, min(n, left(d, p)))


cdef void say_default(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """The dump of an unknown payload, unless -x or -X will show it anyway or -q wants none."""
    if not d.opt.quiet and not d.opt.hex and not d.opt.hex_ascii:
        d.dumped = True
        say_hexdump_ascii(d, b"\n\t", p, n)
