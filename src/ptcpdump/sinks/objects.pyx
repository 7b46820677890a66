"""Sinks that get packets as Python objects: the base of those that are written in Python, and that of the library."""

from collections import deque

from libc.stdint cimport uint32_t
from libc.string cimport memset

from ptcpdump.buffer cimport buffer_free
from ptcpdump.context.stage cimport context_of
from ptcpdump.packet cimport Packet
from ptcpdump.packets import Packet as PythonPacket
from ptcpdump.sinks.output import Output
from ptcpdump.sinks.sink cimport Sink


cdef class PacketSink(Sink):
    """Base of sinks written in Python: derive from it and define handle(packet), which is called with each packet.

    text: how Packet.line looks, a TextOptions; None leaves the lines empty, which is much quicker. What handle() raises
    ends the run.
    """

    def __init__(self, text=None):
        if text is not None:
            self.text = TextSink(Output(-1, "lines"), text)

    def __cinit__(self, *_of_subclasses, **_words_of_subclasses):
        memset(&self.buffer, 0, sizeof(self.buffer))
        self.interfaces = {}
        if type(self).handle is PacketSink.handle or not callable(type(self).handle):
            raise TypeError(f"{type(self).__name__} has no handle(packet), by which a sink gets its packets")

    def __dealloc__(self):
        buffer_free(&self.buffer)

    def handle(self, packet):
        """Take a packet; to be defined by whoever derives from this."""

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        self.interfaces[row] = interface
        return self.text.add_interface(row, interface) if self.text is not None else 0

    cpdef int drop_interface(self, uint32_t row) except -1:
        self.interfaces.pop(row, None)
        return 0

    cdef int packet(self, const Packet *p) except -1 nogil:
        with gil:
            self.handle(self.made(p))
        return 0

    cdef object made(self, const Packet *p):
        line = ""
        if self.text is not None:
            self.buffer.len = 0
            self.text.line(&self.buffer, p)
            line = self.buffer.data[:self.buffer.len].decode(errors="replace").removesuffix("\n")
        return PythonPacket(
            time_ns=p.time,
            interface=self.interfaces[p.interface],
            direction=p.direction,
            data=p.data[:p.captured],
            length=p.length,
            linktype=p.linktype,
            context=context_of(p.context),
            line=line,
        )


cdef class Collector(PacketSink):
    """Keeps packets until take() fetches them."""

    cdef object queue

    def __cinit__(self, *_):
        self.queue = deque()

    def handle(self, packet) -> None:
        """Keep a packet."""
        self.queue.append(packet)

    def take(self) -> object:
        """The oldest packet, or None."""
        return self.queue.popleft() if self.queue else None
