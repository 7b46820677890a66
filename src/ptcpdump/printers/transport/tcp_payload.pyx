"""What TCP segments carry: the printer of the port's protocol, or the reason of a reset."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.application.tls cimport print_tls_hellos


cdef void print_tcp_payload(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Print what the port or -T says; as tcpdump, nothing where -T names what is not known for TCP."""
    if d.opt.force:
        dispatch(LAYER_TCP_FORCED, d.opt.force, d, p, length)
    elif not dispatch_ports(LAYER_TCP_PORT, d, p, length):
        print_tls_hellos(d, p, length)


cdef const char *reset_reason(uint32_t code) noexcept nogil:
    """Reasons of the registry "TCP Failure Causes" (draft-boucadair-tcpm-rst-diagnostic-payload-17)."""
    if code == 1:
        return b"Illegal option length"
    elif code == 2:
        return b"Desynchronized state"
    elif code == 3:
        return b"New data is received after CLOSE is called"
    elif code == 4:
        return b"ABORT Process"
    elif code == 5:
        return b"Unexpected ACK received by non-synchronized state connection"
    elif code == 6:
        return b"Unexpected SYN in the window"
    elif code == 7:
        return b"Unexpected security compartment"
    elif code == 8:
        return b"Malformed Message"
    elif code == 9:
        return b"Not Authorized"
    elif code == 10:
        return b"Resource Exceeded"
    elif code == 11:
        return b"Network Failure"
    elif code == 12:
        return b"Reset received from the peer"
    elif code == 13:
        return b"Destination Unreachable"
    elif code == 14:
        return b"Connection Timeout"
    elif code == 15:
        return b"Too much outstanding data"
    elif code == 16:
        return b"Unacceptable performance"
    elif code == 17:
        return b"Middlebox interference"
    return NULL


cdef void print_reset_data(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """What a reset says of its reason: for people (RFC 9293, section 3.5.3) or for programs."""
    if d.opt.verbose:
        say(d, b" [RST")
        if length == 8 and u16(d, p) == 0x33aa:
            print_reset_code(d, u16(d, p + 2), u32(d, p + 4))
        else:
            if length > 30:     # -X shows it whole
                say_char(d, b'+')
            say_char(d, b' ')
            say_safe(d, p, min(length, <uint32_t>30))
        say_char(d, b']')
    need(d, p, length)


cdef void print_reset_code(Dissection *d, uint32_t code, uint32_t enterprise) noexcept nogil:
    """A reason code of a private enterprise number; those of number 0 have names."""
    cdef const char *reason = reset_reason(code) if enterprise == 0 and d.opt.verbose > 1 else NULL
    say(d, b": ")
    if reason != NULL:
        say(d, reason)
        return
    say(d, b"code ")
    say_dec(d, code)
    say(d, b", pen ")
    say_dec(d, enterprise)
