# The flight recorder: packets wait in memory until something asks for a savefile of them.
from libc.stdint cimport int64_t, uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.filters.packet_filter cimport PacketFilter
from ptcpdump.packet cimport Packet
from ptcpdump.sinks.chunk cimport Chunk
from ptcpdump.sinks.pcapng cimport PcapngSink
from ptcpdump.sinks.sink cimport Sink


cdef class Request:
    cdef str reason
    cdef int64_t time               # when it was asked for, in ns since 1970; 0: not


cdef class RecorderSink(Sink):
    cdef PcapngSink inner
    cdef PacketFilter trigger       # None: no packet asks for a savefile
    cdef Request request            # of somebody outside, or None
    cdef bint at_end                # the end of the run asks for one
    cdef bint live                  # packets' time is this host's
    cdef int64_t span               # ns that are kept; 0: as much as there is room for
    cdef uint64_t room              # bytes of memory
    cdef uint64_t piece             # of them in one chunk
    cdef object chunks              # deque of Chunk: full ones, the oldest first
    cdef Chunk current              # the one behind them
    cdef uint64_t bytes             # of `chunks`
    cdef bint writing               # packets go to a savefile
    cdef int64_t until              # with it: to the end of this time
    cdef uint64_t left              # or of so many bytes
    cdef uint64_t old               # packets since the last savefile that are forgotten because of their age
    cdef object crowded_out         # (time of the last one, number): packets for which there was no room
    cdef int64_t last               # time of the latest packet
    cdef int64_t looked             # when look_around() was last called
    # Rows of the run's interface table stand for other interfaces later, while packets of the former ones are kept
    cdef Buffer numbers             # what the savefiles have for each row: uint32_t, from 1 on; 0: nothing
    cdef uint32_t given             # numbers in all
    cdef object gone                # (number, chunks so far): no packets of it come any more
    cdef list free                  # numbers that are not in use
    cdef uint64_t chunks_so_far
    cdef bint closed

    cdef uint32_t number(self, uint32_t row) noexcept nogil
    cdef int keep(self, const Packet *p) except -1 nogil
    cdef int next_chunk(self) except -1
    cdef int forget(self, int64_t now) except -1
    cdef int free_numbers(self) except -1
    cdef int write(self, const Packet *p) except -1 nogil
    cdef int dump(self, str reason, int64_t now) except -1
    cdef int write_kept(self, Chunk chunk, int64_t since) except -1
    cdef int end(self) except -1
    cdef int answer(self, int64_t now) except -1
