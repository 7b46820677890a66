"""The registry of printers, and the printing of one packet."""

from libc.stdint cimport uintptr_t
from libc.string cimport memset
from ptcpdump.printers.base.state cimport PrinterState


# --------------------------------------------------------------------------- the registry

cdef struct Slot:
    Printer native          # NULL until the printer has been called for the first time, and for those in Python
    int number              # for `call`
    uint8_t rank            # among printers of both ports of a packet: the lower, the sooner
    bint destination_only   # the source port does not count
    uint16_t before         # the slot that this one replaces, to which its key falls back when it is withdrawn

# A layer's keys below 65536 index a table of slot numbers; 0 is "nobody". All layers have keys of at most 16 bits.
cdef enum:
    SLOTS = 4096
cdef uint16_t table[<int>LAYERS][65536]
cdef Slot slots[4096]
slots[0].number = -1
cdef uint32_t slot_count = 1
cdef Caller call = NULL
cdef dict natives = {}      # "package.module:function" -> the printer's address
forced_names = [""]

LAYER_NAMES = {
    "linktype": LAYER_LINKTYPE, "ethertype": LAYER_ETHERTYPE, "ip.protocol": LAYER_IP_PROTOCOL,
    "tcp.port": LAYER_TCP_PORT, "udp.port": LAYER_UDP_PORT, "forced": LAYER_UDP_FORCED, "tcp.forced": LAYER_TCP_FORCED,
    "ppp.protocol": LAYER_PPP_PROTOCOL, "llc": LAYER_LLC, "icmp6.type": LAYER_ICMP6_TYPE,
}


cdef void set_caller(Caller caller) noexcept:
    global call
    call = caller


cdef int put_slot(Layer layer, uint32_t key, int number, uint8_t rank, bint destination_only) except -1:
    """Let the printer of that number serve a key below 65536; the last registration wins."""
    global slot_count
    cdef Slot *slot = &slots[slot_count]
    if slot_count == SLOTS:
        raise ValueError(f"printers serve {SLOTS - 1} keys already; no more fit into the registry")
    slot.native = NULL
    slot.number = number
    slot.rank = rank
    slot.destination_only = destination_only
    slot.before = table[<int>layer][key]
    table[<int>layer][key] = <uint16_t>slot_count
    slot_count += 1
    return 0


cdef bint withdraw(int number) noexcept:
    """Take a printer out of the registry: its keys are served by whoever served them before. False: it has none."""
    cdef uint32_t layer, key
    cdef bint served = False
    for layer in range(<uint32_t>LAYERS):
        for key in range(65536):
            while slots[table[layer][key]].number == number:
                table[layer][key] = slots[table[layer][key]].before
                served = True
    return served


cdef int export_printer(str module, str name, Printer printer) except -1:
    natives[f"{module}:{name}"] = <uintptr_t>printer
    return 0


cdef Printer exported(str target) noexcept:
    return <Printer><uintptr_t>natives.get(target, 0)


def is_native(target: str) -> bool:
    """Whether "package.module:function" is a printer in C; the module must have been imported."""
    return target in natives


def registered() -> list[tuple[str, int]]:
    """All keys that somebody prints, as (layer, key), layers as in :func:`ptcpdump.printers.base.calling.register`."""
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
    cdef uint16_t index
    while known(layer, key):
        index = table[<int>layer][key]
        if run(&slots[index], d, p, length):
            return True
        if table[<int>layer][key] == index:     # it failed and stays
            return False
    return False


cdef inline bint run(Slot *slot, Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Call a printer; False when it failed, and then nothing is printed."""
    cdef Called outcome
    if slot.native == NULL:
        outcome = call(slot.number, d, p, length, &slot.native)
        if outcome == CALL_TRUNCATED:
            truncated(d)
        if outcome != CALL_NATIVE:
            return outcome == CALL_DONE
    slot.native(d, p, length)
    return True


cdef bint dispatch_ports(Layer layer, Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Hand a payload to the printer of its source or destination port; False when nobody prints either.

    Where both have one, the lower rank decides, and the destination if the ranks are the same.
    """
    cdef Slot *source = &slots[table[<int>layer][d.sport]]
    cdef Slot *target = &slots[table[<int>layer][d.dport]]
    if source == slots or source.destination_only or (target != slots and target.rank <= source.rank):
        return target != slots and dispatch(layer, d.dport, d, p, length)
    return dispatch(layer, d.sport, d, p, length)


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
    if dump_wanted(d.opt):
        print_dump(d, packet)


cdef void print_guarded(Dissection *d, const Packet *packet) noexcept nogil:
    if setjmp(d.jump) == 0:
        if not dispatch(LAYER_LINKTYPE, packet.linktype, d, packet.data, packet.length):
            say(d, b"UNSUPPORTED")
            if not dump_wanted(d.opt):
                say_hexdump_ascii(d, b"\n\t", packet.data, packet.captured)
    else:
        say_mark(d)


cdef void print_dump(Dissection *d, const Packet *packet) noexcept nogil:
    """The bytes of the packet as -x, -X or -A want them: without link header unless the flag was given twice."""
    cdef uint32_t skip = min(d.link_header, packet.captured)
    cdef const uint8_t *p = packet.data
    cdef uint32_t n = packet.captured
    if max(d.opt.hex, d.opt.hex_ascii, d.opt.ascii) < 2:
        p += skip
        n -= skip
        if n == 0:
            return
    if d.opt.hex:
        say_hexdump(d, b"\n\t", p, n)
    elif d.opt.hex_ascii:
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
           bint asdot=False, bint ip_oneline=False, int hex=0, int hex_ascii=0, int ascii=0, str force="",
           PrinterState state=None) -> bytes:
    """The text of one packet, without time stamp, context and final line feed.

    data: what was captured; length: bytes on the wire (default: len(data)); hex, hex_ascii, ascii: how often -x, -X, -A
    is given, one of them; state: what printers remember of earlier packets (default: nothing).
    """
    cdef PrintOptions opt
    cdef Dissection d
    cdef Packet packet
    cdef Buffer out
    if state is None:
        state = PrinterState()
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
    opt.hex = hex
    opt.hex_ascii = hex_ascii
    opt.ascii = ascii
    opt.force = forced_type(force) if force else 0
    d.out = &out
    d.opt = &opt
    d.memory = &state.memory
    packet.data = data
    packet.captured = len(data)
    packet.length = len(data) if length is None else length
    packet.linktype = linktype
    try:
        with nogil:
            print_packet(&d, &packet)
        if d.interrupted:
            raise KeyboardInterrupt
        return out.data[:out.len] if out.len else b""
    finally:
        buffer_free(&out)


loaded = False          # set by families.load()
