"""SCTP (RFC 9260) with I-DATA (RFC 8260): ports and the list of chunks."""

from ptcpdump.printers.base.core cimport *

cdef enum:
    HEADER = 12
    CHUNK_HEADER = 4
    DATA = 0x00
    INIT = 0x01
    INIT_ACK = 0x02
    SACK = 0x03
    I_DATA = 0x40
    I_FORWARD_TSN = 0xc2
    LAST_FRAGMENT = 0x01        # flags of DATA and I-DATA
    FIRST_FRAGMENT = 0x02
    UNORDERED = 0x04
    IMMEDIATE = 0x08


cdef const char *chunk_name(uint32_t kind) noexcept nogil:
    if kind == DATA:
        return b"DATA"
    if kind == INIT:
        return b"INIT"
    if kind == INIT_ACK:
        return b"INIT ACK"
    if kind == SACK:
        return b"SACK"
    if kind == 0x04:
        return b"HB REQ"
    if kind == 0x05:
        return b"HB ACK"
    if kind == 0x06:
        return b"ABORT"
    if kind == 0x07:
        return b"SHUTDOWN"
    if kind == 0x08:
        return b"SHUTDOWN ACK"
    if kind == 0x09:
        return b"OP ERR"
    if kind == 0x0a:
        return b"COOKIE ECHO"
    if kind == 0x0b:
        return b"COOKIE ACK"
    if kind == 0x0c:
        return b"ECN ECHO"
    if kind == 0x0d:
        return b"ECN CWR"
    if kind == 0x0e:
        return b"SHUTDOWN COMPLETE"
    if kind == I_DATA:
        return b"I-DATA"
    if kind == 0xc0:
        return b"FOR CUM TSN"
    if kind == 0xc1:
        return b"REL CTRL"
    if kind == I_FORWARD_TSN:
        return b"I-FORWARD-FSN"
    return NULL


# The first payload protocol identifiers of IANA's registry, from 1 on.
cdef const char *PAYLOAD_NAMES[28]
PAYLOAD_NAMES[:] = [
    NULL, b"ISDN Q.921", b"M2UA", b"M3UA", b"SUA", b"M2PA", b"V5.2", b"H.248", b"BICC", b"TALI", b"DUA", b"ASAP",
    b"ENRP", b"H.323", b"Q.IPC", b"SIMCO", b"DDPSC", b"DDPSSC", b"S1AP", b"RUA", b"HNBAP", b"ForCES HP", b"ForCES MP",
    b"ForCES LP", b"SBc-AP", b"NBAP", NULL, b"X2AP",
]


cdef void say_payload_protocol(Dissection *d, uint32_t number) noexcept nogil:
    say(d, b"[PPID ")
    if number < 28 and PAYLOAD_NAMES[number] != NULL:
        say(d, PAYLOAD_NAMES[number])
    else:
        say(d, b"0x")
        say_hex(d, number, 0)
    say(d, b"] ")


cdef void say_field(Dissection *d, const char *name, uint64_t value) noexcept nogil:
    """One field: "[name value] "."""
    say_char(d, b'[')
    say(d, name)
    say_dec(d, value)
    say(d, b"] ")


cdef bint too_short(Dissection *d, uint32_t length, uint32_t wanted) noexcept nogil:
    if length >= wanted:
        return False
    say_too_short(d, b"chunk length", length, wanted)
    return True


# --------------------------------------------------------------------------- chunks; False: the list ends here

cdef void say_data_flags(Dissection *d, uint8_t flags) noexcept nogil:
    if flags & IMMEDIATE:
        say(d, b"(I)")
    if flags & UNORDERED:
        say(d, b"(U)")
    if flags & FIRST_FRAGMENT:
        say(d, b"(B)")
    if flags & LAST_FRAGMENT:
        say(d, b"(E)")
    if flags & (IMMEDIATE | UNORDERED | FIRST_FRAGMENT | LAST_FRAGMENT):
        say_char(d, b' ')


cdef bint print_user_data(Dissection *d, const uint8_t *p, uint32_t length, const char *colon) noexcept nogil:
    if length == 0:
        say(d, b" [chunk length 0 == 0]")
        return False
    if d.opt.verbose > 1:
        say(d, b"[Payload")
        if not dump_wanted(d.opt):
            say(d, colon)
            say_default(d, p, length)
        say_char(d, b']')
    return True


cdef bint print_data(Dissection *d, const uint8_t *p, uint32_t length, uint8_t flags) noexcept nogil:
    say_data_flags(d, flags & ~IMMEDIATE)
    if too_short(d, length, 12):
        return False
    need(d, p, 12)
    say_field(d, b"TSN: ", u32(d, p))
    say_field(d, b"SID: ", u16(d, p + 4))
    say_field(d, b"SSEQ ", u16(d, p + 6))
    say_payload_protocol(d, u32(d, p + 8))
    return print_user_data(d, p + 12, length - 12, b":")


cdef bint print_i_data(Dissection *d, const uint8_t *p, uint32_t length, uint8_t flags) noexcept nogil:
    say_data_flags(d, flags)
    if too_short(d, length, 16):
        return False
    need(d, p, 16)
    say_field(d, b"TSN: ", u32(d, p))
    say_field(d, b"SID: ", u16(d, p + 4))
    say_field(d, b"MID: ", u32(d, p + 8))
    if flags & FIRST_FRAGMENT:
        say_payload_protocol(d, u32(d, p + 12))
        return print_user_data(d, p + 16, length - 16, b":")
    say_field(d, b"FSN: ", u32(d, p + 12))
    return print_user_data(d, p + 16, length - 16, b": ")


