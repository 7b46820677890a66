"""The ground that all printers stand on: truncation, text helpers, checksums, the registry, one packet's printing."""

import importlib

from libc.string cimport memset

from ptcpdump.printers.names cimport NAME_IP4, NAME_IP6, NAME_MAC, put_name, put_tcp_port, put_udp_port


cdef void truncated(Dissection *d) noexcept nogil:
    longjmp(d.jump, 1)


# --------------------------------------------------------------------------- text

cdef void say_mark(Dissection *d) noexcept nogil:
    say(d, b" [|")
    say(d, d.protocol)
    say_char(d, b']')


cdef void say_invalid(Dissection *d) noexcept nogil:
    say(d, b" (invalid)")


# The decimal text of each byte with the dot behind it, so that an address is four copies of one machine word.
cdef struct Octet:
    char text[4]
    uint8_t digits

cdef Octet octets[256]


cdef void fill_octets() noexcept:
    cdef int v
    cdef bytes text
    for v in range(256):
        text = b"%d." % v
        memcpy(octets[v].text, <const char *>text, len(text))
        octets[v].digits = len(text) - 1


fill_octets()


cdef char *write_ip4(char *to, const uint8_t *p) noexcept nogil:
    cdef int i
    for i in range(4):
        memcpy(to, octets[p[i]].text, 4)
        to += octets[p[i]].digits + 1
    return to - 1


cdef void put_ip4_number(Buffer *b, const uint8_t *p) noexcept nogil:
    b.len = write_ip4(buffer_room(b, 16), p) - b.data


cdef void put_ip6_number(Buffer *b, const uint8_t *p) noexcept nogil:
    # RFC 5952: the longest run of two or more zero groups becomes "::", the first one if there are several.
    # Like inet_ntop(3), addresses of ::/96 and ::ffff:0:0/96 end in dotted form.
    cdef uint16_t group[8]
    cdef int i, best = -1, best_len = 1, run = -1, n = 0
    for i in range(8):
        group[i] = <uint16_t>(p[2 * i] << 8 | p[2 * i + 1])
        if group[i] == 0:
            if run < 0:
                run = i
                n = 0
            n += 1
            if n > best_len:
                best = run
                best_len = n
        else:
            run = -1
    i = 0
    while i < 8:
        if i == best:
            put_bytes(b, b"::", 2)
            i += best_len
            continue
        if i and i != best + best_len or (i and best < 0):
            put_char(b, b':')
        if i == 6 and best == 0 and (best_len == 6 or (best_len == 5 and group[5] == 0xffff)):
            put_ip4_number(b, p + 12)
            return
        put_hex(b, group[i], 1)
        i += 1


cdef void put_mac_number(Buffer *b, const uint8_t *p) noexcept nogil:
    cdef char *to = buffer_room(b, 18)
    cdef int i
    for i in range(6):
        to[3 * i] = b"0123456789abcdef"[p[i] >> 4]
        to[3 * i + 1] = b"0123456789abcdef"[p[i] & 15]
        to[3 * i + 2] = b':'
    b.len += 17


cdef void say_ip4(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 4)
    if d.opt.numeric or not put_name(d.out, NAME_IP4, p):
        put_ip4_number(d.out, p)


cdef void say_ip6(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 16)
    if d.opt.numeric or not put_name(d.out, NAME_IP6, p):
        put_ip6_number(d.out, p)


cdef void say_mac(Dissection *d, const uint8_t *p) noexcept nogil:
    need(d, p, 6)
    if d.opt.numeric or not put_name(d.out, NAME_MAC, p):
        put_mac_number(d.out, p)


cdef void say_tcp_port(Dissection *d, uint16_t port) noexcept nogil:
    if d.opt.numeric or not put_tcp_port(d.out, port):
        put_dec(d.out, port)


cdef void say_udp_port(Dissection *d, uint16_t port) noexcept nogil:
    if d.opt.numeric or not put_udp_port(d.out, port):
        put_dec(d.out, port)


cdef void say_safe_char(Dissection *d, uint8_t c) noexcept nogil:
    if c >= 128:
        say(d, b"M-")
        c &= 0x7f
    if c < 32 or c == 127:
        say_char(d, b'^')
        c ^= 0x40
    say_char(d, <char>c)


