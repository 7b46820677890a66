"""Making untrusted text harmless: one line, nothing that a terminal obeys, nothing that can't be seen; and reversible.

Command lines, labels and names may hold line feeds (which would forge another key of a packet comment), terminal
escapes, characters without width or with the power to reorder others, or bytes that are no UTF-8. What is dangerous
becomes `\\xHH` (a character below 0x80, or a byte that is no UTF-8), `\\uHHHH` or `\\UHHHHHHHH`. A backslash stays as
it is unless such a sequence would follow by chance, so ordinary text is unchanged.

In Cython, as a savefile may consist of nothing but such characters.
"""

import os

from libc.stdint cimport uint32_t
from libc.string cimport memset

from ptcpdump.buffer cimport Buffer, buffer_free, put_bytes

cdef extern from "Python.h":
    int PyUnicode_4BYTE_KIND
    str PyUnicode_FromKindAndData(int kind, const void *buffer, Py_ssize_t size)


cdef enum Where:            # what else has a meaning there
    IN_LINE
    IN_LAYOUT               # nothing else; but line feeds and tabs are meant
    IN_BRACKETS             # brackets, which only the line closes
    IN_WORD                 # these, and all kinds of blanks, which separate the fields of a line
    IN_JSON                 # what Go escapes; a string has its own escapes

# From the first to the last of them, in order. C1, line and paragraph separators; what has no width or reorders text: the
# code points with the property Default_Ignorable (Unicode 15, DerivedCoreProperties.txt) and the anchors of annotations;
# U+DC80..U+DCFF stand for bytes that are no UTF-8 (PEP 383), other surrogates can't be encoded.
cdef uint32_t *DANGEROUS = [
    0x7f, 0x9f, 0xad, 0xad, 0x34f, 0x34f, 0x61c, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180f, 0x200b, 0x200f,
    0x2028, 0x202e, 0x2060, 0x206f, 0x3164, 0x3164, 0xd800, 0xdfff, 0xfe00, 0xfe0f, 0xfeff, 0xfeff, 0xffa0, 0xffa0,
    0xfff0, 0xfffb, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0fff]
cdef uint32_t *BLANKS = [
    0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x202f, 0x202f, 0x205f, 0x205f, 0x2800, 0x2800, 0x3000, 0x3000]
cdef const char *HEX = b"0123456789abcdef"
cdef enum:
    RANGES = 19
    BLANK_RANGES = 7


cdef bint within(uint32_t c, const uint32_t *ranges, int n) noexcept:
    """Whether a character lies in one of n ranges."""
    cdef int low = 0, middle
    while low < n:
        middle = (low + n) // 2
        if c > ranges[2 * middle + 1]:
            low = middle + 1
        elif c < ranges[2 * middle]:
            n = middle
        else:
            return True
    return False


cdef inline bint is_dangerous(uint32_t c, Where where) noexcept:
    """Whether a character is escaped, but for a backslash: that depends on what follows."""
    if c < 0x7f:
        if where == IN_JSON:
            return c == b"<" or c == b">" or c == b"&"
        if c <= 0x20:
            return c < 0x20 and not (where == IN_LAYOUT and (c == b"\n" or c == b"\t")) or where == IN_WORD
        return (c == b"[" or c == b"]") and (where == IN_BRACKETS or where == IN_WORD)
    return within(c, DANGEROUS, RANGES) or (where == IN_WORD and within(c, BLANKS, BLANK_RANGES))


cdef inline int hex_value(uint32_t c) noexcept:
    """Of a digit as it stands in our sequences; -1 for anything else."""
    if 48 <= c <= 57:           # "0" to "9"
        return <int>c - 48
    return <int>c - 87 if 97 <= c <= 102 else -1        # "a" to "f"


