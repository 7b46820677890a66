from libc.stdint cimport int64_t, uint32_t, uint64_t
from ptcpdump.buffer cimport Buffer
from ptcpdump.data.record cimport PACKET_FIELDS
from ptcpdump.packet cimport Packet, Span
from ptcpdump.sinks.output cimport Output
from ptcpdump.sinks.records cimport RecordSink
from ptcpdump.sinks.timestamp cimport Clock


cdef enum:
    DEPTHS = 3                  # groups that a field may stand in


# How a field is written: which groups it stands in, and the text from each of them on to its value.
cdef struct Layout:
    int kind                    # JsonKind of json.pyx
    int depth
    int groups[DEPTHS]
    Span opening[DEPTHS + 1]    # opening[n]: the n outer groups are open already


# The JSON of an owner (data/owners.pyx)
cdef struct OwnerJson:
    Span others
    Span own


cdef class JsonSink(RecordSink):
    cdef readonly Output output
    cdef Clock clock
    cdef Layout layouts[PACKET_FIELDS]
    cdef list kept              # owns the texts of `layouts`
    cdef int own_group          # number of the group ptcpdump
    cdef Buffer owner_json      # OwnerJson of each row
    cdef list owner_texts       # owns them
    cdef size_t owner_bytes

    cdef void lay_out(self) except *
    cdef int object(self, Buffer *b, const Packet *p) except -1 nogil
    cdef void put_members(self, Buffer *b, uint64_t which, int within) noexcept nogil
    cdef void put_value(self, Buffer *b, int field) noexcept nogil
    cdef const OwnerJson *owner_of(self, void *context) except NULL nogil
    cdef const OwnerJson *learn(self, void *context) except NULL
