from ptcpdump.printers.base.core cimport Dissection, uint8_t, uint32_t

cdef bint print_mptcp(Dissection *d, const uint8_t *p, uint32_t size, uint32_t flags) noexcept nogil   # False: malformed