cdef int sequence_at(str text, Py_ssize_t at, uint32_t *value) except -1:
    """The length of the sequence that a backslash begins, and the character that it stands for; 0: there is none."""
    cdef Py_ssize_t end = len(text), i
    cdef Py_UCS4 kind
    cdef int digits, digit
    if at + 1 >= end:
        return 0
    kind = text[at + 1]
    digits = 2 if kind == u"x" else 4 if kind == u"u" else 8 if kind == u"U" else 0
    if digits == 0 or at + 2 + digits > end:
        return 0
    value[0] = 0
    for i in range(at + 2, at + 2 + digits):
        digit = hex_value(text[i])
        if digit < 0:
            return 0
        value[0] = value[0] << 4 | <uint32_t>digit
    if value[0] > 0x10ffff:
        return 0
    if digits == 2 and value[0] >= 0x80:
        value[0] += 0xdc00          # a byte
    return 2 + digits


cdef inline void put_character(Buffer *b, uint32_t c) noexcept:
    put_bytes(b, &c, 4)


cdef void put_escaped(Buffer *b, uint32_t c, Where where) noexcept:
    """Spell a character, in JSON as one or two units of UTF-16."""
    cdef int digits = 4 if c < 0x10000 else 8
    if where == IN_JSON:
        if c >= 0x10000:
            put_escaped(b, 0xd800 + (c - 0x10000 >> 10), where)
            c = 0xdc00 + (c & 0x3ff)
        digits = 4
    elif c < 0x80 or 0xdc80 <= c <= 0xdcff:
        c &= 0xff
        digits = 2
    put_character(b, b"\\")
    put_character(b, b"x" if digits == 2 else b"u" if digits == 4 else b"U")
    while digits:
        digits -= 1
        put_character(b, <uint32_t>HEX[c >> 4 * digits & 15])


cdef str escaped(str text, Where where):
    """Text whose dangerous characters are spelled; the same object where there are none."""
    cdef Buffer made
    cdef Py_ssize_t i, first, n = len(text)
    cdef uint32_t c, ignored
    for first in range(n):
        c = text[first]
        if is_dangerous(c, where) or (c == b"\\" and where != IN_JSON and sequence_at(text, first, &ignored)):
            break
    else:
        return text
    memset(&made, 0, sizeof(made))
    try:
        for i in range(n):
            c = text[i]
            if i >= first and (is_dangerous(c, where)
                               or (c == b"\\" and where != IN_JSON and sequence_at(text, i, &ignored))):
                put_escaped(&made, c, where)
            else:
                put_character(&made, c)
        return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, made.data, made.len // 4)
    finally:
        buffer_free(&made)


cpdef str escape(str text):
    """Text as one harmless line."""
    return escaped(text, IN_LINE)


cpdef str escape_layout(str text):
    """Text as harmless lines and columns: line feeds and tabs stay."""
    return escaped(text, IN_LAYOUT)


cpdef str escape_word(str text):
    """Text as one word of a line: without blanks, and without the brackets that stand around names."""
    return escaped(text, IN_WORD)


cpdef str escape_in_brackets(str text):
    """Text between brackets of a line, which only the line closes."""
    return escaped(text, IN_BRACKETS)


cpdef str unescape(str text):
    """Text as it was before escape(), or one of its kind."""
    cdef Buffer made
    cdef Py_ssize_t i = 0, n = len(text)
    cdef uint32_t c, value = 0
    cdef int size
    if "\\" not in text:
        return text
    memset(&made, 0, sizeof(made))
    try:
        while i < n:
            c = text[i]
            size = sequence_at(text, i, &value) if c == b"\\" else 0
            put_character(&made, value if size else c)
            i += size if size else 1
        return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, made.data, made.len // 4)
    finally:
        buffer_free(&made)


cpdef bytes as_bytes(str text):
    """Text as the kernel has it (PEP 383). A surrogate that stands for no byte, as of a savefile, is escaped."""
    if text.isascii():
        return text.encode()
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        return os.fsencode(escape(text))


cpdef str escape_json(str text):
    """JSON with all dangerous characters of its strings as JSON's own escapes; also `<`, `>`, `&`, as Go writes it."""
    return escaped(text, IN_JSON)
