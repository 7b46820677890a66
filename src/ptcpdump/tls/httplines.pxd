from libc.stdint cimport int64_t, uint8_t


cdef struct Text:
    const uint8_t *at
    Py_ssize_t size             # -1: it is not there


cdef struct FirstLine:
    Text method, path           # of a request; without a method it is a response
    int status                  # of a response,
    Text reason                 # and what stands behind it


cdef struct HeadFields:
    Text host, length, encoding, upgrade


# Whether a request or a response begins here, with a whole first line.
cdef bint read_first(const uint8_t *at, Py_ssize_t size, FirstLine *line) noexcept nogil
# The fields of a head that matter, of several with one name the first.
cdef void read_fields(const uint8_t *at, Py_ssize_t size, HeadFields *fields) noexcept nogil
# Bytes up to the end of the empty line behind a head, -1: it is not there yet; before `begin` there is none.
cdef Py_ssize_t find_end(const uint8_t *data, Py_ssize_t size, Py_ssize_t begin) noexcept nogil
# The size in the line before a chunk, -1: it makes no sense.
cdef int64_t chunk_size(const uint8_t *at, Py_ssize_t size) noexcept nogil
# A decimal number of at most 18 digits, -1: it is none.
cdef int64_t decimal(Text text) noexcept nogil
# Whether a text has a word of small letters in it, in any case; at_end: ends with it.
cdef bint has_word(Text text, const char *word, bint at_end) noexcept nogil
cdef str as_text(Text text)
