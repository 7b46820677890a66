"""The lines of HTTP/1's heads (RFC 9112), as far as they matter to an observer; for Cython modules, see the .pxd."""

from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memchr, memcmp, strlen

cdef enum:
    MOST_METHOD = 32        # bytes
    MOST_PATH = 1 << 16
    MOST_REASON = 1024
    MOST_DIGITS = 18
    MOST_HEX = 15
    VERSION = 8             # bytes of HTTP/1.1
    ZERO = 48               # the character
    TEN = 97 - 10           # how much less than the character a stands for

# what methods are made of (RFC 9110, 5.6.2)
cdef const char *LETTERS = b"!#$%&'*+.^_`|~-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
cdef uint8_t TOKEN[256]


cdef void fill_token() noexcept:
    cdef size_t i
    for i in range(strlen(LETTERS)):
        TOKEN[<uint8_t>LETTERS[i]] = 1


fill_token()


cdef inline Text none() noexcept nogil:
    cdef Text text
    text.at, text.size = NULL, -1
    return text


cdef inline Text part(const uint8_t *at, const uint8_t *end) noexcept nogil:
    cdef Text text
    text.at, text.size = at, end - at
    return text


cdef inline bint is_version(const uint8_t *at, const uint8_t *end) noexcept nogil:
    return end - at >= VERSION and memcmp(at, b"HTTP/1.", VERSION - 1) == 0 and (at[7] == b"0" or at[7] == b"1")


cdef inline bint ends(const uint8_t *at, const uint8_t *end) noexcept nogil:
    """Whether the line ends here."""
    if at < end and at[0] == b"\r":
        at += 1
    return at < end and at[0] == b"\n"


cdef bint read_first(const uint8_t *at, Py_ssize_t size, FirstLine *line) noexcept nogil:
    cdef const uint8_t *end = at + size
    cdef const uint8_t *begin = at
    line.status, line.method, line.path, line.reason = 0, none(), none(), none()
    if is_version(at, end):
        return read_status(at + VERSION, end, line)
    while at < end and at - begin <= MOST_METHOD and TOKEN[at[0]]:
        at += 1
    line.method = part(begin, at)
    if not 1 <= line.method.size <= MOST_METHOD or at == end or at[0] != b" ":
        return False
    at += 1
    begin = at
    while at < end and at - begin <= MOST_PATH and at[0] != b" " and at[0] != b"\r" and at[0] != b"\n":
        at += 1
    line.path = part(begin, at)
    if not 1 <= line.path.size <= MOST_PATH or at == end or at[0] != b" ":
        return False
    return is_version(at + 1, end) and ends(at + 1 + VERSION, end)


cdef bint read_status(const uint8_t *at, const uint8_t *end, FirstLine *line) noexcept nogil:
    """Likewise, behind a response's version."""
    cdef const uint8_t *begin
    cdef int i
    if end - at < 4 or at[0] != b" ":
        return False
    for i in range(1, 4):
        if not b"0" <= at[i] <= b"9":
            return False
        line.status = 10 * line.status + at[i] - ZERO
    at += 4
    if at < end and at[0] == b" ":
        at += 1
        begin = at
        while at < end and at - begin <= MOST_REASON and at[0] != b"\r" and at[0] != b"\n":
            at += 1
        line.reason = part(begin, at)
        if line.reason.size > MOST_REASON:
            return False
    return ends(at, end)


cdef inline uint8_t small(uint8_t c) noexcept nogil:
    return c + 32 if b"A" <= c <= b"Z" else c


cdef inline bint is_blank(uint8_t c) noexcept nogil:
    return c == b" " or c == b"\t"


cdef bint same(const uint8_t *at, const char *word, size_t size) noexcept nogil:
    """Whether this is a word of small letters, in any case."""
    cdef size_t i
    for i in range(size):
        if small(at[i]) != <uint8_t>word[i]:
            return False
    return True


cdef void take_field(const uint8_t *at, const uint8_t *end, const char *name, Text *field) noexcept nogil:
    """The value of a line if it has this name, and none before had it."""
    cdef Py_ssize_t size = strlen(name)
    if field.size >= 0 or end - at <= size or at[size] != b":" or not same(at, name, size):
        return
    at += size + 1
    if at < end and (end - 1)[0] == b"\r":
        end -= 1
    if memchr(at, b"\r", end - at) != NULL:
        return
    while at < end and is_blank(at[0]):
        at += 1
    while at < end and is_blank((end - 1)[0]):
        end -= 1
    field[0] = part(at, end)


cdef void read_fields(const uint8_t *at, Py_ssize_t size, HeadFields *fields) noexcept nogil:
    cdef const uint8_t *end = at + size
    cdef const uint8_t *behind
    fields.host = fields.length = fields.encoding = fields.upgrade = none()
    while at < end:
        behind = <const uint8_t *>memchr(at, b"\n", end - at)
        if behind == NULL:
            behind = end
        if small(at[0]) == b"h":
            take_field(at, behind, b"host", &fields.host)
        elif small(at[0]) == b"c":
            take_field(at, behind, b"content-length", &fields.length)
        elif small(at[0]) == b"t":
            take_field(at, behind, b"transfer-encoding", &fields.encoding)
        elif small(at[0]) == b"u":
            take_field(at, behind, b"upgrade", &fields.upgrade)
        at = behind + 1


cdef Py_ssize_t find_end(const uint8_t *data, Py_ssize_t size, Py_ssize_t begin) noexcept nogil:
    cdef const uint8_t *end = data + size
    cdef const uint8_t *at = data + begin
    while at < end:
        at = <const uint8_t *>memchr(at, b"\n", end - at)
        if at == NULL:
            return -1
        at += 1
        if ends(at, end):
            return at - data + (1 if at[0] == b"\n" else 2)
    return -1


cdef inline bint is_space(uint8_t c) noexcept nogil:
    return c == b" " or 9 <= c <= 13


cdef int64_t chunk_size(const uint8_t *at, Py_ssize_t size) noexcept nogil:
    cdef const uint8_t *end = <const uint8_t *>memchr(at, b";", size)
    cdef int64_t value = 0
    cdef uint8_t c
    if end == NULL:
        end = at + size
    while at < end and is_space(at[0]):
        at += 1
    while at < end and is_space((end - 1)[0]):
        end -= 1
    if not 1 <= end - at <= MOST_HEX:
        return -1
    while at < end:
        c = small(at[0])
        if not (b"0" <= c <= b"9" or b"a" <= c <= b"f"):
            return -1
        value = value << 4 | (c - ZERO if c <= b"9" else c - TEN)
        at += 1
    return value


cdef int64_t decimal(Text text) noexcept nogil:
    cdef int64_t value = 0
    cdef Py_ssize_t i
    if not 1 <= text.size <= MOST_DIGITS:
        return -1
    for i in range(text.size):
        if not b"0" <= text.at[i] <= b"9":
            return -1
        value = 10 * value + text.at[i] - ZERO
    return value


cdef bint has_word(Text text, const char *word, bint at_end) noexcept nogil:
    cdef Py_ssize_t size = strlen(word), at
    for at in range(text.size - size if at_end else 0, text.size - size + 1):
        if at >= 0 and same(text.at + at, word, size):
            return True
    return False


cdef str as_text(Text text):
    return PyUnicode_DecodeLatin1(<const char *>text.at, text.size, NULL) if text.size > 0 else ""