cdef bint print_i_forward(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t at = 4
    if too_short(d, length, 4):
        return False
    say_field(d, b"TSN: ", u32(d, p))
    while d.opt.verbose > 1 and at + 8 <= length:
        say_field(d, b"SID: ", u16(d, p + at))
        if u16(d, p + at + 2) & 1:
            say(d, b"(U)")
        say_field(d, b"MID: ", u32(d, p + at + 4))
        at += 8
    return True


cdef bint print_init(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    if too_short(d, length, 16):
        return False
    need(d, p, 16)
    say_field(d, b"init tag: ", u32(d, p))
    say_field(d, b"rwnd: ", u32(d, p + 4))
    say_field(d, b"OS: ", u16(d, p + 8))
    say_field(d, b"MIS: ", u16(d, p + 10))
    say_field(d, b"init TSN: ", u32(d, p + 12))
    return True


cdef bint print_sack(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t acked, gaps, duplicates, i, at = 12
    if too_short(d, length, 12):
        return False
    need(d, p, 12)
    acked = u32(d, p)
    gaps = u16(d, p + 8)
    duplicates = u16(d, p + 10)
    say_field(d, b"cum ack ", acked)
    say_field(d, b"a_rwnd ", u32(d, p + 4))
    say_field(d, b"#gap acks ", gaps)
    say_field(d, b"#dup tsns ", duplicates)
    i = 0
    while i < gaps and at < length:
        if too_short(d, length - at, 4):
            return False
        i += 1
        say(d, b"\n\t\t[gap ack block #")
        say_dec(d, i)
        say(d, b": start = ")
        say_dec(d, <uint32_t>(acked + u16(d, p + at)))
        say(d, b", end = ")
        say_dec(d, <uint32_t>(acked + u16(d, p + at + 2)))
        say(d, b"] ")
        at += 4
    i = 0
    while i < duplicates and at < length:
        if too_short(d, length - at, 4):
            return False
        i += 1
        say(d, b"\n\t\t[dup TSN #")
        say_dec(d, i)
        say(d, b": ")
        say_dec(d, u32(d, p + at))
        say(d, b"] ")
        at += 4
    return True


cdef bint print_chunk(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """A whole chunk of `length` bytes, all of them captured."""
    cdef const char *name = chunk_name(p[0])
    say_char(d, b'[')
    if name != NULL:
        say(d, name)
    else:
        say(d, b"Unknown chunk type: 0x")
        say_hex(d, p[0], 0)
    say(d, b"] ")
    cdef uint8_t kind = p[0], flags = p[1]
    p += CHUNK_HEADER
    length -= CHUNK_HEADER
    if kind == DATA:
        return print_data(d, p, length, flags)
    if kind == I_DATA:
        return print_i_data(d, p, length, flags)
    if kind == I_FORWARD_TSN:
        return print_i_forward(d, p, length)
    if kind == INIT or kind == INIT_ACK:
        return print_init(d, p, length)
    if kind == SACK:
        return print_sack(d, p, length)
    return True


cdef void print_chunks(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t number = 0, size
    while length:
        number += 1
        if length >= CHUNK_HEADER:
            size = u16(d, p + 2)
            if size >= CHUNK_HEADER:
                need(d, p, size)
        say(d, b"\n\t" if d.opt.verbose > 1 else b" (" if number == 1 else b", (")
        say_dec(d, number)
        if length < CHUNK_HEADER:
            say(d, b") [chunk descriptor cut off at end of packet]")
            return
        if size < CHUNK_HEADER:
            say(d, b") [Bad chunk length ")
            say_dec(d, size)
            say(d, b", < size of chunk descriptor]")
            return
        say(d, b") ")
        if not print_chunk(d, p, size):
            say_invalid(d)
            return
        size = (size + 3) & ~<uint32_t>3    # chunks are padded, the last one too (RFC 9260 section 3.2)
        need(d, p, size)
        if size > length:
            truncated(d)
        p += size
        length -= size


# --------------------------------------------------------------------------- the packet

cdef void say_forces(Dissection *d, uint16_t port) noexcept nogil:
    """The three channels of ForCES (RFC 5811) are known by their ports."""
    if port == 6704:
        say(d, b"[ForCES HP]")
    elif port == 6705:
        say(d, b"[ForCES MP]")
    elif port == 6706:
        say(d, b"[ForCES LP]")


cdef void say_endpoint(Dissection *d, uint32_t offset4, uint32_t offset6, uint16_t port) noexcept nogil:
    if d.network_version == 6:
        say_ip6(d, d.network + offset6)
        say_char(d, b'.')
    elif d.network_version == 4:
        say_ip4(d, d.network + offset4)
        say_char(d, b'.')
    say_dec(d, port)


cdef void print_sctp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"sctp"
    if length < HEADER:
        say_too_short(d, b"length", length, HEADER)
        say_invalid(d)
        return
    need(d, p, HEADER)
    d.sport = u16(d, p)
    d.dport = u16(d, p + 2)
    say_endpoint(d, 12, 8, d.sport)
    say(d, b" > ")
    say_endpoint(d, 16, 24, d.dport)
    say(d, b": sctp")
    say_forces(d, d.sport)
    say_forces(d, d.dport)
    print_chunks(d, p + HEADER, length - HEADER)


export_printer(__name__, "print_sctp", print_sctp)
