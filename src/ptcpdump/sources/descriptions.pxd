# Interfaces of pcapng files.
from libc.stdint cimport uint32_t


# An Interface from the (code, value) of its description's options.
cdef object described(uint32_t linktype, uint32_t snaplen, list options, bint swapped)
