"""What printers remember from packet to packet (TCP sequence numbers, QUIC connection identifiers).

It belongs to one run: two readers of the same file, taking turns, print the same lines. Each part is a plain block of
fixed size, so nothing grows with the number of packets.
"""

from libc.stdio cimport fputs, stderr
from libc.stdlib cimport abort, calloc, free

from ptcpdump.printers.base.dissection cimport PARTS


cdef class PrinterState:
    """The memory of one run, empty at first."""

    def __dealloc__(self):
        cdef int i
        for i in range(<int>PARTS):
            free(self.memory.parts[i])


cdef void *new_part(Memory *memory, Part part, size_t size) noexcept nogil:
    cdef void *made = calloc(1, size)   # the kernel gives pages of it when they are written to
    if made == NULL:
        fputs(b"ptcpdump: out of memory for what printers remember\n", stderr)
        abort()
    memory.parts[<int>part] = made
    return made
