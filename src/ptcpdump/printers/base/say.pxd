# What printers write with.
from ptcpdump.printers.base.dissection cimport *
from ptcpdump.printers.base.tables cimport Bits, Names, name_of


cdef inline void say(Dissection *d, const char *text) noexcept nogil:
    """Append a literal."""
    put_text(d.out, text)


cdef inline void say_either(Dissection *d, bint first, const char *one, const char *other) noexcept nogil:
    """Append one of two literals."""
    put_text(d.out, one if first else other)


cdef inline void say_char(Dissection *d, char c) noexcept nogil:
    put_char(d.out, c)


cdef inline void say_dec(Dissection *d, uint64_t v) noexcept nogil:
    put_dec(d.out, v)


cdef inline void say_value(Dissection *d, const char *label, uint64_t v) noexcept nogil:
    """Append a literal and a number. If the packet ends before the number, nothing is said: it is read first."""
    put_text(d.out, label)
    put_dec(d.out, v)


cdef inline void say_named(Dissection *d, const Names *table, uint32_t v, const char *prefix) noexcept nogil:
    """Append the name of a value, or for one without a name the prefix and its decimal digits."""
    cdef const char *name = name_of(table, v, NULL)
    put_text(d.out, name if name != NULL else prefix)
    if name == NULL:
        put_dec(d.out, v)


cdef inline void say_named_or(Dissection *d, const Names *table, uint32_t v, const char *before,
                              const char *after) noexcept nogil:
    """The same with something behind the digits, too: "Unknown (7)"."""
    cdef const char *name = name_of(table, v, NULL)
    put_text(d.out, name if name != NULL else before)
    if name == NULL:
        put_dec(d.out, v)
        put_text(d.out, after)


cdef inline void say_named_hex(Dissection *d, const Names *table, uint32_t v, const char *before, int width,
                               const char *after) noexcept nogil:
    """The same with digits in hexadecimal, at least `width`: "unknown (0x0007)"."""
    cdef const char *name = name_of(table, v, NULL)
    put_text(d.out, name if name != NULL else before)
    if name == NULL:
        put_hex(d.out, v, width)
        put_text(d.out, after)


cdef inline void say_name_hex(Dissection *d, const char *name, uint32_t v, int width) noexcept nogil:
    """Append a name and the number that it stands for: "IPv4 (0x0800)"."""
    put_text(d.out, name)
    put_bytes(d.out, b" (0x", 4)
    put_hex(d.out, v, width)
    put_char(d.out, b')')


cdef inline void say_hex(Dissection *d, uint64_t v, int width) noexcept nogil:
    """Hexadecimal digits without "0x", zero-padded to width."""
    put_hex(d.out, v, width)


cdef inline bint say_bits(Dissection *d, const Bits *table, uint32_t v, const char *separator,
                          const char *none) noexcept nogil:
    """Append the names of the bits that are set, `none` if there is no such name; returns whether there was one."""
    cdef uint32_t i
    cdef bint some = False
    for i in range(table.count):
        if v & table.rows[i].value:
            if some:
                put_text(d.out, separator)
            put_text(d.out, table.rows[i].text)
            some = True
    if not some:
        put_text(d.out, none)
    return some


cdef inline void say_too_short(Dissection *d, const char *what, uint64_t found, uint64_t wanted) noexcept nogil:
    """A length that is too small for its header: " [length 7 < 8]"; say_invalid() comes next."""
    put_bytes(d.out, b" [", 2)
    put_text(d.out, what)
    put_char(d.out, b' ')
    put_dec(d.out, found)
    put_bytes(d.out, b" < ", 3)
    put_dec(d.out, wanted)
    put_char(d.out, b']')


cdef void say_mark(Dissection *d) noexcept nogil                   # " [|protocol]": tcpdump's mark for truncated
cdef void say_invalid(Dissection *d) noexcept nogil                # " (invalid)"
cdef void say_ip4(Dissection *d, const uint8_t *p) noexcept nogil  # 4 bytes: number or name; checked
cdef void say_ip6(Dissection *d, const uint8_t *p) noexcept nogil  # 16 bytes, RFC 5952 or name; checked
cdef void say_mac(Dissection *d, const uint8_t *p) noexcept nogil  # 6 bytes as aa:bb:cc:dd:ee:ff; checked
cdef void say_tcp_port(Dissection *d, uint16_t port) noexcept nogil
cdef void say_udp_port(Dissection *d, uint16_t port) noexcept nogil
cdef void say_safe_char(Dissection *d, uint8_t c) noexcept nogil   # M- and ^ notation for what is not printable
cdef void say_safe(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil   # n bytes, each as above; checked
cdef void say_hexdump(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil
cdef void say_hexdump_ascii(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil
cdef void say_unknown(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil
cdef void say_default(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil  # dump of what nobody decodes

# Numbers without names, for those who never want a name (literal addresses in options, for instance)
cdef char *write_ip4(char *to, const uint8_t *p) noexcept nogil    # at `to`, where 16 bytes are free; returns its end
cdef char *write_ip6(char *to, const uint8_t *p) noexcept nogil    # likewise, where 48 are
cdef void put_ip4_number(Buffer *b, const uint8_t *p) noexcept nogil
cdef void put_ip6_number(Buffer *b, const uint8_t *p) noexcept nogil
cdef void put_mac_number(Buffer *b, const uint8_t *p) noexcept nogil
