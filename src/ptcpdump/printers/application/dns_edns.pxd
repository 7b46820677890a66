# The options of an EDNS OPT record (RFC 6891).
from ptcpdump.printers.base.core cimport *


cdef const uint8_t *say_edns_option(Dissection *d, const uint8_t *p) noexcept nogil
