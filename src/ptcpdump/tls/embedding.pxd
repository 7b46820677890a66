from ptcpdump.dissect.packet_fields cimport PacketFields
from ptcpdump.packet cimport MOST_FURTHER, ContextText, Packet
from ptcpdump.sinks.chunk cimport KeptText
from ptcpdump.sinks.sink cimport ForwardingSink, Sink


cdef class Held:
    """A packet that waits, with copies of all that it points to."""

    cdef Packet packet
    cdef KeptText text
    cdef list further           # KeptText of further owners, to which `also` points
    cdef const ContextText *also[MOST_FURTHER]
    cdef bytes data


cdef class EmbeddingSink(ForwardingSink):
    cdef object arrived         # (label, random, secret) that are not written yet: a deque, filled by another thread
    cdef int news               # whether there are some
    cdef object once
    cdef object known           # labels by random, of the secrets that are written
    cdef object flows           # handshakes that are under way, by the client's side
    cdef object quic            # likewise those in QUIC
    cdef bint quic_under_way
    cdef object waiting         # those of them whose packets wait, the one that has waited for longest first
    cdef dict by_random         # the same, by random and client's side
    cdef size_t held            # bytes of packets that wait

    cdef int look(self, const Packet *p, PacketFields *f) except -1
    cdef int hold(self, const Packet *p, handshake) except -1
    cdef int look_at_quic(self, const Packet *p, PacketFields *f) except -1
    cdef int begin(self, bytes client, bytes random) except -1
    cdef int pass_on(self, Held held) except -1
    cdef int write_news(self) except -1
    cdef int release(self, bint all_of_them) except -1
