"""The registry of printers, and the printing of one packet."""

from libc.string cimport memset


# --------------------------------------------------------------------------- the registry

cdef struct Slot:
    Printer native
    int python              # number for call_python, -1 for none

# A layer's keys below 65536 index a table of slot numbers; 0 is "nobody". All layers have keys of at most 16 bits.
cdef uint16_t table[<int>LAYERS][65536]
cdef Slot slots[4096]
cdef uint32_t slot_count = 1
cdef PythonCaller call_python = NULL
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


cdef void set_python_caller(PythonCaller caller) noexcept:
    global call_python
    call_python = caller


cdef void register_python(Layer layer, uint32_t key, int number) noexcept:
    """Let a Python printer serve this key, by its number; the last registration wins."""
    put_slot(layer, key, NULL, number)


cdef void register_native(Layer layer, uint32_t key, Printer printer) noexcept:
    """Let a C printer serve this key; the last registration wins."""
    put_slot(layer, key, printer, -1)


def registered() -> list[tuple[str, int]]:
    """All keys that somebody prints, as (layer, key), layers as in :func:`ptcpdump.printers.base.view.register`."""
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
