# Text of any bytes as valid text: inside JSON strings, and as UTF-8.
from ptcpdump.buffer cimport Buffer


# The inside of a JSON string (RFC 8259), in ASCII: all else as \uHHHH. A byte that is no UTF-8 becomes the text \xHH.
cdef void put_json(Buffer *b, const void *text, size_t n) noexcept nogil
# The same text as UTF-8
cdef void put_utf8(Buffer *b, const void *text, size_t n) noexcept nogil
