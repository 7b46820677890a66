"""Values of attribute-value pairs in control messages of L2TP (RFC 2661, section 4.4; RFC 3145)."""

from libc.stdint cimport uint8_t, uint32_t

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, names

cdef Names MESSAGES = names({
    1: b"SCCRQ", 2: b"SCCRP", 3: b"SCCCN", 4: b"StopCCN", 6: b"HELLO", 7: b"OCRQ", 8: b"OCRP", 9: b"OCCN", 10: b"ICRQ",
    11: b"ICRP", 12: b"ICCN", 14: b"CDN", 15: b"WEN", 16: b"SLI",
})
cdef Names AUTHENTICATION = names({
    0: b"Reserved", 1: b"Textual", 2: b"CHAP", 3: b"PAP", 4: b"No Auth", 5: b"MS-CHAPv1"})
cdef Names DIRECTIONS = names({0: b"global error", 1: b"at peer", 2: b"at local"})
cdef const char **CALL_ERRORS = [b"CRCErr=", b"FrameErr=", b"HardOver=", b"BufOver=", b"Timeout=", b"AlignErr="]
cdef const char **ACCM = [b"send=", b"recv="]

cdef enum Form:
    FORM_NOTHING
    FORM_MESSAGE
    FORM_RESULT
    FORM_VERSION
    FORM_ANALOG             # two flags: analog, digital
    FORM_SYNC               # likewise: asynchronous, synchronous
    FORM_EIGHT              # so many bytes, in hexadecimal
    FORM_SIXTEEN
    FORM_OCTETS
    FORM_SHORT
    FORM_WORD
    FORM_TEXT
    FORM_CAUSE
    FORM_OBSOLETE
    FORM_AUTHENTICATION
    FORM_SECOND             # the second of two bytes
    FORM_ERRORS
    FORM_ACCM
    FORM_DISCONNECT

KINDS = {
    0: (b"MSGTYPE", FORM_MESSAGE), 1: (b"RESULT_CODE", FORM_RESULT), 2: (b"PROTO_VER", FORM_VERSION),
    3: (b"FRAMING_CAP", FORM_SYNC), 4: (b"BEARER_CAP", FORM_ANALOG), 5: (b"TIE_BREAKER", FORM_EIGHT),
    6: (b"FIRM_VER", FORM_SHORT), 7: (b"HOST_NAME", FORM_TEXT), 8: (b"VENDOR_NAME", FORM_TEXT),
    9: (b"ASSND_TUN_ID", FORM_SHORT), 10: (b"RECV_WIN_SIZE", FORM_SHORT), 11: (b"CHALLENGE", FORM_OCTETS),
    12: (b"Q931_CC", FORM_CAUSE), 13: (b"CHALLENGE_RESP", FORM_SIXTEEN), 14: (b"ASSND_SESS_ID", FORM_SHORT),
    15: (b"CALL_SER_NUM", FORM_WORD), 16: (b"MINIMUM_BPS", FORM_WORD), 17: (b"MAXIMUM_BPS", FORM_WORD),
    18: (b"BEARER_TYPE", FORM_ANALOG), 19: (b"FRAMING_TYPE", FORM_SYNC), 20: (b"PACKET_PROC_DELAY", FORM_OBSOLETE),
    21: (b"CALLED_NUMBER", FORM_TEXT), 22: (b"CALLING_NUMBER", FORM_TEXT), 23: (b"SUB_ADDRESS", FORM_TEXT),
    24: (b"TX_CONN_SPEED", FORM_WORD), 25: (b"PHY_CHANNEL_ID", FORM_WORD), 26: (b"INI_RECV_LCP", FORM_OCTETS),
    27: (b"LAST_SENT_LCP", FORM_OCTETS), 28: (b"LAST_RECV_LCP", FORM_OCTETS),
    29: (b"PROXY_AUTH_TYPE", FORM_AUTHENTICATION), 30: (b"PROXY_AUTH_NAME", FORM_TEXT),
    31: (b"PROXY_AUTH_CHAL", FORM_OCTETS), 32: (b"PROXY_AUTH_ID", FORM_SECOND), 33: (b"PROXY_AUTH_RESP", FORM_OCTETS),
    34: (b"CALL_ERRORS", FORM_ERRORS), 35: (b"ACCM", FORM_ACCM), 36: (b"RANDOM_VECTOR", FORM_OCTETS),
    37: (b"PRIVATE_GRP_ID", FORM_TEXT), 38: (b"RX_CONN_SPEED", FORM_WORD), 39: (b"SEQ_REQUIRED", FORM_NOTHING),
    46: (b"PPP_DISCON_CC", FORM_DISCONNECT),
}
cdef Names NAMES = names({kind: name for kind, (name, _) in KINDS.items()})
cdef Form forms[47]         # by kind; nothing for those without a name


