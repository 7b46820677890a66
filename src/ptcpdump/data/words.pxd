# Names of numbers. NULL where a number has none; with `place`, what is written there then, with a NUL at its end.
from libc.stdint cimport uint32_t


cdef const char *transport_name(uint32_t protocol) noexcept nogil
cdef const char *tunnel_name(uint32_t tunnel) noexcept nogil
cdef const char *opcode_name(uint32_t code, char *place) noexcept nogil
cdef const char *rcode_name(uint32_t code, char *place) noexcept nogil
cdef const char *type_name(uint32_t type, char *place) noexcept nogil
cdef const char *cipher_name(uint32_t suite, char *place) noexcept nogil
