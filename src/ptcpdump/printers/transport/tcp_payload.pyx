"""What TCP segments carry: the printer of the port's protocol, or the reason of a reset."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.application.tls cimport print_tls_hellos


cdef void print_tcp_payload(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    """Print what the port or -T says; as tcpdump, nothing where -T names what is not known for TCP."""
    if d.opt.force:
        dispatch(LAYER_TCP_FORCED, d.opt.force, d, p, length)
    elif not dispatch_ports(LAYER_TCP_PORT, d, p, length):
        print_tls_hellos(d, p, length)


# Reasons of the registry "TCP Failure Causes" (draft-boucadair-tcpm-rst-diagnostic-payload-17).
cdef Names RESET_REASONS = names({
    1: b"Illegal option length", 2: b"Desynchronized state", 3: b"New data is received after CLOSE is called",
    4: b"ABORT Process", 5: b"Unexpected ACK received by non-synchronized state connection",
    6: b"Unexpected SYN in the window", 7: b"Unexpected security compartment", 8: b"Malformed Message",
    9: b"Not Authorized", 10: b"Resource Exceeded", 11: b"Network Failure", 12: b"Reset received from the peer",
    13: b"Destination Unreachable", 14: b"Connection Timeout", 15: b"Too much outstanding data",
    16: b"Unacceptable performance", 17: b"Middlebox interference",
})


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
    cdef const char *reason = name_of(&RESET_REASONS, code, NULL) if enterprise == 0 and d.opt.verbose > 1 else NULL
    say(d, b": ")
    if reason != NULL:
        say(d, reason)
        return
    say(d, b"code ")
    say_dec(d, code)
    say(d, b", pen ")
    say_dec(d, enterprise)
