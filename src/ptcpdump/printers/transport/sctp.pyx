"""SCTP (RFC 9260) with I-DATA (RFC 8260): ports and the list of chunks."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ends cimport say_destination, say_source
from ptcpdump.printers.base.tables cimport Bits, Names, bits, name_of, names

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


cdef Names CHUNKS = names({
    DATA: b"DATA", INIT: b"INIT", INIT_ACK: b"INIT ACK", SACK: b"SACK", 0x04: b"HB REQ", 0x05: b"HB ACK",
    0x06: b"ABORT", 0x07: b"SHUTDOWN", 0x08: b"SHUTDOWN ACK", 0x09: b"OP ERR", 0x0a: b"COOKIE ECHO",
    0x0b: b"COOKIE ACK", 0x0c: b"ECN ECHO", 0x0d: b"ECN CWR", 0x0e: b"SHUTDOWN COMPLETE", I_DATA: b"I-DATA",
    0xc0: b"FOR CUM TSN", 0xc1: b"REL CTRL", I_FORWARD_TSN: b"I-FORWARD-FSN",
})

# Payload protocol identifiers (IANA's registry of that name)
cdef Names PAYLOADS = names({
    1: b"ISDN Q.921", 2: b"M2UA", 3: b"M3UA", 4: b"SUA", 5: b"M2PA", 6: b"V5.2", 7: b"H.248", 8: b"BICC", 9: b"TALI",
    10: b"DUA", 11: b"ASAP", 12: b"ENRP", 13: b"H.323", 14: b"Q.IPC", 15: b"SIMCO", 16: b"DDPSC", 17: b"DDPSSC",
    18: b"S1AP", 19: b"RUA", 20: b"HNBAP", 21: b"ForCES HP", 22: b"ForCES MP", 23: b"ForCES LP", 24: b"SBc-AP",
    25: b"NBAP", 27: b"X2AP",
})

# The three channels of ForCES (RFC 5811) are known by their ports
cdef Names FORCES_PORTS = names({6704: b"[ForCES HP]", 6705: b"[ForCES MP]", 6706: b"[ForCES LP]"})

cdef Bits DATA_FLAGS = bits({IMMEDIATE: b"(I)", UNORDERED: b"(U)", FIRST_FRAGMENT: b"(B)", LAST_FRAGMENT: b"(E)"})


cdef void say_payload_protocol(Dissection *d, uint32_t number) noexcept nogil:
    say(d, b"[PPID ")
    say_named_hex(d, &PAYLOADS, number, b"0x", 0, b"")
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
    if say_bits(d, &DATA_FLAGS, flags & ~<uint32_t>IMMEDIATE, b"", b""):     # as tcpdump, which shows I of I-DATA alone
        say_char(d, b' ')
    if too_short(d, length, 12):
        return False
    need(d, p, 12)
    say_field(d, b"TSN: ", u32(d, p))
    say_field(d, b"SID: ", u16(d, p + 4))
    say_field(d, b"SSEQ ", u16(d, p + 6))
    say_payload_protocol(d, u32(d, p + 8))
    return print_user_data(d, p + 12, length - 12, b":")


cdef bint print_i_data(Dissection *d, const uint8_t *p, uint32_t length, uint8_t flags) noexcept nogil:
    if say_bits(d, &DATA_FLAGS, flags, b"", b""):
        say_char(d, b' ')
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
    say_char(d, b'[')
    say_named_hex(d, &CHUNKS, p[0], b"Unknown chunk type: 0x", 0, b"")
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

cdef void print_sctp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    d.protocol = b"sctp"
    if length < HEADER:
        say_too_short(d, b"length", length, HEADER)
        say_invalid(d)
        return
    need(d, p, HEADER)
    d.sport = u16(d, p)
    d.dport = u16(d, p + 2)
    say_source(d)
    if d.network_version:
        say_char(d, b'.')
    say_dec(d, d.sport)
    say(d, b" > ")
    say_destination(d)
    if d.network_version:
        say_char(d, b'.')
    say_dec(d, d.dport)
    say(d, b": sctp")
    say(d, name_of(&FORCES_PORTS, d.sport, b""))
    say(d, name_of(&FORCES_PORTS, d.dport, b""))
    print_chunks(d, p + HEADER, length - HEADER)


export_printer(__name__, "print_sctp", print_sctp)
