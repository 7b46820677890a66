from ptcpdump.printers.base.core cimport Dissection, uint32_t

# ", tc 0, [S], ttl 64": what stands in an entry of a label stack (RFC 3032, 2.1) behind the label.
cdef void say_rest_of_entry(Dissection *d, uint32_t entry) noexcept nogil
