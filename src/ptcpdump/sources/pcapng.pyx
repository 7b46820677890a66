"""Reading pcapng files (draft-ietf-opsawg-pcapng).

Any number of sections in either byte order; enhanced, simple and obsolete packet blocks; interfaces with all of their
options, time resolution and offset; statistics, secrets, names, and what is said of processes. Other blocks are stepped over.
"""

from libc.stdint cimport UINT64_MAX

from ptcpdump.packet cimport no_owner
from ptcpdump.sources.kept_blocks cimport kept
from ptcpdump.sources.reader cimport MAX_CAPTURED
from ptcpdump.sources.stream cimport NEVER_WAIT, WAIT_ALWAYS, Stream

from ptcpdump.sources.section import MalformedError

cdef enum:
    SECTION_HEADER = 0x0a0d0d0a     # the same in both byte orders
    INTERFACE_DESCRIPTION = 1
    OBSOLETE_PACKET = 2
    SIMPLE_PACKET = 3
    NAME_RESOLUTION = 4
    INTERFACE_STATISTICS = 5
    ENHANCED_PACKET = 6
    DECRYPTION_SECRETS = 10
    CUSTOM = 0x00000bad             # that may be copied
    CUSTOM_HERE = 0x40000bad        # that may not
    APPLE_PROCESS = 0x80000001      # of macOS' tcpdump

    DROPS_NOT_KNOWN = 0xffff        # in an obsolete packet block


