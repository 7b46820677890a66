"""Domain names as DNS messages carry them: labels, bit labels (RFC 2673) and compression (RFC 1035, 4.1.4).

All functions return NULL, or False, where the name is broken or ends behind the captured bytes; what could be read has
been printed by then.
"""

from ptcpdump.printers.base.core cimport *

cdef enum:
    KIND = 0xc0             # the two high bits of a label's first byte
    KIND_LABEL = 0x00
    KIND_EXTENDED = 0x40    # RFC 2671: the other six bits say what
    KIND_RESERVED = 0x80
    KIND_POINTER = 0xc0
    BIT_LABEL = 0x41
    NAME_MAX = 255          # characters printed of one name (RFC 1035, 3.1)
    LABELS_MAX = 16384       # labels walked behind pointers: compression lets few bytes make names of millions

# From MASKS + 8 - n on: n bytes of ones, the others of zeros, in whichever order the machine has them.
cdef const char *MASKS = b"\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0"

# Each byte as it is printed, in M- and ^ notation, and how many characters that takes
cdef char[256][4] CHARACTERS
cdef uint8_t[256] CHARACTER_LENGTHS


cdef void fill_characters() noexcept:
    cdef int i, low
    cdef bytes text, padded
    for i in range(256):
        low = i & 0x7f
        text = (b"M-" if i >= 128 else b"") + (bytes([0x5e, low ^ 0x40]) if low < 32 or low == 127 else bytes([low]))
        CHARACTER_LENGTHS[i] = <uint8_t>len(text)
        padded = text.ljust(4)
        memcpy(CHARACTERS[i], <const char *>padded, 4)


fill_characters()


cdef inline bint plain(uint64_t eight) noexcept nogil:
    """Whether all of eight bytes are printable ASCII: none above 127, none below 32, none 127."""
    return (eight | (eight - <uint64_t>0x2020202020202020) | (eight + <uint64_t>0x0101010101010101)) & <uint64_t>0x8080808080808080 == 0


cdef bint say_text(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """n bytes with M- and ^ notation; False when fewer were captured (those are printed)."""
    cdef uint32_t available = left(d, p)
    cdef uint32_t have = min(n, available)
    cdef char *to = buffer_room(d.out, 4 * <size_t>have + 8)
    cdef uint32_t i = 0, end
    cdef uint64_t eight, mask
    while i < have:
        end = min(have, i + 8)
        if i + 8 <= available:
            # Most text is plain: eight bytes are looked at and copied at once. Those behind the text count as blanks,
            # and what is copied of them is overwritten later.
            memcpy(&eight, p + i, 8)
            memcpy(&mask, MASKS + 8 - (end - i), 8)
            if plain(eight & mask | <uint64_t>0x2020202020202020 & ~mask):
                memcpy(to, &eight, 8)
                to += end - i
                i = end
                continue
        while i < end:
            memcpy(to, CHARACTERS[p[i]], 4)
            to += CHARACTER_LENGTHS[p[i]]
            i += 1
    d.out.len = to - d.out.data
    return have == n


cdef const uint8_t *skip_name(Dissection *d, const uint8_t *p) noexcept nogil:
    """The first byte behind the name at p."""
    cdef uint32_t first, bits
    while has(d, p, 1):
        first = p[0]
        p += 1
        if first == 0:
            return p
        if first & KIND == KIND_POINTER:
            return p + 1
        if first & KIND == KIND_LABEL:
            p += first
        elif first == BIT_LABEL and has(d, p, 1):
            bits = p[0] if p[0] else 256
            p += 1 + (bits + 7) // 8
        else:
            return NULL
    return NULL


cdef inline int label_length(Dissection *d, const uint8_t *p) noexcept nogil:
    """Bytes of the label at p behind its first one (a pointer's first byte stands for itself), -1 if there is none."""
    if not has(d, p, 1):
        return -1
    if p[0] & KIND == KIND_EXTENDED:
        if p[0] != BIT_LABEL:
            say_value(d, b"<ELT ", p[0] & 0x3f)
            say_char(d, b'>')
            return -1
        if not has(d, p + 1, 1):
            return -1
        return ((p[1] if p[1] else 256) + 7) // 8 + 1
    if p[0] & KIND == KIND_RESERVED:
        say(d, b"<BAD LABEL TYPE>")
        return -1
    return p[0]


cdef void say_bit_label(Dissection *d, const uint8_t *p) noexcept nogil:
    """The label whose bit count is at p, as a number in hexadecimal and its bit count."""
    cdef uint32_t bits = u8(d, p) if u8(d, p) else 256
    cdef uint32_t rest = bits
    say(d, b"\\[x")
    p += 1
    while rest > 7:
        say_hex(d, u8(d, p), 2)
        p += 1
        rest -= 8
    if rest > 4:
        say_hex(d, u8(d, p) & (0xff << (8 - rest)) & 0xff, 2)
    elif rest > 0:
        say_hex(d, (u8(d, p) >> 4) & 0x0f & (0x0f << (4 - rest)), 1)
    say_value(d, b"/", bits)
    say_char(d, b']')


cdef const uint8_t *say_name(Dissection *d, const uint8_t *p, const uint8_t *message) noexcept nogil:
    """Print the name at p of the message that starts at `message`; the first byte behind it.

    A pointer must lead to an earlier place than the one before it, so no name is endless.
    """
    cdef uint32_t limit = <uint32_t>(p - message), target, chars = 0, labels = 0
    cdef uint32_t first, n
    cdef const uint8_t *behind = NULL    # first byte behind the name, once a pointer was followed
    cdef int length = label_length(d, p)
    if length < 0:
        return NULL
    first = p[0]
    p += 1
    if first == 0:
        say_char(d, b'.')
        return p
    while first and (labels < LABELS_MAX or behind == NULL):
        labels += 1
        n = <uint32_t>length
        if p >= d.end:
            # The capture ends within the name: where it would go on can't be read, and the caller will see that.
            if behind != NULL:
                return behind
            return NULL if labels == 1 and first & KIND == KIND_POINTER else p + n
        if first & KIND == KIND_POINTER:
            target = (first << 8 | p[0]) & 0x3fff
            if behind == NULL:
                behind = p + 1
                labels = 0
            if target >= limit:
                say(d, b"<BAD PTR>")
                return NULL
            limit = target
            p = message + target
        else:
            if first == BIT_LABEL:
                say_bit_label(d, p)
            elif chars < NAME_MAX:
                if not say_text(d, p, min(n, NAME_MAX - chars)):
                    return NULL
            if first != BIT_LABEL:
                chars += n
            p += n
            if chars <= NAME_MAX:
                say_char(d, b'.')
            else:
                while has(d, p, 1) and 0 < p[0] < KIND_EXTENDED and labels < LABELS_MAX:
                    p += 1 + p[0]       # nothing is printed any more: only how the name ends is to be found
                    labels += 1
            chars += 1
        length = label_length(d, p)
        if length < 0:
            return NULL
        first = p[0]
        p += 1
    if chars > NAME_MAX:
        say(d, b"<DOMAIN NAME TOO LONG>")
    return behind if behind != NULL else p


cdef const uint8_t *say_character_string(Dissection *d, const uint8_t *p) noexcept nogil:
    """Print a <character-string> (RFC 1035, 3.3); the first byte behind it."""
    if not has(d, p, 1):
        return NULL
    cdef uint32_t n = p[0]
    if not say_text(d, p + 1, n):
        return NULL
    return p + 1 + n