cdef void say_safe(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    cdef uint32_t i
    for i in range(n):
        say_safe_char(d, u8(d, p + i))


# --------------------------------------------------------------------------- hex dumps

cdef void put_hexdump(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil:
    cdef uint32_t i
    for i in range(n):
        if i % 16 == 0:
            say(d, indent)
            say(d, b"0x")
            say_hex(d, i, 4)
            say(d, b": ")
        if i % 2 == 0:
            say_char(d, b' ')
        say_hex(d, p[i], 2)


cdef void say_hexdump(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil:
    """tcpdump's -x: 16 bytes a line in groups of two, what is captured of n, and a mark if that is not all."""
    cdef uint32_t here = min(n, left(d, p))
    put_hexdump(d, indent, p, here)
    if here < n:
        say_mark(d)


cdef void say_hexdump_ascii(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil:
    """tcpdump's -X: the same with the printable characters on the right."""
    cdef uint32_t row, i, here, there = min(n, left(d, p))
    cdef char *to
    for row in range(0, there, 16):
        here = min(<uint32_t>16, there - row)
        say(d, indent)
        say(d, b"0x")
        say_hex(d, row, 4)
        say(d, b": ")
        to = buffer_room(d.out, 58)
        for i in range(16):
            if i % 2 == 0:
                to[0] = b' '
                to += 1
            to[0] = b"0123456789abcdef"[p[row + i] >> 4] if i < here else b' '
            to[1] = b"0123456789abcdef"[p[row + i] & 15] if i < here else b' '
            to += 2
        to[0] = to[1] = b' '
        to += 2
        for i in range(here):
            to[i] = <char>p[row + i] if 32 < p[row + i] < 127 else b'.'
        d.out.len += 42 + here
    if there < n:
        say_mark(d)


cdef void say_unknown(Dissection *d, const char *indent, const uint8_t *p, uint32_t n) noexcept nogil:
    """Bytes that nobody decodes, as -x shows them: what is captured of n, without a mark."""
    put_hexdump(d, indent, p, min(n, left(d, p)))


cdef void say_default(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """The dump of an unknown payload, unless -x or -X will show it anyway or -q wants none."""
    if not d.opt.quiet and (d.opt.hex == HEX_NONE or d.opt.hex >= HEX_TEXT):
        d.dumped = True
        say_hexdump_ascii(d, b"\n\t", p, n)


# --------------------------------------------------------------------------- checksums (RFC 1071)

cdef uint32_t sum16(const uint8_t *p, uint32_t n, uint32_t start) noexcept nogil:
    cdef uint64_t total = start
    cdef uint32_t i = 0
    while i + 1 < n:
        total += <uint32_t>p[i] << 8 | p[i + 1]
        i += 2
    if i < n:
        total += <uint32_t>p[i] << 8
    while total >> 32:
        total = <uint32_t>total + (total >> 32)
    return <uint32_t>total


cdef uint16_t checksum(const uint8_t *p, uint32_t n, uint32_t start) noexcept nogil:
    cdef uint64_t total = sum16(p, n, start)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return <uint16_t>~total


cdef uint32_t pseudo_sum(Dissection *d, uint8_t protocol, uint32_t length) noexcept nogil:
    """Sum of the pseudo-header of RFC 9293 (IPv4) or RFC 8200 (IPv6); the IP printers have checked d.network."""
    cdef uint32_t total = protocol + (length & 0xffff)
    if d.network_version == 4:      # whose length field has 16 bits, also for what will be cut into segments (TSO)
        return sum16(d.destination, 4, sum16(d.network + 12, 4, total))
    if d.network_version == 6:
        return sum16(d.destination, 16, sum16(d.network + 8, 16, total + (length >> 16)))
    return total


# --------------------------------------------------------------------------- the registry

cdef struct Slot:
    Printer native
    int python              # index in python_printers, -1 for none

# A layer's keys below 65536 index a table of slot numbers; 0 is "nobody". All layers have keys of at most 16 bits.
cdef uint16_t table[<int>LAYERS][65536]
cdef Slot slots[4096]
cdef uint32_t slot_count = 1
python_printers = []
forced_names = [""]

LAYER_NAMES = {
    "linktype": LAYER_LINKTYPE, "ethertype": LAYER_ETHERTYPE, "ip.protocol": LAYER_IP_PROTOCOL,
    "tcp.port": LAYER_TCP_PORT, "udp.port": LAYER_UDP_PORT, "forced": LAYER_FORCED, "ppp.protocol": LAYER_PPP_PROTOCOL,
    "llc": LAYER_LLC,
    "icmp6.type": LAYER_ICMP6_TYPE,
}


cdef void put_slot(Layer layer, uint32_t key, Printer native, int python) noexcept:
    global slot_count
    if key > 65535 or slot_count >= 4096:
        return
    slots[slot_count].native = native
    slots[slot_count].python = python
    table[<int>layer][key] = <uint16_t>slot_count
    slot_count += 1


cdef void register_native(Layer layer, uint32_t key, Printer printer) noexcept:
    """Let a C printer serve this key; the last registration wins."""
    put_slot(layer, key, printer, -1)


def register(layer: str, key: int | str, printer: object) -> None:
    """Let a Python printer serve a key of a layer; the last registration wins.

    layer: "linktype", "ethertype", "ip.protocol", "tcp.port", "udp.port", "ppp.protocol", "llc", or "forced" with a name
    for -T.
    printer: a callable that takes a View, or "package.module:function", imported when the first such packet comes.
    Raises KeyError for an unknown layer and ValueError for a key out of range.
    """
    number = forced_key(key) if layer == "forced" else int(key)
    if not 0 <= number <= 65535:
        raise ValueError(f"key {key!r} of layer {layer!r} is out of range: 0 to 65535")
    python_printers.append(printer)
    put_slot(LAYER_NAMES[layer], number, NULL, len(python_printers) - 1)


def registered() -> list[tuple[str, int]]:
    """All keys that somebody prints, as (layer, key), layers as in :func:`register`."""
    cdef uint32_t key
    return [(name, key) for name, layer in LAYER_NAMES.items() for key in range(65536) if table[<int>layer][key]]


def forced_key(name: str) -> int:
    """The number of a -T name, given now if it is new."""
    if name not in forced_names:
        forced_names.append(name)
    return forced_names.index(name)


cpdef int forced_type(str name) except -1:
    """The number of a -T name for PrintOptions.force. Raises ValueError naming the known ones."""
    if name not in forced_names or not name:
        raise ValueError(f"unknown packet type {name!r}; known: {', '.join(sorted(forced_names[1:]))}")
    return forced_names.index(name)


cdef bint known(Layer layer, uint32_t key) noexcept nogil:
    return key < 65536 and table[<int>layer][key] != 0


cdef bint dispatch(Layer layer, uint32_t key, Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Hand the bytes at p to whoever prints this key; False when nobody does."""
    if not known(layer, key):
        return False
    cdef Slot *slot = &slots[table[<int>layer][key]]
    if slot.native != NULL:
        slot.native(d, p, length)
    elif call_python(slot.python, d, p, length):
        truncated(d)
    return True


# --------------------------------------------------------------------------- printers in plain Python

class Truncated(Exception):  # noqa: N818 -- a condition of the packet, not an error of the program
    """The packet ends before what a printer wants to read."""


cdef class View:
    """A Python printer's window on a packet: checked reads at offsets from its header, and text out.

    Reading past the captured bytes raises Truncated, which printers let pass: " [|protocol]" is then printed.
    """

    cdef Dissection *d
    cdef const uint8_t *p
    cdef readonly uint32_t length
    cdef bytes name

    cdef const uint8_t *at(self, int64_t offset, int64_t n) except NULL:
        if offset < 0 or n < 0 or self.d == NULL or not has(self.d, self.p, <uint64_t>(offset + n)):
            raise Truncated
        return self.p + offset

    @property
    def protocol(self) -> str:
        """The name printed as [|name] when the packet is truncated."""
        return self.d.protocol.decode()

    @protocol.setter
    def protocol(self, name: str) -> None:
        self.name = name.encode()
        self.d.protocol = intern_name(self.name)

    @property
    def captured(self) -> int:
        """How many bytes from here on may be read; at most `length` is meant to be."""
        return left(self.d, self.p)

    @property
    def verbose(self) -> int:
        """How often -v was given."""
        return self.d.opt.verbose

    @property
    def quiet(self) -> bool:
        """Whether -q was given."""
        return self.d.opt.quiet

    @property
    def numeric(self) -> bool:
        """Whether -n was given."""
        return self.d.opt.numeric

    @property
    def asdot(self) -> bool:
        """Whether -b was given: numbers of autonomous systems as 1.10 (RFC 5396)."""
        return self.d.opt.asdot

    @property
    def sport(self) -> int:
        """Source port of the transport header below, 0 where there is none."""
        return self.d.sport

    @property
    def dport(self) -> int:
        """Destination port of the transport header below, 0 where there is none."""
        return self.d.dport

    @property
    def ip_version(self) -> int:
        """4 or 6 by the network header below, 0 where there is none."""
        return self.d.network_version

    @property
    def addresses(self) -> tuple[bytes, bytes]:
        """Source and destination of the network header below as it holds them; empty where there is none."""
        cdef const uint8_t *p = self.d.network
        if self.d.network_version == 4 and p != NULL and has(self.d, p, 20):
            return p[12:16], p[16:20]
        if self.d.network_version == 6 and p != NULL and has(self.d, p, 40):
            return p[8:24], p[24:40]
        return b"", b""

    @property
    def fragmented(self) -> bool:
        """Whether the payload is part of a fragmented datagram."""
        return self.d.fragmented

    @property
    def forced(self) -> str:
        """The type that -T names, "" without it."""
        return forced_names[self.d.opt.force]

    @property
    def ttl(self) -> int:
        """TTL or hop limit of the network header below."""
        return self.d.ttl

    def checksum(self, offset: int, n: int, protocol: int = 0, length: int = 0) -> int:
        """Internet checksum (RFC 1071) of n bytes, 0 when the sum in them is right.

        protocol: that of the pseudo-header to count in, 0 for none; length: the one in it, if it is not n.
        """
        cdef const uint8_t *p = self.at(offset, n)
        cdef uint32_t start = 0
        if protocol:
            if self.d.network_version == 0:
                raise Truncated
            start = pseudo_sum(self.d, protocol, length or n)
        return checksum(p, n, start)

    def address(self, destination: bool) -> None:
        """Append the source or the destination address of the network header below, nothing where there is none."""
        if self.d.network_version == 4:
            say_ip4(self.d, self.d.network + (16 if destination else 12))
        elif self.d.network_version == 6:
            say_ip6(self.d, self.d.network + (24 if destination else 8))

    def has(self, offset: int, n: int = 1) -> bool:
        """Whether n bytes at offset may be read."""
        return offset >= 0 and n >= 0 and has(self.d, self.p, <uint64_t>(offset + n))

    def u8(self, offset: int) -> int:
        """One byte."""
        return self.at(offset, 1)[0]

    def u16(self, offset: int) -> int:
        """Two bytes, network order."""
        return u16(self.d, self.at(offset, 2))

    def u24(self, offset: int) -> int:
        """Three bytes, network order."""
        return u24(self.d, self.at(offset, 3))

    def u32(self, offset: int) -> int:
        """Four bytes, network order."""
        return u32(self.d, self.at(offset, 4))

    def u64(self, offset: int) -> int:
        """Eight bytes, network order."""
        return u64(self.d, self.at(offset, 8))

    def le16(self, offset: int) -> int:
        """Two bytes, little endian."""
        return le16(self.d, self.at(offset, 2))

    def le32(self, offset: int) -> int:
        """Four bytes, little endian."""
        return le32(self.d, self.at(offset, 4))

    def bytes(self, offset: int, n: int) -> bytes:
        """n bytes at offset."""
        cdef const uint8_t *p = self.at(offset, n)
        return p[:n]

    def sub(self, offset: int, length: int) -> View:
        """A view of `length` bytes (on the wire) from offset on."""
        self.at(offset, 0)
        cdef View view = View.__new__(View)
        view.d = self.d
        view.p = self.p + <int64_t>offset
        view.length = length
        return view

    def say(self, text: str) -> None:
        """Append text. What comes from the packet goes through safe() instead."""
        cdef bytes raw = text.encode()
        put_bytes(self.d.out, <const char *>raw, len(raw))

    def safe(self, offset: int, n: int) -> None:
        """Append n bytes of the packet, with M- and ^ notation for what is not printable.

        Those that were captured are written even if not all n were.
        """
        cdef const uint8_t *p = self.at(offset, 0)
        cdef uint32_t here = left(self.d, p)
        say_safe(self.d, p, min(here, <uint32_t>n))
        if here < <uint32_t>n:
            raise Truncated

    def ip4(self, offset: int) -> None:
        """Append the IPv4 address at offset, as a name where names are wanted."""
        say_ip4(self.d, self.at(offset, 4))

    def ip6(self, offset: int) -> None:
        """Append the IPv6 address at offset, as a name where names are wanted."""
        say_ip6(self.d, self.at(offset, 16))

    def hexdump(self, indent: str, offset: int, n: int) -> None:
        """Append a hex dump without characters, each line after `indent`."""
        cdef bytes raw = indent.encode()
        say_hexdump(self.d, raw, self.at(offset, 0), n)

    def mac(self, offset: int) -> None:
        """Append the MAC address at offset."""
        say_mac(self.d, self.at(offset, 6))

    def mark(self) -> None:
        """Append " [|protocol]"."""
        say_mark(self.d)

    def unknown(self, indent: str, offset: int, n: int) -> None:
        """Append a hex dump of what nobody decodes, each line after `indent` (it starts with the line feed)."""
        cdef bytes raw = indent.encode()
        say_unknown(self.d, raw, self.at(offset, 0), n)

    def dump(self, indent: str, offset: int, n: int) -> None:
        """The same with the printable characters on the right."""
        cdef bytes raw = indent.encode()
        say_hexdump_ascii(self.d, raw, self.at(offset, 0), n)

    def dispatch(self, layer: str, key: int, offset: int, length: int) -> bool:
        """Hand the bytes at offset to the printer of another layer; False when nobody prints that key."""
        cdef const uint8_t *p = self.at(offset, 0)
        cdef int status = guarded(LAYER_NAMES[layer], key, self.d, p, length)
        if status < 0:
            raise Truncated
        return status > 0


# Names that printers give to d.protocol must outlive the packet: kept here, there are as many as protocols.
interned = {}


cdef const char *intern_name(bytes name) except NULL:
    cdef bytes kept = interned.setdefault(name, name)
    return kept


cdef int guarded(Layer layer, uint32_t key, Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """dispatch() that comes back with -1 when truncated: a longjmp must not pass over Python's frames."""
    cdef jmp_buf outer
    cdef int status
    memcpy(&outer, &d.jump, sizeof(jmp_buf))
    if setjmp(d.jump) == 0:
        status = dispatch(layer, key, d, p, length)
    else:
        status = -1
    memcpy(&d.jump, &outer, sizeof(jmp_buf))
    return status


cdef int call_python(int index, Dissection *d, const uint8_t *p, uint32_t length) noexcept with gil:
    """Run a Python printer; 1 when it found the packet truncated."""
    cdef View view = View.__new__(View)
    view.d = d
    view.p = p
    view.length = length
    try:
        printer = python_printers[index]
        if isinstance(printer, str):
            module, _, name = printer.partition(":")
            printer = getattr(importlib.import_module(module), name)
            python_printers[index] = printer
        printer(view)
    except Truncated:
        return 1
    except Exception as error:  # a printer's fault must not end a capture: said in the line, and the packet goes on
        view.say(f" [printer failed: {type(error).__name__}]")
        if raise_faults:
            faults.append(error)
    finally:
        view.d = NULL
    return 0


raise_faults = False    # tests set it and look into `faults`
faults = []


# --------------------------------------------------------------------------- one packet

cdef void print_packet(Dissection *d, const Packet *packet) noexcept nogil:
    print_protocols(d, packet)
    print_bytes(d, packet)


cdef void print_protocols(Dissection *d, const Packet *packet) noexcept nogil:
    d.packet = packet
    d.start = packet.data
    d.end = packet.data + packet.captured
    d.protocol = b""
    d.link_header = 0
    d.depth = 0
    d.dumped = False
    d.network = NULL
    d.destination = NULL
    d.network_version = 0
    d.network_plen = 0
    d.fragmented = False
    d.ttl = 0
    d.sport = d.dport = 0
    d.over_tcp = False
    print_guarded(d, packet)


cdef void print_bytes(Dissection *d, const Packet *packet) noexcept nogil:
    d.start = packet.data
    d.end = packet.data + packet.captured
    if d.opt.hex != HEX_NONE:
        print_dump(d, packet)


cdef void print_guarded(Dissection *d, const Packet *packet) noexcept nogil:
    if setjmp(d.jump) == 0:
        if not dispatch(LAYER_LINKTYPE, packet.linktype, d, packet.data, packet.length):
            say(d, b"UNSUPPORTED")
            if d.opt.hex == HEX_NONE:
                say_hexdump_ascii(d, b"\n\t", packet.data, packet.captured)
    else:
        say_mark(d)


cdef void print_dump(Dissection *d, const Packet *packet) noexcept nogil:
    cdef uint32_t skip = min(d.link_header, packet.captured)
    cdef const uint8_t *p = packet.data
    cdef uint32_t n = packet.captured
    if d.opt.hex == HEX_PLAIN or d.opt.hex == HEX_ASCII or d.opt.hex == HEX_TEXT:
        p += skip
        n -= skip
        if n == 0:
            return
    if d.opt.hex == HEX_PLAIN or d.opt.hex == HEX_PLAIN_LINK:
        say_hexdump(d, b"\n\t", p, n)
    elif d.opt.hex == HEX_ASCII or d.opt.hex == HEX_ASCII_LINK:
        say_hexdump_ascii(d, b"\n\t", p, n)
    else:
        print_ascii(d, p, n)


cdef void print_ascii(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """tcpdump's -A: tabs and line feeds kept, everything odd a dot; no carriage return at the end of a line.

    Like tcpdump, a carriage return as the last or last but one byte is taken for one at the end of a line.
    """
    cdef uint32_t i
    cdef char *to = buffer_room(d.out, n + 1)
    cdef char *start = to
    to[0] = b'\n'
    to += 1
    for i in range(n):
        if p[i] == 13 and (i + 2 >= n or p[i + 1] == 10):
            continue
        to[0] = <char>p[i] if 32 <= p[i] < 127 or p[i] == 9 or p[i] == 10 else b'.'
        to += 1
    d.out.len += to - start


# --------------------------------------------------------------------------- for tests, fuzzing and the Python API

def render(bytes data, int linktype=1, length=None, *, int verbose=0, bint quiet=False, bint numeric=True,
           bint link_header=False, bint absolute_seq=False, bint no_checksums=False, bint lengths=False,
           bint asdot=False, bint ip_oneline=False, int hex=0, str force="") -> bytes:
    """The text of one packet, without time stamp, context and final line feed.

    data: what was captured; length: bytes on the wire (default: len(data)); hex: 1 -x, 2 -xx, 3 -X, 4 -XX, 5 -A, 6 -AA.
    """
    cdef PrintOptions opt
    cdef Dissection d
    cdef Packet packet
    cdef Buffer out
    memset(&opt, 0, sizeof(opt))
    memset(&d, 0, sizeof(d))
    memset(&packet, 0, sizeof(packet))
    memset(&out, 0, sizeof(out))
    opt.verbose = verbose
    opt.quiet = quiet
    opt.numeric = numeric
    opt.link_header = link_header
    opt.absolute_seq = absolute_seq
    opt.no_checksums = no_checksums
    opt.lengths = lengths
    opt.asdot = asdot
    opt.ip_oneline = ip_oneline
    opt.hex = <HexMode>hex
    opt.force = forced_type(force) if force else 0
    d.out = &out
    d.opt = &opt
    packet.data = data
    packet.captured = len(data)
    packet.length = len(data) if length is None else length
    packet.linktype = linktype
    try:
        with nogil:
            print_packet(&d, &packet)
        return out.data[:out.len] if out.len else b""
    finally:
        buffer_free(&out)


reset_hooks = []    # what printers that remember something between packets append


def reset_state() -> None:
    """Forget what printers remember between packets (TCP sequence numbers ...), as at the start of a run."""
    for hook in reset_hooks:
        hook()


known_families = False  # set by families.load()