cdef void print_value(Dissection *d, uint32_t kind, bint hidden, const uint8_t *p, uint32_t size) noexcept nogil:
    say_named(d, &NAMES, kind, b"AVP-#")
    say_char(d, b'(')
    if hidden:
        say(d, b"???")
    elif kind < 47:
        print_form(d, forms[kind], p, size)
    say_char(d, b')')


cdef uint32_t least(Form form) noexcept nogil:
    """Bytes that a value must have."""
    if form in (FORM_NOTHING, FORM_OCTETS, FORM_TEXT, FORM_OBSOLETE):
        return 0
    if form in (FORM_WORD, FORM_ANALOG, FORM_SYNC):
        return 4
    return 3 if form == FORM_CAUSE else 5 if form == FORM_DISCONNECT else 8 if form == FORM_EIGHT else (
        16 if form == FORM_SIXTEEN else 2)


cdef void print_form(Dissection *d, Form form, const uint8_t *p, uint32_t size) noexcept nogil:
    """A value by its form."""
    if size < least(form):
        say(d, b"AVP too short")
    elif form == FORM_MESSAGE:
        say_named(d, &MESSAGES, u16(d, p), b"MSGTYPE-#")
    elif form == FORM_RESULT:
        print_result(d, p, size)
    elif form == FORM_VERSION:
        say_dec(d, u8(d, p))
        say_value(d, b".", u8(d, p + 1))
    elif form == FORM_ANALOG:
        say_flags(d, u32(d, p), b"D", b"A")
    elif form == FORM_SYNC:
        say_flags(d, u32(d, p), b"S", b"A")
    elif form in (FORM_EIGHT, FORM_SIXTEEN, FORM_OCTETS):
        if form != FORM_OCTETS:
            size = least(form)
        need(d, p, size)
        put_hex_bytes(d.out, p, size)
    elif form == FORM_SHORT:
        say_dec(d, u16(d, p))
    elif form == FORM_WORD:
        say_dec(d, u32(d, p))
    elif form == FORM_TEXT:
        say_safe(d, p, size)
    elif form == FORM_CAUSE:
        print_cause(d, p, size)
    elif form == FORM_OBSOLETE:
        say(d, b"obsolete")
    elif form == FORM_AUTHENTICATION:
        say_named(d, &AUTHENTICATION, u16(d, p), b"AuthType-#")
    elif form == FORM_SECOND:
        say_dec(d, u8(d, p + 1))
    elif form == FORM_ERRORS:
        print_numbers(d, CALL_ERRORS, 6, False, p, size)
    elif form == FORM_ACCM:
        print_numbers(d, ACCM, 2, True, p, size)
    elif form == FORM_DISCONNECT:
        print_disconnect(d, p, size)


cdef inline void say_flags(Dissection *d, uint32_t flags, const char *one, const char *two) noexcept nogil:
    """Two flags: the second bit is written first."""
    if flags & 2:
        say(d, two)
    if flags & 1:
        say(d, one)


cdef inline void say_text(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """A message behind numbers, if there is one."""
    if size:
        say_char(d, b' ')
        say_safe(d, p, size)


cdef void print_result(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """Result code, error code, message."""
    say_dec(d, u16(d, p))
    if size == 3:
        say(d, b" AVP too short")
    elif size >= 4:
        say_value(d, b"/", u16(d, p + 2))
        say_text(d, p + 4, size - 4)


cdef void print_cause(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """Q.931 cause code, cause message, advisory message."""
    say_dec(d, u16(d, p))
    say(d, b", ")
    say_hex(d, u8(d, p + 2), 2)
    say_text(d, p + 3, size - 3)


cdef void print_numbers(Dissection *d, const char **labels, uint32_t count, bint hex, const uint8_t *p,
                        uint32_t size) noexcept nogil:
    """32-bit numbers behind two reserved bytes."""
    cdef uint32_t i
    for i in range(count):
        if size < 6 + 4 * i:
            say(d, b"AVP too short")
            return
        say(d, labels[i])
        if hex:
            say_hex(d, u32(d, p + 2 + 4 * i), 8)
        else:
            say_dec(d, u32(d, p + 2 + 4 * i))
        say_char(d, b' ')


cdef void print_disconnect(Dissection *d, const uint8_t *p, uint32_t size) noexcept nogil:
    """PPP disconnect cause (RFC 3145)."""
    say_hex(d, u16(d, p), 4)
    say(d, b", ")
    say_hex(d, u16(d, p + 2), 4)
    say_char(d, b' ')
    say_named(d, &DIRECTIONS, u8(d, p + 4), b"Direction-#")
    say_text(d, p + 5, size - 5)


def fill_forms() -> None:
    for kind, (_, form) in KINDS.items():
        forms[<int>kind] = form


fill_forms()
