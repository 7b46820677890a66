"""Reading pcap files (draft-ietf-opsawg-pcap, pcap-savefile(5)).

Both byte orders, microseconds and nanoseconds, and the "modified" format of Alexey Kuznetzov's patched libpcap, whose
records carry eight bytes more. Old minor versions kept the two lengths the other way round.
"""

import sys

from ptcpdump.net.interface import Interface
from ptcpdump.packet cimport Packet, no_owner
from ptcpdump.sources.reader cimport MAX_CAPTURED, true_linktype
from ptcpdump.sources.stream cimport Stream
from libc.stdint cimport uint8_t


cdef enum:
    LENGTHS_CAPTURED_FIRST = 0
    LENGTHS_WIRE_FIRST = 1      # version 2.0 to 2.2, and DG/UX (543.0)
    LENGTHS_UNSURE = 2          # version 2.3: the smaller one is the captured length
    MAX_SNAPLEN = 262144        # what a snapshot length of 0 stands for

MAGICS = {
    # as big-endian bytes: (tick in ns, bytes of a record's header)
    bytes.fromhex("a1b2c3d4"): (1000, 16),
    bytes.fromhex("a1b23c4d"): (1, 16),
    bytes.fromhex("a1b2cd34"): (1000, 24),
}


cdef class PcapReader(SavefileReader):
    """Reads one pcap file; see SavefileReader."""

    def __init__(self, Stream stream, table):
        cdef const uint8_t *p
        if not stream.wait(24):
            self.truncated(24, b"file header")
            return      # somebody has stopped the reading
        p = stream.here()
        big_endian = <bytes>p[:4] in MAGICS
        self.tick, self.header = MAGICS[<bytes>p[:4] if big_endian else (<bytes>p[:4])[::-1]]
        self.swapped = big_endian == (sys.byteorder == "little")
        self.version(self.get16(p + 4), self.get16(p + 6))
        self.snaplen = self.get32(p + 16)
        if self.snaplen == 0 or self.snaplen > 0x7fffffff:
            self.snaplen = MAX_SNAPLEN
        self.linktype = true_linktype(self.get32(p + 20))
        stream.skip(24)
        self.row = self.take_row(Interface(linktype=self.linktype, snaplen=self.snaplen))

    cdef int version(self, int major, int minor) except -1:
        if major == 543 and minor == 0:
            self.lengths = LENGTHS_WIRE_FIRST
        elif major != 2 or minor > 4:
            self.malformed(f"unsupported pcap version {major}.{minor}; versions 2.0 to 2.4 can be read")
        elif minor < 3:
            self.lengths = LENGTHS_WIRE_FIRST
        elif minor == 3:
            self.lengths = LENGTHS_UNSURE
        return 0

    cdef int next(self, Packet *p) except -1 nogil:
        cdef const uint8_t *h
        cdef uint32_t captured, length, kept
        if not self.stream.need(self.header):
            return self.end_of_file(self.header)
        h = self.stream.here()
        captured = self.get32(h + 8)
        length = self.get32(h + 12)
        if self.lengths == LENGTHS_WIRE_FIRST or (self.lengths == LENGTHS_UNSURE and captured > length):
            captured, length = length, captured
        if captured > MAX_CAPTURED:
            with gil:
                self.malformed(f"invalid packet capture length {captured}, bigger than maximum of {MAX_CAPTURED}")
        if not self.stream.need(self.header + captured):
            if not self.stream.short:
                self.stream.skip(self.header)   # of the packet so many bytes are there
            return self.truncated(captured, b"captured")
        h = self.stream.here()
        p.time = <int64_t>self.get32(h) * 1000000000 + self.get32(h + 4) * self.tick
        kept = captured if captured < self.snaplen else self.snaplen   # as libpcap: no more than the file promises
        p.data = h + self.header
        p.captured = kept
        p.length = length
        p.interface = self.row
        p.linktype = self.linktype
        p.direction = 0
        p.stays = False
        no_owner(p)
        self.stream.skip(self.header + captured)
        return 1
