"""Writing pcap files (draft-ietf-opsawg-pcap): no owners, one link type for the whole file."""

import struct

from libc.string cimport memcpy

from ptcpdump.errors import SavefileError
from ptcpdump.buffer cimport buffer_free, buffer_room, put_bytes
from ptcpdump.sinks.cooked cimport LINKTYPE_SLL2, SLL2_HEADER, cook, cookable


cdef enum:
    MAX_SNAPLEN = 262144        # what a snapshot length of 0 stands for


cdef struct Place:
    uint32_t ifindex
    bint loopback


cdef class PcapSink(SavefileSink):
    """Writes one pcap file, or several in rotation; see SavefileSink.

    cooked: True writes Linux cooked headers (LINUX_SLL2) for all packets, as tcpdump does with `-i any`, if the link
    types of all interfaces that are known at the first packet can be converted; False never;
    None does so if the interfaces known at the first packet have different link types. nano: times in nanoseconds, else
    in microseconds. A packet whose link type does not fit into the file raises SavefileError.
    """

    def __init__(self, path, *, rotation=None, bint immediate=False, cooked=None, bint nano=True, str compress=""):
        self.cooked = cooked
        self.nano = nano
        self.linktype = -1

    def __dealloc__(self):
        buffer_free(&self.places)

    cpdef int add_interface(self, uint32_t row, interface) except -1:
        cdef Place place
        place.ifindex = 0
        place.loopback = False
        while self.places.len // sizeof(Place) <= row:
            put_bytes(&self.places, &place, sizeof(place))
        (<Place *>self.places.data)[row].ifindex = interface.index
        (<Place *>self.places.data)[row].loopback = interface.name == "lo"
        self.interfaces[row] = interface
        return 0

    cpdef int drop_interface(self, uint32_t row) except -1:
        self.interfaces.pop(row, None)
        return 0

    cdef int begin(self) except -1:
        """The file header. Of the first file it is written before the first packet, when the link types are known."""
        cdef bytes header
        if self.linktype < 0:
            return 0
        snaplen = max((interface.snaplen or MAX_SNAPLEN for interface in self.interfaces.values()), default=MAX_SNAPLEN)
        if self.linktype == LINKTYPE_SLL2:
            snaplen += SLL2_HEADER      # no reader shall cut what the longer header has pushed back
        header = struct.pack("=IHHiIII", 0xa1b23c4d if self.nano else 0xa1b2c3d4, 2, 4, 0, 0, snaplen, self.linktype)
        put_bytes(&self.output.buffer, <const char *>header, len(header))
        return self.output.written()

    cdef int announce(self) except -1:
        """Choose the file's link type."""
        kinds = [interface.linktype for interface in self.interfaces.values()]
        cooked = len(set(kinds)) > 1 if self.cooked is None else self.cooked
        if cooked and all(cookable(kind) for kind in kinds):
            self.linktype = LINKTYPE_SLL2
        else:
            self.linktype = kinds[0] if kinds else 1
        return self.begin()

    cdef int finish(self) except -1:
        return self.announce() if self.linktype < 0 else 0

    cdef int refuse(self, const Packet *p) except -1:
        raise SavefileError(
            f"{self.output.name}: a pcap file has one link type, here {self.linktype}; interface "
            f"{self.interfaces[p.interface].shown or p.interface} has {p.linktype}, which can't be converted; write a pcapng file instead (a name "
            "that does not end in .pcap)")

    cdef int packet(self, const Packet *p) except -1 nogil:
        cdef uint8_t header[SLL2_HEADER]
        cdef uint32_t record[4]
        cdef int replaced = 0
        cdef uint32_t added = 0
        cdef int64_t time = p.time if p.time > 0 else 0
        cdef Place *place
        cdef char *to
        if self.linktype < 0:
            with gil:
                self.announce()
        self.turn()
        if p.linktype != <uint32_t>self.linktype:
            place = &(<Place *>self.places.data)[p.interface]
            replaced = cook(header, p, place.ifindex, place.loopback) if self.linktype == LINKTYPE_SLL2 else -1
            if replaced < 0:
                with gil:
                    self.refuse(p)
            added = SLL2_HEADER
        record[0] = <uint32_t>(time // 1000000000)
        record[1] = <uint32_t>(time % 1000000000 // (1 if self.nano else 1000))
        record[2] = p.captured - replaced + added
        record[3] = (p.length if p.length >= <uint32_t>replaced else p.captured) - replaced + added
        to = buffer_room(&self.output.buffer, 16 + added)
        memcpy(to, record, 16)
        memcpy(to + 16, header, added)
        self.output.buffer.len += 16 + added
        self.output.put_data(p.data + replaced, p.captured - replaced, p.stays)
        return self.output.written()
