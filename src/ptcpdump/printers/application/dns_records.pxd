# Questions and resource records of DNS messages.
from ptcpdump.printers.base.core cimport *

cdef enum:
    TYPE_OPT = 41


cdef const uint8_t *say_question(Dissection *d, const uint8_t *p, const uint8_t *message, bint mdns) noexcept nogil
cdef const uint8_t *say_record(Dissection *d, const uint8_t *p, const uint8_t *message, bint mdns) noexcept nogil
cdef void say_duration(Dissection *d, uint32_t seconds) noexcept nogil
