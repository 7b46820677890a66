"""Logical link control (IEEE 802.2)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.base.tables cimport Names, name_of, names
from ptcpdump.printers.link.snap cimport SNAP_LENGTH, print_snap

cdef enum:
    UI = 0x03               # unnumbered information
    XID = 0xaf
    POLL = 0x10             # of unnumbered frames
    POLL_NUMBERED = 0x100   # of the others, whose control field has two bytes, little endian
    SAP_SNAP = 0xaa
    SAP_IP = 0x06
    SAP_GLOBAL = 0xff


cdef Names SAPS = names({
    0x00: b"Null", 0x02: b"802.1B I", 0x03: b"802.1B G", 0x04: b"SNA", 0x06: b"IP", 0x0e: b"ProWay NM", 0x42: b"STP",
    0x4e: b"RS511", 0x7e: b"ISO8208", 0x8e: b"ProWay", 0xaa: b"SNAP", 0xe0: b"IPX", 0xf0: b"NetBeui", 0xfe: b"OSI",
    0xff: b"Global",
})


cdef Names COMMANDS = names({
    0x03: b"ui", 0xe3: b"test", 0xaf: b"xid", 0x63: b"ua", 0x43: b"disc", 0x0f: b"dm", 0x6f: b"sabme", 0x87: b"frmr",
})


cdef Names SUPERVISORY_FRAMES = names({
    0: b"Receiver Ready", 1: b"Receiver not Ready", 2: b"Reject",
})


cdef void say_role(Dissection *d, bint response, bint poll) noexcept nogil:
    if poll:
        say_either(d, response, b"Final", b"Poll")
    else:
        say_either(d, response, b"Response", b"Command")


cdef void say_header(Dissection *d, uint32_t dsap, uint32_t ssap, uint32_t control, bint unnumbered) noexcept nogil:
    say(d, b"LLC, dsap ")
    say_name_hex(d, name_of(&SAPS, dsap & 0xfe, b"Unknown"), dsap & 0xfe, 2)
    say_either(d, dsap & 1, b" Group", b" Individual")
    say(d, b", ssap ")
    say_name_hex(d, name_of(&SAPS, ssap & 0xfe, b"Unknown"), ssap & 0xfe, 2)
    say_char(d, b' ')
    say_role(d, ssap & 1, False)
    say(d, b", ctrl 0x")
    say_hex(d, control, 2 if unnumbered else 4)
    say(d, b": ")


cdef void say_peers(Dissection *d, uint32_t dsap, uint32_t ssap, const uint8_t *source, const uint8_t *target) noexcept nogil:
    """Addresses and service access points, where -e has not shown them already."""
    cdef bint addresses = source != NULL and target != NULL
    if addresses:
        say_mac(d, source)
        say_char(d, b' ')
    if dsap != ssap:
        say_named_hex(d, &SAPS, ssap, b"Unknown SSAP 0x", 2, b"")
        say(d, b" > ")
    elif addresses:
        say(d, b"> ")
    if addresses:
        say_mac(d, target)
        say_char(d, b' ')
    say_named_hex(d, &SAPS, dsap, b"Unknown DSAP 0x", 2, b"")
    say_char(d, b' ')


cdef int cut_off(Dissection *d, const uint8_t *p, uint32_t length) noexcept nogil:
    say_mark(d)
    say_hexdump_ascii(d, b"\n\t", p, left(d, p))
    return <int>min(length, left(d, p))


cdef int print_llc(
    Dissection *d, const uint8_t *p, uint32_t length, const uint8_t *source, const uint8_t *target) noexcept nogil:
    d.protocol = b"llc"
    if not has(d, p, 3) or length < 3:
        return cut_off(d, p, length)
    cdef uint32_t dsap = p[0] & 0xfe, ssap = p[1] & 0xfe, control = p[2]
    cdef bint response = p[1] & 1, unnumbered = control & 3 == 3
    cdef int header = 3
    if not unnumbered:
        if not has(d, p, 4) or length < 4:
            return cut_off(d, p, length)
        control = le16(d, p + 2)
        header = 4
    if p[0] == SAP_GLOBAL and p[1] == SAP_GLOBAL and known(LAYER_LLC, SAP_GLOBAL):
        dispatch(LAYER_LLC, SAP_GLOBAL, d, p, length)   # Novell's IPX without LLC header
        return 0
    if d.opt.link_header:
        say_header(d, p[0], p[1], control, unnumbered)
    p += header
    length -= header
    if control == UI and dsap == ssap:
        if dsap == SAP_SNAP:
            return header + SNAP_LENGTH if print_snap(d, p, length, source, target) else -(header + SNAP_LENGTH)
        if dsap == SAP_IP:
            dispatch(LAYER_ETHERTYPE, 0x0800, d, p, length)     # RFC 948
            return header
        if dispatch(LAYER_LLC, dsap, d, p, length):
            return header
    if not d.opt.link_header:
        say_peers(d, dsap, ssap, source, target)
    if unnumbered:
        return print_unnumbered(d, p, length, control, response)
    return print_numbered(d, length, control, response)


cdef int print_unnumbered(Dissection *d, const uint8_t *p, uint32_t length, uint32_t control, bint response) noexcept nogil:
    say(d, b"Unnumbered, ")
    say_named_hex(d, &COMMANDS, control & 0xef, b"", 2, b"")
    say(d, b", Flags [")
    say_role(d, response, control & POLL)
    say(d, b"], length ")
    say_dec(d, length + 3)
    if control & 0xef != XID:
        return -3
    if length == 0:
        return 3
    if not has(d, p, 1):
        say_mark(d)
        return 3
    if p[0] != 0x81:        # the basic format of IEEE 802.2 5.4.1.1.2
        return -3
    if not has(d, p, 3) or length < 3:
        cut_off(d, p, length)
    else:
        say(d, b": ")
        say_hex(d, p[1], 2)
        say_char(d, b' ')
        say_hex(d, p[2], 2)
    return 3


cdef int print_numbered(Dissection *d, uint32_t length, uint32_t control, bint response) noexcept nogil:
    cdef bint supervisory = control & 3 == 1
    if supervisory:
        say(d, b"Supervisory, ")
        say(d, name_of(&SUPERVISORY_FRAMES, control >> 2 & 3, b"?"))
    else:
        say(d, b"Information, send seq ")
        say_dec(d, control >> 1 & 0x7f)
    say(d, b", rcv seq ")
    say_dec(d, control >> 9)
    say(d, b", Flags [")
    say_role(d, response, control & POLL_NUMBERED)
    say(d, b"], length ")
    say_dec(d, length + 4)
    return 4 if supervisory else -4
