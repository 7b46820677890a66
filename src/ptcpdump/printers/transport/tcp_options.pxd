from ptcpdump.printers.base.core cimport Dissection, uint8_t, uint32_t
from ptcpdump.printers.transport.tcp_flows cimport Bases

# ", options [...]"; False after a malformed option, when nothing more is said of the segment
cdef bint print_tcp_options(Dissection *d, const uint8_t *p, uint32_t length, uint32_t flags,
                            const Bases *bases) noexcept nogil