cdef class PcapngReader(SavefileReader):
    """Reads one pcapng file; see SavefileReader. secrets(kind, bytes) is called for each decryption secrets block."""

    def __init__(self, Stream stream, table, secrets=None):
        self.secrets = secrets
        self.section = Section(self.take_row_of)
        self.packet_options = PacketOptions()
        stream.patience = WAIT_ALWAYS
        if self.begin_section():
            self.read_ahead()
        stream.patience = NEVER_WAIT

    def take_row_of(self, interface, nth: int) -> int:
        return self.take_row(interface, nth)

    # ----------------------------------------------------------------- blocks

    cdef int next(self, Packet *p) except -1 nogil:
        cdef uint32_t kind, length
        cdef bint found = False
        while not found:
            length = self.open_block(&kind)
            if length == 0:
                if self.finished:
                    with gil:
                        self.tell_statistics()
                return 0
            found = self.read_block(kind, length, p)
            self.stream.skip(length)
        return 1

    cdef int read_ahead(self) except -1:
        """Learn of the first interface, so that the link type is known before the first packet."""
        cdef uint32_t kind, length
        while not self.interfaces:
            with nogil:
                length = self.open_block(&kind)
            if length == 0 or kind == ENHANCED_PACKET or kind == SIMPLE_PACKET or kind == OBSOLETE_PACKET:
                break
            self.read_block(kind, length, NULL)
            self.stream.skip(length)
        return 0

    cdef uint32_t open_block(self, uint32_t *kind) except? 0 nogil:
        """Have the whole next block ready; returns its length, 0 at the end of what is there."""
        cdef const uint8_t *h
        cdef uint32_t length
        cdef bint known
        if not self.stream.need(12):
            return self.end_of_file(12)
        kind[0] = self.get32(self.stream.here())
        if kind[0] == SECTION_HEADER:
            with gil:
                known = self.begin_section()
            if not known:
                return 0
        length = self.get32(self.stream.here() + 4)
        if length < 12 or length % 4 or length > MAX_CAPTURED:
            with gil:
                self.malformed(f"block in pcapng dump file has an invalid length of {length}")
        if not self.stream.need(length):
            return self.truncated(length, b"block")
        h = self.stream.here()
        if self.get32(h + length - 4) != length:
            with gil:
                self.malformed(f"block total length {length} in header does not match the total length "
                               f"{self.get32(h + length - 4)} in trailer")
        return length

    cdef bint read_block(self, uint32_t kind, uint32_t length, Packet *p) except -1 nogil:
        """Take what the block says; whether it holds a packet."""
        cdef const uint8_t *body = self.stream.here() + 8
        cdef uint32_t n = length - 12
        if kind == ENHANCED_PACKET:
            return self.enhanced(body, n, p)
        if kind == SIMPLE_PACKET:
            return self.simple(body, n, p)
        if kind == OBSOLETE_PACKET:
            return self.obsolete(body, n, p)
        if (kind == INTERFACE_DESCRIPTION or kind == INTERFACE_STATISTICS or kind == DECRYPTION_SECRETS
                or kind == NAME_RESOLUTION or kind == CUSTOM or kind == CUSTOM_HERE or kind == APPLE_PROCESS):
            with gil:
                self.read_rare(kind, body, n)
        return False

    cdef int read_rare(self, uint32_t kind, const uint8_t *body, uint32_t n) except -1:
        """Take what the blocks say that are no packets."""
        try:
            if kind == INTERFACE_DESCRIPTION:
                self.section.interface(body, n)
            elif kind == INTERFACE_STATISTICS:
                self.section.interface_statistics(body, n)
            elif kind == DECRYPTION_SECRETS:
                self.decryption_secrets(body, n)
            elif kind == APPLE_PROCESS:
                self.packet_options.apple_block(body, n)
            elif kind == NAME_RESOLUTION or not self.packet_options.process_block(body, n):
                self.keep(kind, body, n)
        except MalformedError as error:
            self.malformed(str(error))
        return 0

    cdef int keep(self, uint32_t kind, const uint8_t *body, uint32_t n) except -1:
        """Hand on what a copy of the file shall have, too."""
        cdef bytes own = kept(kind, body, n, self.swapped)
        if own is not None:
            self.table.pass_on(kind, own)
        return 0

    cdef bint begin_section(self) except -1:
        """Take in a section header that lies ahead. False when it is not all there, see truncated()."""
        cdef bint there
        with nogil:
            there = self.stream.need(28)
        if not there:
            return self.truncated(28, b"section header")
        try:
            self.section.begin(self.stream.here())
        except MalformedError as error:
            self.malformed(str(error))
        self.swapped = self.section.swapped
        self.packet_options.begin_section(self.swapped)
        return True

    def tell_statistics(self) -> None:
        """Hand on what the file's statistics say, once it is over."""
        for row, statistics in self.section.take_statistics():
            self.table.count(row, statistics)

    cdef int decryption_secrets(self, const uint8_t *b, uint32_t n) except -1:
        if n < 8 or self.get32(b + 4) > n - 8:
            raise MalformedError("decryption secrets block is too short for what it holds")
        if self.secrets is not None:
            self.secrets(self.get32(b), <bytes>b[8:8 + self.get32(b + 4)])
        return 0

    def close(self) -> None:
        """Close the file, whose statistics so far are told; a second call does nothing."""
        self.tell_statistics()
        SavefileReader.close(self)

    # ----------------------------------------------------------------- packets

    cdef bint enhanced(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil:
        if n < 20:
            with gil:
                self.malformed("enhanced packet block is too short")
        return self.with_options(b, n, p, self.get32(b), UINT64_MAX)

    cdef bint obsolete(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil:
        if n < 20:
            with gil:
                self.malformed("packet block is too short")
        return self.with_options(b, n, p, self.get16(b),
                                 self.get16(b + 2) if self.get16(b + 2) != DROPS_NOT_KNOWN else UINT64_MAX)

    cdef bint with_options(self, const uint8_t *b, uint32_t n, Packet *p, uint32_t interface,
                           uint64_t drops) except -1 nogil:
        """What these two kinds of blocks have in common. drops: as the block's head tells; UINT64_MAX: it doesn't."""
        p.captured = self.get32(b + 12)
        p.length = self.get32(b + 16)
        p.data = b + 20
        self.place(p, interface, b + 4, n - 20)
        self.packet_options.read(p, b + 20 + ((<uint64_t>p.captured + 3) & ~<uint64_t>3), b + n, drops)
        return True

    cdef bint simple(self, const uint8_t *b, uint32_t n, Packet *p) except -1 nogil:
        """No time stamp, no options; captured is what the interface's snapshot length lets through."""
        cdef uint32_t snaplen
        if n < 4 or self.section.count == 0:
            with gil:
                self.malformed("simple packet block is too short or has no interface description before it")
        p.length = self.get32(b)
        p.captured = p.length
        snaplen = self.section.described[0].snaplen
        if snaplen and p.captured > snaplen:
            p.captured = snaplen
        p.data = b + 4
        self.place(p, 0, NULL, n - 4)
        return True

    cdef int place(self, Packet *p, uint32_t interface, const uint8_t *stamp, uint32_t n) except -1 nogil:
        """Interface, link type and time of a packet; n: how many bytes it can have at most."""
        cdef Described *one
        if interface >= self.section.count:
            with gil:
                self.malformed(f"a packet arrived on interface {interface}, but there's no interface description "
                               "block for that interface")
        if p.captured > n:
            with gil:
                self.malformed(f"captured length {p.captured} of a packet is larger than its block")
        one = &self.section.described[interface]
        p.interface = one.row
        p.linktype = one.linktype
        p.time = self.section.time_of(one, stamp) if stamp != NULL else 0
        p.direction = 0
        p.stays = False
        no_owner(p)
        return 0
