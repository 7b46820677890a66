"""DCCP (RFC 4340): ports, type of packet, acknowledgement, with -v the checksum, with -vv number and options."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.ends cimport say_destination, say_source
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef enum:
    PROTOCOL = 33
    REQUEST = 0
    RESPONSE = 1
    DATA = 2
    RESET = 7
    SYNC_ACK = 9            # the last type
    LONG_OPTION = 32        # from here on options have a length
    CCID_OPTION = 128

cdef Names TYPES = names({
    REQUEST: b"DCCP-Request", RESPONSE: b"DCCP-Response", DATA: b"DCCP-Data", 3: b"DCCP-Ack", 4: b"DCCP-DataAck",
    5: b"DCCP-CloseReq", 6: b"DCCP-Close", RESET: b"DCCP-Reset", 8: b"DCCP-Sync", SYNC_ACK: b"DCCP-SyncAck",
})
cdef Names RESET_CODES = names(dict(enumerate((
    b"unspecified", b"closed", b"aborted", b"no_connection", b"packet_error", b"option_error", b"mandatory_error",
    b"connection_refused", b"bad_service_code", b"too_busy", b"bad_init_cookie", b"aggression_penalty"))))
cdef Names OPTIONS = names({
    0: b"nop", 1: b"mandatory", 2: b"slowreceiver", 32: b"change_l", 33: b"confirm_l", 34: b"change_r",
    35: b"confirm_r", 36: b"initcookie", 37: b"ndp_count", 38: b"ack_vector0", 39: b"ack_vector1", 40: b"data_dropped",
    41: b"timestamp", 42: b"timestamp_echo", 43: b"elapsed_time", 44: b"data_checksum",
})
cdef Names FEATURES = names(dict(enumerate((
    b"reserved", b"ccid", b"allow_short_seqno", b"sequence_window", b"ecn_incapable", b"ack_ratio",
    b"send_ack_vector", b"send_ndp_count", b"minimum checksum coverage", b"check data checksum"))))


cdef void print_dccp(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Print a DCCP packet."""
    cdef uint32_t generic, header
    d.protocol = b"dccp"
    need(d, p, 12)
    if length < 12:
        say_missing(d, b"dccp", 12 - length)
        return
    generic = 16 if p[8] & 1 else 12        # the X bit: sequence numbers of 48 bits
    if length < generic:
        say_missing(d, b"dccp", generic - length)
        return
    need(d, p, generic)
    say_source(d)
    say_value(d, b".", u16(d, p))
    say(d, b" > ")
    say_destination(d)
    say_value(d, b".", u16(d, p + 2))
    say(d, b": DCCP")
    header = p[4] * 4
    if d.opt.quiet:
        say_value(d, b" ", length - header if header < length else 0)
        if header > length:
            say_value(d, b" [bad hdr length ", header)
            say_value(d, b" - too long, > ", length)
            say_char(d, b']')
        return
    if d.opt.verbose:
        print_checksum(d, p, length, header)
    say_char(d, b' ')
    if print_type(d, p, length, generic) and d.opt.verbose > 1:
        say_value(d, b"seq ", u48(p + 10) if generic == 16 else u24(d, p + 9))
        print_options(d, p + generic + extra(p[8] >> 1 & 15), <int64_t>header - generic - extra(p[8] >> 1 & 15))


cdef inline uint64_t u48(const uint8_t *p) noexcept nogil:
    """A number of 48 bits, which have been captured."""
    return <uint64_t>get_be16(p) << 32 | get_be32(p + 2)


cdef inline uint32_t extra(uint32_t kind) noexcept nogil:
    """Bytes behind the generic header."""
    if kind == REQUEST:
        return 4
    if kind == RESPONSE or kind == RESET:
        return 12
    return 8 if kind != DATA and kind <= SYNC_ACK else 0


cdef void say_missing(Dissection *d, const char *name, uint32_t missing) noexcept nogil:
    say(d, b"truncated-")
    say(d, name)
    say_value(d, b" - ", missing)
    say(d, b" bytes missing!")


