# The one way that packets take through a run.
from libc.stdint cimport uint8_t, uint64_t
from ptcpdump.context.stage cimport ContextStage
from ptcpdump.filters.packet_filter cimport PacketFilter
from ptcpdump.packet cimport Packet
from ptcpdump.sinks.sink cimport Sink
from ptcpdump.sources.source cimport Source


cdef class Driver:
    cdef readonly Source source
    cdef readonly Sink sink
    cdef ContextStage contexts
    cdef object table               # InterfaceTable
    cdef public PacketFilter filter # None: every packet passes
    cdef uint8_t directions         # DIRECTION_IN | DIRECTION_OUT; 0: all
    cdef bint by_owner              # only packets whose owner is wanted
    cdef bint blind                 # nobody asks whose packets are
    cdef uint64_t skip
    cdef uint64_t limit             # 0: none
    cdef readonly uint64_t read     # packets that came from the source
    cdef readonly uint64_t matched  # those that filter and owner let pass
    cdef readonly uint64_t passed   # those that were handed to the sink
    cdef readonly uint64_t undirected   # those left out because nobody knows their direction
    cdef readonly bint refused      # the sink has raised: it takes no more
    cdef bint started               # the sink knows that packets can come
    cdef bint leaving               # the step that is going on is to end

    cdef uint64_t batch(self, uint64_t last) except? 0xffffffffffffffff nogil
    cdef int one(self, Packet *p) except -1 nogil
