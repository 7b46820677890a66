# What a pcapng file has said of processes so far, and what it has to say before a packet.
from libc.stdint cimport uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.context.pid_table cimport PidTable
from ptcpdump.packet cimport ContextText, Packet, Span

cdef enum:
    THREADS = 4096          # that are remembered as said; a power of two
    FLOWS = 65536           # likewise, with --comments first


cdef class KnownProcesses:
    cdef PidTable said
    cdef uint64_t threads[THREADS]
    cdef uint64_t *flows            # NULL: not asked for
    cdef bint brief                 # packets have no comments, or not all of them

    # Write what a packet's owner needs to be known before it.
    cdef inline void introduce(self, Buffer *b, const ContextText *text) noexcept nogil:

        if text.process and self.lacks(text):
            self.write(b, text)

    cdef bint lacks(self, const ContextText *text) noexcept nogil
    cdef void write(self, Buffer *b, const ContextText *text) noexcept nogil
    cdef void forget(self) noexcept nogil
    # Whether a packet is the first of its flow and owner in this file.
    cdef bint first_of_flow(self, const Packet *p) noexcept nogil
    # The comments that a packet needs where not all of its owner's are written.
    cdef Span brief_comment(self, const ContextText *text) noexcept nogil