cdef void print_checksum(Dissection *d, const uint8_t *p, uint32_t length, uint32_t header) noexcept nogil:
    """CCVal, coverage and checksum, RFC 4340 section 9."""
    cdef uint32_t coverage = p[5] & 15, covered = length, wrong
    say_value(d, b" (CCVal ", p[5] >> 4)
    say_value(d, b", CsCov ", coverage)
    say(d, b", ")
    if coverage:
        covered = min(header + (coverage - 1) * 4, length)
    if has(d, p, length) and d.network_version:
        say(d, b"cksum 0x")
        say_hex(d, u16(d, p + 6), 4)
        wrong = checksum(p, covered, pseudo_sum(d, PROTOCOL, length))
        if wrong:
            wrong += u16(d, p + 6)
            say(d, b" (incorrect -> 0x")
            say_hex(d, (wrong & 0xFFFF) + (wrong >> 16), 4)
            say_char(d, b')')
        else:
            say(d, b" (correct)")
    say_char(d, b')')


cdef bint print_type(Dissection *d, const uint8_t *p, uint32_t length, uint32_t generic) noexcept nogil:
    """The packet's type with what belongs to it; False when it is too short for that."""
    cdef uint32_t kind = p[8] >> 1 & 15, size = generic + extra(kind)
    if length < size:
        say(d, b"truncated-")
        say_named(d, &TYPES, kind, b"unknown-type-")
        say_value(d, b" - ", size - length)
        say(d, b" bytes missing!")
        return False
    if kind in (REQUEST, RESPONSE, RESET):
        need(d, p + generic, size - generic)
    say_named(d, &TYPES, kind, b"unknown-type-")
    if kind == REQUEST or kind == RESPONSE:
        say_value(d, b" (service=", u32(d, p + size - 4))
        say_char(d, b')')
    elif kind == RESET:
        say(d, b" (code=")
        say(d, name_of(&RESET_CODES, u8(d, p + generic + 8), b"invalid"))
        say_char(d, b')')
    say_char(d, b' ')
    if kind != REQUEST and kind != DATA:
        if generic == 16:
            need(d, p + generic + 2, 6)
        say_value(d, b"(ack=", u48(p + generic + 2) if generic == 16 else u24(d, p + generic + 1))
        say(d, b") ")
    return True


cdef void print_options(Dissection *d, const uint8_t *p, int64_t rest) noexcept nogil:
    """The options of RFC 4340 section 5.8, those of the CCIDs by number."""
    cdef uint32_t kind, size
    if rest <= 0:
        return
    say(d, b" <")
    while True:
        kind = u8(d, p)
        size = u8(d, p + 1) if kind >= LONG_OPTION else 1
        if kind >= CCID_OPTION:
            say_value(d, b"CCID option ", kind)
        else:
            say_named(d, &OPTIONS, kind, b"Option ")
        if kind >= LONG_OPTION and size < 2:
            say(d, b" optlen too short")
            break
        if size > rest:
            say(d, b" optlen goes past header length")
            break
        need(d, p, size)
        if kind >= LONG_OPTION:
            print_option(d, kind, p + 2, size - 2)
        p += size
        rest -= size
        if rest == 0:
            break
        say(d, b", ")
    say_char(d, b'>')


cdef inline void say_bytes(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """Bytes in decimal, a blank before each."""
    cdef uint32_t i
    for i in range(n):
        say_value(d, b" ", p[i])


cdef void print_option(Dissection *d, uint32_t kind, const uint8_t *p, uint32_t size) noexcept nogil:
    """An option's value of `size` bytes, captured all."""
    if kind >= CCID_OPTION or kind == 41 or kind == 43:
        if size == 2 or size == 4:
            say_value(d, b" ", u16(d, p) if size == 2 else u32(d, p))
    elif kind <= 35:
        if size < 1:
            say(d, b" optlen too short")
        elif name_of(&FEATURES, p[0], NULL) != NULL:
            say_char(d, b' ')
            say(d, name_of(&FEATURES, p[0], b""))
            say_bytes(d, p + 1, size - 1)
    elif kind == 37:
        say_bytes(d, p, size)
    elif kind in (36, 38, 39, 40, 44):
        if size:
            say(d, b" 0x")
            put_hex_bytes(d.out, p, size)
    elif kind == 42 and size in (4, 6, 8):
        say_value(d, b" ", u32(d, p))
        if size > 4:
            say_value(d, b" (elapsed time ", u16(d, p + 4) if size == 6 else u32(d, p + 4))
            say_char(d, b')')


export_printer(__name__, "print_dccp", print_dccp)
