# Names of the organisations behind the first three bytes of MAC addresses, SNAP headers and vendor fields.
from libc.stdint cimport uint32_t

cdef const char *oui_name(uint32_t oui) noexcept nogil   # NULL: no name
