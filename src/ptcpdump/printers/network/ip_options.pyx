"""Options of the IPv4 header (RFC 791, router alert RFC 2113, traceroute RFC 1393)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, names

cdef enum:
    OPTION_END = 0
    OPTION_NOP = 1
    OPTION_RECORD_ROUTE = 7
    OPTION_TIMESTAMP = 68
    OPTION_TRACEROUTE = 82
    OPTION_SECURITY = 130
    OPTION_LOOSE_ROUTE = 131
    OPTION_STRICT_ROUTE = 137
    OPTION_ROUTER_ALERT = 148


cdef Names OPTIONS = names({
    OPTION_END: b"EOL", OPTION_NOP: b"NOP", OPTION_TIMESTAMP: b"timestamp", OPTION_SECURITY: b"security",
    OPTION_RECORD_ROUTE: b"RR", OPTION_STRICT_ROUTE: b"SSRR", OPTION_LOOSE_ROUTE: b"LSRR", OPTION_ROUTER_ALERT: b"RA",
    OPTION_TRACEROUTE: b"traceroute",
})


cdef bint print_ip_options(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """The options in p[:length], comma-separated; False when one of them was not captured whole."""
    cdef uint32_t kind, size
    cdef bint first = True
    while length > 0:
        if not first:
            say_char(d, b',')
        first = False
        kind = u8(d, p)
        say_named(d, &OPTIONS, kind, b"unknown ")
        size = 1 if kind == OPTION_NOP or kind == OPTION_END else u8(d, p + 1)
        if size > length or (size < 2 and kind > OPTION_NOP):
            say_bad(d, b" [bad length ", size)
            return True
        if not has(d, p, size):
            return False
        if kind == OPTION_END:
            return True
        if kind == OPTION_TIMESTAMP:
            if not print_timestamps(d, p, size):
                return False
        elif kind == OPTION_RECORD_ROUTE or kind == OPTION_STRICT_ROUTE or kind == OPTION_LOOSE_ROUTE:
            if not print_route(d, p, size):
                return False
        elif kind == OPTION_ROUTER_ALERT:
            if size < 4:
                say_bad(d, b" [bad length ", size)
            elif u16(d, p + 2):
                say(d, b" value ")
                say_dec(d, u16(d, p + 2))
        p += size
        length -= size
    return True


cdef void say_bad(Dissection *d, const char *what, uint32_t value) noexcept nogil:
    say(d, what)
    say_dec(d, value)
    say_char(d, b']')


cdef bint print_route(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """The addresses of a route option; a comma behind those that the pointer has passed."""
    cdef uint32_t pointer, at = 3
    if size < 3:
        say_bad(d, b" [bad length ", size)
        return True
    if (size + 1) & 3:
        say_bad(d, b" [bad length ", size)
    pointer = <uint32_t>p[2] - 1
    if pointer < 3 or (pointer + 1) & 3 or pointer > size + 1:
        say_bad(d, b" [bad ptr ", p[2])
    while at < size:
        if not has(d, p + at, 4):
            return False
        say_char(d, b' ')
        say_ip4(d, p + at)
        if pointer > at:
            say_char(d, b',')
        at += 4
    return True


cdef bint print_timestamps(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    cdef uint32_t step, pointer, kind, at = 4
    if size < 4:
        say_bad(d, b"[bad length ", size)
        return True
    say(d, b" TS{")
    kind = p[3] & 15
    step = 4 if kind == 0 else 8
    if (size - 4) & (step - 1):
        say_bad(d, b"[bad length ", size)
    pointer = <uint32_t>p[2] - 1
    if pointer < 4 or (pointer - 4) & (step - 1) or pointer > size + 1:
        say_bad(d, b"[bad ptr ", p[2])
    if kind == 0 or kind == 1 or kind == 3:
        say(d, b"TSONLY" if kind == 0 else b"TS+ADDR" if kind == 1 else b"PRESPEC")
        while at < size:
            if not has(d, p + at, step):
                return False
            say(d, b" ^ " if pointer == at else b" ")
            say_dec(d, u32(d, p + at + step - 4))
            say_char(d, b'@')
            if step == 8:
                say_ip4(d, p + at)
            at += step
    else:
        say_bad(d, b"[bad ts type ", kind)
        at = 0
    if pointer == at:
        say(d, b" ^ ")
    if p[3] >> 4:
        say(d, b" [")
        say_dec(d, p[3] >> 4)
        say(d, b" hops not recorded]} ")
    else:
        say_char(d, b'}')
    return True


cdef const uint8_t *final_destination(Dissection *d, const uint8_t *p, uint32_t header) noexcept nogil:
    """Where the 4 bytes of the last hop's address stand: the destination that transport checksums cover.

    p[:header] has been captured. It is the last address of a source route, else the destination field.
    """
    cdef uint32_t at = 20, size
    while at + 1 < header:
        if p[at] == OPTION_END:
            break
        if p[at] == OPTION_NOP:
            at += 1
            continue
        size = p[at + 1]
        if size < 2 or size > header - at:
            break
        if (p[at] == OPTION_STRICT_ROUTE or p[at] == OPTION_LOOSE_ROUTE) and size >= 7:
            return p + at + size - 4
        at += size
    return p + 16
