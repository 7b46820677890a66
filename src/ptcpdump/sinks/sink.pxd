# What a source hands its packets to. Sources know this class only, sinks know no source.
from libc.stdint cimport uint32_t, uint64_t
from ptcpdump.packet cimport Packet


cdef class Sink:
    cdef int packet(self, const Packet *p) except -1 nogil
    # Data of packets that stay (packet.pxd) will go now: write or copy what is still needed of it.
    cdef int settle(self) except -1 nogil
    # Hand over what is buffered: called when the source has nothing more for the moment.
    cdef int flush(self) except -1 nogil
    # Rows of the run's interface table are announced in order, each before its first packet.
    cpdef int add_interface(self, interface) except -1
    # TLS or other secrets that packets from here on may need (pcapng's Decryption Secrets Block).
    cpdef int write_secrets(self, uint32_t kind, bytes secrets) except -1
    # What an interface received and dropped, in packets; the last call before close() counts.
    cpdef int set_statistics(self, uint32_t interface, uint64_t received, uint64_t dropped) except -1
    cpdef int close(self) except -1


cdef class Tee(Sink):
    """Two sinks as one."""

    cdef Sink first
    cdef Sink second


cpdef Sink tee(sinks)
