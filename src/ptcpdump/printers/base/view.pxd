# The window on a packet that printers in plain Python get; made by calling.pyx for each call.
from libc.stdint cimport int64_t, uint8_t, uint32_t
from ptcpdump.printers.base.dissection cimport Dissection


cdef class View:
    cdef Dissection *d          # NULL once the printer has returned
    cdef View whole             # the view that this one is a part of, whose `d` counts; None: it is no part
    cdef const uint8_t *p
    cdef uint32_t size          # bytes, as `length` tells

    # The packet, while it is there.
    cdef Dissection *packet(self) except NULL
    # `n` bytes at `offset`, which have been captured.
    cdef const uint8_t *at(self, int64_t offset, int64_t n) except NULL
