# What a source hands its packets to. Sources know this class only, sinks know no source.
from libc.stdint cimport uint32_t
from ptcpdump.packet cimport Packet


cdef class Sink:
    # Packets can come from now on: called once, by the driver, which may be long after the sink was made.
    cdef int start(self) except -1
    cdef int packet(self, const Packet *p) except -1 nogil
    # Data of packets that stay (packet.pxd) will go now: write or copy what is still needed of it.
    cdef int settle(self) except -1 nogil
    # Hand over what is buffered: called when the source has nothing more for the moment.
    cdef int flush(self) except -1 nogil
    # A row of the run's interface table stands for this interface from now on: called before its first packet.
    cpdef int add_interface(self, uint32_t row, interface) except -1
    # No packet of this row will come any more, until it stands for another interface.
    cpdef int drop_interface(self, uint32_t row) except -1
    # TLS or other secrets that packets from here on may need (pcapng's Decryption Secrets Block).
    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1
    # A block of pcapng that is about names, or somebody's own (Custom Block), in this machine's byte order.
    cpdef int write_block(self, uint32_t kind, bytes body) except -1
    # What is known of an interface's packets (net.interface.Statistics); the last call counts.
    cpdef int set_statistics(self, uint32_t row, statistics) except -1
    # ask() calls set_statistics() for all interfaces: what a file ends with that another one follows. None: no more.
    cpdef int ask_statistics(self, ask) except -1
    cpdef int close(self) except -1


cdef class ForwardingSink(Sink):
    """A sink that stands before another one: what a subclass does not define goes on as it comes."""

    cdef Sink inner


cdef class Tee(Sink):
    """Two sinks as one."""

    cdef Sink first
    cdef Sink second


cpdef Sink tee(sinks)
