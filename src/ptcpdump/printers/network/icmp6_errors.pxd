from ptcpdump.printers.base.core cimport Dissection, uint8_t, uint32_t

# What stands behind the name of a message whose header is at p. print_unreachable: False when the line ends there.
cdef bint print_unreachable(Dissection *d, const uint8_t *p, uint32_t code, uint32_t length) noexcept nogil
cdef void print_parameter_problem(Dissection *d, const uint8_t *p, uint32_t code) noexcept nogil
cdef void print_time_exceeded(Dissection *d, const uint8_t *p, uint32_t code) noexcept nogil
