# What printers remember from packet to packet of one run.
from ptcpdump.printers.base.dissection cimport Dissection, Memory, Part


cdef class PrinterState:
    cdef Memory memory


cdef void *new_part(Memory *memory, Part part, size_t size) noexcept nogil


cdef inline void *part_of(Dissection *d, Part part, size_t size) noexcept nogil:
    """A printer's own part of the memory of this run: `size` bytes, all zero when they are asked for the first time."""
    cdef void *found = d.memory.parts[<int>part]
    return found if found != NULL else new_part(d.memory, part, size)
