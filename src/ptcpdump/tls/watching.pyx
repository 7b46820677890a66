"""Client Hellos of captured packets, told to whoever has to know that they were on the wire (proof.py)."""

from collections import OrderedDict

from ptcpdump.dissect.core cimport dissect
from ptcpdump.dissect.packet_fields cimport (
    FOUND_CLIENT_HELLO, FOUND_QUIC_INITIAL, FOUND_TCP, FOUND_UDP, PacketFields)
from ptcpdump.packet cimport ContextText, Packet

from ptcpdump.dissect.fields import Fields
from ptcpdump.dissect.quic import HandshakeBytes, read_initials

MOST_FLOWS = 1 << 12            # connections in QUIC whose hello is not whole yet

cdef enum:
    RANDOM = 32                 # bytes of ClientHello.random (RFC 8446, 4.1.2)


cdef class HelloSink(ForwardingSink):
    """Stands before all sinks of a live capture. proof: an OffsetProof, which is also reminded of what waits.

    derivations: a Derivations, which is shown the packets of TCP, and QUIC's Initial packets, where it expects something
    of them.
    """

    def __cinit__(self, Sink inner not None, proof not None, derivations not None):
        self.proof = proof
        self.derivations = derivations
        derivations.on_expected = self.show
        self.quic = OrderedDict()

    def show(self) -> None:
        self.shows = True

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef PacketFields f
        dissect(&f, p.data, p.captured, p.length, p.linktype)
        if f.found & FOUND_CLIENT_HELLO and f.found & FOUND_TCP and f.hello_random.len == RANDOM:
            with gil:
                self.proof.hello(owners(p), (<const char *>p.data + f.hello_random.at)[:RANDOM])
        if self.shows and (f.found & FOUND_TCP or f.found & FOUND_QUIC_INITIAL):
            with gil:
                self.derivations.packet(Fields((<const char *>p.data)[:p.captured], <int>p.linktype, p.length), p.time)
        if f.found & FOUND_QUIC_INITIAL and f.found & FOUND_UDP:
            with gil:
                self.look_at_quic(p, &f)
        return self.inner.packet(p)

    cdef int look_at_quic(self, const Packet *p, PacketFields *f) except -1:
        """A hello in QUIC may take several datagrams; without `cryptography` it is not seen."""
        cdef bytes flow = (<const char *>&f.ends)[:sizeof(f.ends)]
        hello = self.quic.get(flow) or HandshakeBytes()
        for initial in read_initials((<const char *>p.data + f.quic_initial.at)[:f.quic_initial.len]):
            hello.add(initial.frames or ())
        random = hello.random()
        if random:
            self.proof.hello(owners(p), random)
            self.quic.pop(flow, None)
        else:
            self.quic[flow] = hello
            if len(self.quic) > MOST_FLOWS:
                self.quic.popitem(last=False)
        return 0

    cdef int flush(self) except -1 nogil:
        with gil:
            self.proof.look()
        return self.inner.flush()

    cpdef int close(self) except -1:
        try:
            self.proof.look(over=True)
        finally:
            self.inner.close()
        return 0


cdef list owners(const Packet *p):
    """The processes that a packet is known to be of."""
    cdef uint32_t i
    cdef list found = []
    if p.context != NULL and p.context.pid:
        found.append(p.context.pid)
    for i in range(p.also_count):
        if (<const ContextText *>p.also[i]).pid:
            found.append((<const ContextText *>p.also[i]).pid)
    return found
