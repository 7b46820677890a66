# TLS hellos, on whatever TCP port they are seen.
from ptcpdump.printers.base.core cimport *


cdef bint print_tls_hellos(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
