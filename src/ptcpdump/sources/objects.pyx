"""A source of packets that are Python objects: how sources and stages written in Python take part in a run."""

from libc.stdint cimport uint8_t
from libc.string cimport memset

from ptcpdump.packet cimport Packet
from ptcpdump.packets import Packet as PythonPacket
from ptcpdump.sources.source cimport Source


cdef class PacketSource(Source):
    """Packets made in Python, or that came from another run: what a stage written in Python hands on.

    packets: an iterable of ptcpdump.Packet; it is asked for the next one when that is wanted, so a generator over a
    live capture or a savefile can hold packets back, drop them, or put them in another order. table: the interface table
    of the run that they go through. blame(error): what is raised in place of an error of whoever made the packets; None:
    the error itself.
    """

    cdef object packets
    cdef object table
    cdef object blame
    cdef dict rows
    cdef object present         # keeps alive what the packet handed out last points to

    def __cinit__(self, packets, table not None, blame=None):
        self.table = table
        self.blame = blame
        self.rows = {}
        try:
            self.packets = iter(packets)
        except BaseException as error:
            raise self.blamed(error)

    cdef object blamed(self, error):
        return error if self.blame is None else self.blame(error)

    cdef int next(self, Packet *p) except -1 nogil:
        with gil:
            try:
                return self.take(p)
            except BaseException as error:
                raise self.blamed(error)

    cdef int take(self, Packet *p) except -1:
        cdef bytes data
        packet = None if self.stopped or self.finished else next(self.packets, None)
        if packet is None:
            self.finished = True
            return 0
        if not isinstance(packet, PythonPacket):
            raise TypeError(f"a {type(packet).__name__} where a ptcpdump.Packet is due")
        memset(p, 0, sizeof(Packet))
        data = bytes(packet.data)
        interface, context = packet.interface, packet.context
        p.data = <const uint8_t *><const char *>data
        p.captured = <unsigned int>len(data)
        p.length = packet.length
        p.time = packet.time_ns
        p.direction = packet.direction
        p.linktype = packet.linktype
        p.interface = self.row(interface)
        p.known = <void *>context if context is not None else NULL
        self.present = data, context
        return 1

    def row(self, interface) -> int:
        if interface not in self.rows:
            self.rows[interface] = self.table.row(interface)
        return self.rows[interface]

    def close(self) -> None:
        """Let go of the rows; a second call does nothing."""
        self.finished = True
        while self.rows:
            self.table.release(self.rows.popitem()[1])
