"""The window on a packet that printers in plain Python get."""

from ptcpdump.context.escape cimport escape_layout
from ptcpdump.errors import PrinterError
from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.core import LAYER_NAMES, forced_names

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(str text, Py_ssize_t *size) except NULL

cdef enum:
    NAMES_MAX = 4096        # protocol names that printers may make up


class Truncated(Exception):  # noqa: N818 -- a condition of the packet, not an error of the program
    """The packet ends before what a printer wants to read."""


cdef class View:
    """A Python printer's window on a packet: checked reads at offsets from its header, and text out.

    Reading past the captured bytes raises Truncated, which printers let pass: " [|protocol]" is then printed.
    It is good until the printer returns; after that all of it raises PrinterError.
    """

    cdef Dissection *packet(self) except NULL:
        cdef Dissection *d = self.d if self.whole is None else self.whole.d
        if d == NULL:
            raise PrinterError("the packet of this View is gone: a View may be used until its printer returns; keep what "
                               "bytes() gives instead")
        return d

    cdef const uint8_t *at(self, int64_t offset, int64_t n) except NULL:
        cdef Dissection *d = self.packet()
        if offset < 0 or n < 0 or not has(d, self.p, <uint64_t>offset + <uint64_t>n):
            raise Truncated
        return self.p + offset

    @property
    def protocol(self) -> str:
        """The name printed as [|name] when the packet is truncated."""
        return self.packet().protocol.decode()

    @protocol.setter
    def protocol(self, name: str) -> None:
        self.packet().protocol = intern_name(escape_layout(name).encode())

    @property
    def length(self) -> int:
        """How many bytes this has on the wire, which need not all be captured."""
        self.packet()
        return self.size

    @property
    def captured(self) -> int:
        """How many bytes from here on may be read; at most `length` is meant to be."""
        return left(self.packet(), self.p)

    @property
    def verbose(self) -> int:
        """How often -v was given."""
        return self.packet().opt.verbose

    @property
    def quiet(self) -> bool:
        """Whether -q was given."""
        return self.packet().opt.quiet

    @property
    def numeric(self) -> bool:
        """Whether -n was given."""
        return self.packet().opt.numeric

    @property
    def asdot(self) -> bool:
        """Whether -b was given: numbers of autonomous systems as 1.10 (RFC 5396)."""
        return self.packet().opt.asdot

    @property
    def sport(self) -> int:
        """Source port of the transport header below, 0 where there is none."""
        return self.packet().sport

    @property
    def dport(self) -> int:
        """Destination port of the transport header below, 0 where there is none."""
        return self.packet().dport

    @property
    def ip_version(self) -> int:
        """4 or 6 by the network header below, 0 where there is none."""
        return self.packet().network_version

    @property
    def addresses(self) -> tuple[bytes, bytes]:
        """Source and destination of the network header below as it holds them; empty where there is none."""
        cdef Dissection *d = self.packet()
        cdef const uint8_t *p = d.network
        if d.network_version == 4 and p != NULL and has(d, p, 20):
            return p[12:16], p[16:20]
        if d.network_version == 6 and p != NULL and has(d, p, 40):
            return p[8:24], p[24:40]
        return b"", b""

    @property
    def fragmented(self) -> bool:
        """Whether the payload is part of a fragmented datagram."""
        return self.packet().fragmented

    @property
    def forced(self) -> str:
        """The type that -T names, "" without it."""
        return forced_names[self.packet().opt.force]

    @property
    def ttl(self) -> int:
        """TTL or hop limit of the network header below."""
        return self.packet().ttl

    def checksum(self, offset: int, n: int, protocol: int = 0, length: int = 0) -> int:
        """Internet checksum (RFC 1071) of n bytes, 0 when the sum in them is right.

        protocol: that of the pseudo-header to count in, 0 for none; length: the one in it, if it is not n.
        """
        cdef Dissection *d = self.packet()
        cdef const uint8_t *p = self.at(offset, n)
        cdef uint32_t start = 0
        if protocol:
            if d.network_version == 0:
                raise Truncated
            start = pseudo_sum(d, protocol, length or n)
        return checksum(p, n, start)

    def address(self, destination: bool) -> None:
        """Append the source or the destination address of the network header below, nothing where there is none."""
        cdef Dissection *d = self.packet()
        cdef const uint8_t *p = d.network
        if d.network_version == 4 and has(d, p, 20):
            say_ip4(d, p + (16 if destination else 12))
        elif d.network_version == 6 and has(d, p, 40):
            say_ip6(d, p + (24 if destination else 8))

    def has(self, offset: int, n: int = 1) -> bool:
        """Whether n bytes at offset may be read."""
        return offset >= 0 and n >= 0 and has(self.packet(), self.p, <uint64_t>(offset + n))

    def u8(self, offset: int) -> int:
        """One byte."""
        return self.at(offset, 1)[0]

    def u16(self, offset: int) -> int:
        """Two bytes, network order."""
        return u16(self.packet(), self.at(offset, 2))

    def u24(self, offset: int) -> int:
        """Three bytes, network order."""
        return u24(self.packet(), self.at(offset, 3))

    def u32(self, offset: int) -> int:
        """Four bytes, network order."""
        return u32(self.packet(), self.at(offset, 4))

    def u64(self, offset: int) -> int:
        """Eight bytes, network order."""
        return u64(self.packet(), self.at(offset, 8))

    def le16(self, offset: int) -> int:
        """Two bytes, little endian."""
        return le16(self.packet(), self.at(offset, 2))

    def le32(self, offset: int) -> int:
        """Four bytes, little endian."""
        return le32(self.packet(), self.at(offset, 4))

    def bytes(self, offset: int, n: int) -> bytes:
        """n bytes at offset."""
        cdef const uint8_t *p = self.at(offset, n)
        return p[:n]

    def sub(self, offset: int, length: int) -> View:
        """A view of `length` bytes (on the wire) from offset on."""
        self.at(offset, 0)
        cdef View view = View.__new__(View)
        view.whole = self if self.whole is None else self.whole
        view.p = self.p + <int64_t>offset
        view.size = length
        return view

    def say(self, text: str) -> None:
        """Append text; of control characters only line feeds and tabs are as they stand.

        What comes from the packet goes through safe() instead.
        """
        cdef Py_ssize_t n
        cdef str harmless = escape_layout(text)
        cdef const char *raw = PyUnicode_AsUTF8AndSize(harmless, &n)
        put_bytes(self.packet().out, raw, n)

    def safe(self, offset: int, n: int) -> None:
        """Append n bytes of the packet, with M- and ^ notation for what is not printable.

        Those that were captured are written even if not all n were.
        """
        cdef Dissection *d = self.packet()
        cdef const uint8_t *p = self.at(offset, 0)
        cdef uint32_t here = left(d, p)
        say_safe(d, p, min(here, <uint32_t>n))
        if here < <uint32_t>n:
            raise Truncated

    def safe_text(self, offset: int, n: int) -> str:
        """What safe() would append, which is ASCII."""
        cdef Dissection *d = self.packet()
        cdef const uint8_t *p = self.at(offset, n)
        cdef size_t before = d.out.len
        cdef str text
        say_safe(d, p, n)
        text = d.out.data[before:d.out.len].decode("ascii") if n else ""
        d.out.len = before
        return text

    def ip4(self, offset: int) -> None:
        """Append the IPv4 address at offset, as a name where names are wanted."""
        say_ip4(self.packet(), self.at(offset, 4))

    def ip6(self, offset: int) -> None:
        """Append the IPv6 address at offset, as a name where names are wanted."""
        say_ip6(self.packet(), self.at(offset, 16))

    def hexdump(self, indent: str, offset: int, n: int) -> None:
        """Append a hex dump without characters, each line after `indent`."""
        cdef bytes raw = indent.encode()
        say_hexdump(self.packet(), raw, self.at(offset, 0), n)

    def mac(self, offset: int) -> None:
        """Append the MAC address at offset."""
        say_mac(self.packet(), self.at(offset, 6))

    def mark(self) -> None:
        """Append " [|protocol]"."""
        say_mark(self.packet())

    def unknown(self, indent: str, offset: int, n: int) -> None:
        """Append a hex dump of what nobody decodes, each line after `indent` (it starts with the line feed)."""
        cdef bytes raw = indent.encode()
        say_unknown(self.packet(), raw, self.at(offset, 0), n)

    def dump(self, indent: str, offset: int, n: int) -> None:
        """The same with the printable characters on the right."""
        cdef bytes raw = indent.encode()
        say_hexdump_ascii(self.packet(), raw, self.at(offset, 0), n)

    def dispatch(self, layer: str, key: int, offset: int, length: int) -> bool:
        """Hand the bytes at offset to the printer of another layer; False when nobody prints that key."""
        cdef Dissection *d = self.packet()
        cdef const uint8_t *p = self.at(offset, 0)
        cdef int status
        if not enter(d):
            return False
        status = guarded(LAYER_NAMES[layer], key, d, p, length)
        leave(d)
        if status < 0:
            raise Truncated
        return status > 0


# Names that printers give to d.protocol must outlive the packet: kept here, there are as many as protocols.
interned = {}


cdef const char *intern_name(bytes name) except NULL:
    cdef bytes kept = interned.get(name)
    if kept is None:
        if len(interned) == NAMES_MAX:
            raise PrinterError(f"printers have named {NAMES_MAX} protocols already: name the protocol, not the packet")
        kept = interned[name] = name
    return kept
