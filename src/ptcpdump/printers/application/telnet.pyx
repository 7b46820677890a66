"""Telnet commands and options (RFC 854, RFC 855); plain text of a session is not shown."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef enum:
    COMMAND_EOF = 236       # the first command code
    COMMAND_SE = 240
    COMMAND_SB = 250
    COMMAND_DONT = 254
    IAC = 255
    OPTION_AUTHENTICATION = 37
    OPTION_ENCRYPT = 38


cdef Names COMMANDS = names({
    236: b"EOF", 237: b"SUSP", 238: b"ABORT", 239: b"EOR", 240: b"SE", 241: b"NOP", 242: b"DMARK", 243: b"BRK",
    244: b"IP", 245: b"AO", 246: b"AYT", 247: b"EC", 248: b"EL", 249: b"GA", 250: b"SB", 251: b"WILL", 252: b"WONT",
    253: b"DO", 254: b"DONT",
})

# IANA, "Telnet Options", as far as tcpdump names them
cdef Names OPTIONS = names({
    0: b"BINARY", 1: b"ECHO", 2: b"RCP", 3: b"SUPPRESS GO AHEAD", 4: b"NAME", 5: b"STATUS", 6: b"TIMING MARK",
    7: b"RCTE", 8: b"NAOL", 9: b"NAOP", 10: b"NAOCRD", 11: b"NAOHTS", 12: b"NAOHTD", 13: b"NAOFFD", 14: b"NAOVTS",
    15: b"NAOVTD", 16: b"NAOLFD", 17: b"EXTEND ASCII", 18: b"LOGOUT", 19: b"BYTE MACRO", 20: b"DATA ENTRY TERMINAL",
    21: b"SUPDUP", 22: b"SUPDUP OUTPUT", 23: b"SEND LOCATION", 24: b"TERMINAL TYPE", 25: b"END OF RECORD",
    26: b"TACACS UID", 27: b"OUTPUT MARKING", 28: b"TTYLOC", 29: b"3270 REGIME", 30: b"X.3 PAD", 31: b"NAWS",
    32: b"TSPEED", 33: b"LFLOW", 34: b"LINEMODE", 35: b"XDISPLOC", 36: b"OLD-ENVIRON", 37: b"AUTHENTICATION",
    38: b"ENCRYPT", 39: b"NEW-ENVIRON",
})

# Authentication (RFC 2941)
cdef Names AUTHENTICATION_COMMANDS = names({0: b"IS", 1: b"SEND", 2: b"REPLY", 3: b"NAME"})

cdef Names AUTHENTICATION_TYPES = names({
    0: b"NULL", 1: b"KERBEROS_V4", 2: b"KERBEROS_V5", 3: b"SPX", 4: b"MINK", 5: b"SRP", 6: b"RSA", 7: b"SSL",
    10: b"LOKI", 11: b"SSA", 12: b"KEA_SJ", 13: b"KEA_SJ_INTEG", 14: b"DSS", 15: b"NTLM",
})

# Encryption (RFC 2946)
cdef Names ENCRYPTION_COMMANDS = names({
    0: b"IS", 1: b"SUPPORT", 2: b"REPLY", 3: b"START", 4: b"END", 5: b"REQUEST-START", 6: b"REQUEST-END",
    7: b"END_KEYID", 8: b"DEC_KEYID",
})

cdef Names ENCRYPTION_TYPES = names({
    0: b"NULL", 1: b"DES_CFB64", 2: b"DES_OFB64", 3: b"DES3_CFB64", 4: b"DES3_OFB64", 6: b"CAST5_40_CFB64",
    7: b"CAST5_40_OFB64", 8: b"CAST128_CFB64", 9: b"CAST128_OFB64",
})

# What follows in most subnegotiations (RFC 1091, RFC 1572)
cdef Names QUALIFIERS = names({0: b"IS", 1: b"SEND", 2: b"INFO"})


cdef void say_number(Dissection *d, uint32_t v) noexcept nogil:
    """Hexadecimal, a zero without "0x"."""
    if v:
        say(d, b"0x")
    say_hex(d, v, 1)


cdef void say_name_or_number(Dissection *d, const Names *table, uint32_t v) noexcept nogil:
    cdef const char *name = name_of(table, v, NULL)
    say_char(d, b' ')
    if name != NULL:
        say(d, name)
    else:
        say_number(d, v)


cdef uint32_t subnegotiation_length(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Bytes at p before the IAC SE that ends a subnegotiation; `length` when there is none."""
    cdef uint32_t n = 0
    while n + 1 < length:
        if u16(d, p + n) == (IAC << 8 | COMMAND_SE):
            return n
        n += 1
    return length


cdef void say_subnegotiation(Dissection *d, uint32_t option, const uint8_t *p, uint32_t n) noexcept nogil:
    """The n bytes between option and IAC SE, the first one or two by name."""
    cdef uint32_t i = 0
    if n:
        i = 1
        if option == OPTION_AUTHENTICATION:
            say_name_or_number(d, &AUTHENTICATION_COMMANDS, p[0])
        elif option == OPTION_ENCRYPT:
            say_name_or_number(d, &ENCRYPTION_COMMANDS, p[0])
        else:
            say_name_or_number(d, &QUALIFIERS, p[0])
    if n > 1 and option == OPTION_AUTHENTICATION:
        i = 2
        say_name_or_number(d, &AUTHENTICATION_TYPES, p[1])
    elif n > 1 and option == OPTION_ENCRYPT:
        i = 2
        say_name_or_number(d, &ENCRYPTION_TYPES, p[1])
    while i < n:
        say_char(d, b' ')
        say_number(d, p[i])
        i += 1
    say(d, b" SE")


cdef uint32_t command_length(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Bytes of the command whose IAC is at p; 0 when it is none or not complete."""
    cdef uint32_t n
    if length < 2 or u8(d, p + 1) < COMMAND_EOF:
        return 0
    if not COMMAND_SB <= p[1] <= COMMAND_DONT:
        return 2
    if length < 3:
        return 0
    need(d, p, 3)
    if p[1] != COMMAND_SB:
        return 3
    if length == 3:
        need(d, p, 4)       # cut right behind the option: truncated, unless another layer's bytes follow
    n = subnegotiation_length(d, p + 3, length - 3)
    return 3 + n + 2 if n < length - 3 else 0


cdef void say_command(Dissection *d, const uint8_t *p, uint32_t n) noexcept nogil:
    """The command of n bytes at p, complete and captured."""
    if p[1] == IAC:
        say(d, b"IAC IAC")
        return
    say(d, name_of(&COMMANDS, p[1], b""))
    if n > 2:
        say_name_or_number(d, &OPTIONS, p[2])
    if p[1] == COMMAND_SB:
        say_subnegotiation(d, p[2], p + 3, n - 5)


cdef void print_telnet(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    cdef uint32_t n
    cdef bint first = True
    d.protocol = b"telnet"
    while length and u8(d, p) == IAC:
        n = command_length(d, p, length)
        if n == 0:
            break
        say_either(d, first, b" [telnet ", b", ")
        first = False
        say_command(d, p, n)
        p += n
        length -= n
    if not first:
        say_char(d, b']')


export_printer(__name__, "print_telnet", print_telnet)
