# Domain names of DNS messages (RFC 1035, 4.1.4), for DNS itself and for other protocols that carry names in that form.
from ptcpdump.printers.base.core cimport *


cdef const uint8_t *skip_name(Dissection *d, const uint8_t *p) noexcept nogil
cdef const uint8_t *say_name(Dissection *d, const uint8_t *p, const uint8_t *message) noexcept nogil
cdef const uint8_t *say_character_string(Dissection *d, const uint8_t *p) noexcept nogil
cdef bint say_text(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil
