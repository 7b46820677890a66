from ptcpdump.printers.base.core cimport Dissection, uint8_t, uint32_t

cdef void print_tcp_payload(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
cdef void print_reset_data(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil
