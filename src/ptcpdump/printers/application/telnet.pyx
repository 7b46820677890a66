"""Telnet commands and options (RFC 854, RFC 855); plain text of a session is not shown."""

from ptcpdump.printers.base.core cimport *

cdef enum:
    COMMAND_EOF = 236       # the first command code
    COMMAND_SE = 240
    COMMAND_SB = 250
    COMMAND_WILL = 251
    COMMAND_DONT = 254
    IAC = 255
    OPTION_AUTHENTICATION = 37
    OPTION_ENCRYPT = 38


cdef const char *command_name(uint32_t v) noexcept nogil:
    if v == 236: return b"EOF"
    if v == 237: return b"SUSP"
    if v == 238: return b"ABORT"
    if v == 239: return b"EOR"
    if v == 240: return b"SE"
    if v == 241: return b"NOP"
    if v == 242: return b"DMARK"
    if v == 243: return b"BRK"
    if v == 244: return b"IP"
    if v == 245: return b"AO"
    if v == 246: return b"AYT"
    if v == 247: return b"EC"
    if v == 248: return b"EL"
    if v == 249: return b"GA"
    if v == 250: return b"SB"
    if v == 251: return b"WILL"
    if v == 252: return b"WONT"
    if v == 253: return b"DO"
    if v == 254: return b"DONT"
    return NULL


cdef const char *option_name(uint32_t v) noexcept nogil:
    """IANA, "Telnet Options", as far as tcpdump names them."""
    if v == 0: return b"BINARY"
    if v == 1: return b"ECHO"
    if v == 2: return b"RCP"
    if v == 3: return b"SUPPRESS GO AHEAD"
    if v == 4: return b"NAME"
    if v == 5: return b"STATUS"
    if v == 6: return b"TIMING MARK"
    if v == 7: return b"RCTE"
    if v == 8: return b"NAOL"
    if v == 9: return b"NAOP"
    if v == 10: return b"NAOCRD"
    if v == 11: return b"NAOHTS"
    if v == 12: return b"NAOHTD"
    if v == 13: return b"NAOFFD"
    if v == 14: return b"NAOVTS"
    if v == 15: return b"NAOVTD"
    if v == 16: return b"NAOLFD"
    if v == 17: return b"EXTEND ASCII"
    if v == 18: return b"LOGOUT"
    if v == 19: return b"BYTE MACRO"
    if v == 20: return b"DATA ENTRY TERMINAL"
    if v == 21: return b"SUPDUP"
    if v == 22: return b"SUPDUP OUTPUT"
    if v == 23: return b"SEND LOCATION"
    if v == 24: return b"TERMINAL TYPE"
    if v == 25: return b"END OF RECORD"
    if v == 26: return b"TACACS UID"
    if v == 27: return b"OUTPUT MARKING"
    if v == 28: return b"TTYLOC"
    if v == 29: return b"3270 REGIME"
    if v == 30: return b"X.3 PAD"
    if v == 31: return b"NAWS"
    if v == 32: return b"TSPEED"
    if v == 33: return b"LFLOW"
    if v == 34: return b"LINEMODE"
    if v == 35: return b"XDISPLOC"
    if v == 36: return b"OLD-ENVIRON"
    if v == 37: return b"AUTHENTICATION"
    if v == 38: return b"ENCRYPT"
    if v == 39: return b"NEW-ENVIRON"
    return NULL


cdef const char *authentication_command(uint32_t v) noexcept nogil:
    """RFC 2941."""
    if v == 0: return b"IS"
    if v == 1: return b"SEND"
    if v == 2: return b"REPLY"
    if v == 3: return b"NAME"
    return NULL


cdef const char *authentication_type(uint32_t v) noexcept nogil:
    if v == 0: return b"NULL"
    if v == 1: return b"KERBEROS_V4"
    if v == 2: return b"KERBEROS_V5"
    if v == 3: return b"SPX"
    if v == 4: return b"MINK"
    if v == 5: return b"SRP"
    if v == 6: return b"RSA"
    if v == 7: return b"SSL"
    if v == 10: return b"LOKI"
    if v == 11: return b"SSA"
    if v == 12: return b"KEA_SJ"
    if v == 13: return b"KEA_SJ_INTEG"
    if v == 14: return b"DSS"
    if v == 15: return b"NTLM"
    return NULL


cdef const char *encryption_command(uint32_t v) noexcept nogil:
    """RFC 2946."""
    if v == 0: return b"IS"
    if v == 1: return b"SUPPORT"
    if v == 2: return b"REPLY"
    if v == 3: return b"START"
    if v == 4: return b"END"
    if v == 5: return b"REQUEST-START"
    if v == 6: return b"REQUEST-END"
    if v == 7: return b"END_KEYID"
    if v == 8: return b"DEC_KEYID"
    return NULL


cdef const char *encryption_type(uint32_t v) noexcept nogil:
    if v == 0: return b"NULL"
    if v == 1: return b"DES_CFB64"
    if v == 2: return b"DES_OFB64"
    if v == 3: return b"DES3_CFB64"
    if v == 4: return b"DES3_OFB64"
    if v == 6: return b"CAST5_40_CFB64"
    if v == 7: return b"CAST5_40_OFB64"
    if v == 8: return b"CAST128_CFB64"
    if v == 9: return b"CAST128_OFB64"
    return NULL


cdef const char *qualifier(uint32_t v) noexcept nogil:
    """What follows in most subnegotiations (RFC 1091, RFC 1572)."""
    if v == 0: return b"IS"
    if v == 1: return b"SEND"
    if v == 2: return b"INFO"
    return NULL


cdef void say_number(Dissection *d, uint32_t v) noexcept nogil:
    """Hexadecimal, a zero without "0x"."""
    if v:
        say(d, b"0x")
    say_hex(d, v, 1)


cdef void say_name_or_number(Dissection *d, const char *name, uint32_t v) noexcept nogil:
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
            say_name_or_number(d, authentication_command(p[0]), p[0])
        elif option == OPTION_ENCRYPT:
            say_name_or_number(d, encryption_command(p[0]), p[0])
        else:
            say_name_or_number(d, qualifier(p[0]), p[0])
    if n > 1 and option == OPTION_AUTHENTICATION:
        i = 2
        say_name_or_number(d, authentication_type(p[1]), p[1])
    elif n > 1 and option == OPTION_ENCRYPT:
        i = 2
        say_name_or_number(d, encryption_type(p[1]), p[1])
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
    say(d, command_name(p[1]))
    if n > 2:
        say_name_or_number(d, option_name(p[2]), p[2])
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
        if first:
            say(d, b" [telnet ")
        else:
            say(d, b", ")
        first = False
        say_command(d, p, n)
        p += n
        length -= n
    if not first:
        say_char(d, b']')


export_printer(__name__, "print_telnet", print_telnet)
