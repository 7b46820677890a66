from ptcpdump.printers.base.core cimport Dissection, uint8_t, uint32_t

cdef bint print_ip_options(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil   # False: cut off
cdef const uint8_t *final_destination(Dissection *d, const uint8_t *p, uint32_t header) noexcept nogil
