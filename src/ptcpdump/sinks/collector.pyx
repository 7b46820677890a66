"""A sink that makes Python objects of packets, for the library's users."""

from collections import deque

from libc.string cimport memset

from ptcpdump.context.text_cache cimport ContextCache
from ptcpdump.packet cimport Packet
from ptcpdump.buffer cimport Buffer, buffer_free
from ptcpdump.sinks.sink cimport Sink
from ptcpdump.sinks.text cimport TextSink

from ptcpdump.packets import Packet as PythonPacket


cdef class Collector(Sink):
    """Keeps packets until take() fetches them. text renders their lines; None leaves the lines empty."""

    cdef TextSink text
    cdef ContextCache cache
    cdef object queue
    cdef list interfaces
    cdef Buffer buffer

    def __cinit__(self, TextSink text, ContextCache cache=None):
        memset(&self.buffer, 0, sizeof(self.buffer))
        self.text = text
        self.cache = cache
        self.queue = deque()
        self.interfaces = []

    def __dealloc__(self):
        buffer_free(&self.buffer)

    def use(self, ContextCache cache not None) -> None:
        """Where the contexts of packets are found."""
        self.cache = cache

    cpdef int add_interface(self, interface) except -1:
        self.interfaces.append(interface)
        if self.text is not None:
            self.text.add_interface(interface)
        return 0

    cdef int packet(self, const Packet *p) except -1 nogil:
        with gil:
            self.collect(p)
        return 0

    cdef int collect(self, const Packet *p) except -1:
        context = self.cache.context(p.context) if self.cache is not None and p.context != NULL else None
        line = ""
        if self.text is not None:
            self.buffer.len = 0
            self.text.line(&self.buffer, p)
            line = self.buffer.data[:self.buffer.len].decode(errors="replace").removesuffix("\n")
        self.queue.append(PythonPacket(
            time_ns=p.time,
            interface=self.interfaces[p.interface],
            direction=p.direction,
            data=p.data[:p.captured],
            length=p.length,
            linktype=p.linktype,
            context=context,
            line=line,
        ))
        return 0

    def take(self) -> object:
        """The oldest packet, or None."""
        return self.queue.popleft() if self.queue else None
