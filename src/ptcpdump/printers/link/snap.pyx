"""The subnetwork access protocol: EtherTypes and vendors' protocols behind LLC (IEEE 802, RFC 1042, RFC 2684)."""

from ptcpdump.printers.base.core cimport *
from ptcpdump.printers.link.ether cimport print_ether
from ptcpdump.printers.base.ethertypes cimport ETHERTYPES
from ptcpdump.printers.base.oui cimport OUIS
from ptcpdump.printers.base.tables cimport Names, name_of, names

cdef enum:
    OUI_ETHERNET = 0x000000
    OUI_CISCO = 0x00000c
    OUI_CISCO_90 = 0x0000f8
    OUI_BRIDGED = 0x0080c2
    OUI_APPLETALK = 0x080007


cdef Names CISCO_PROTOCOLS = names({
    0x2000: b"CDP", 0x2003: b"VTP", 0x2004: b"DTP", 0x0111: b"UDLD", 0x010b: b"PVST", 0x010c: b"VLAN Bridge",
})

# RFC 2684, section 5
cdef Names BRIDGED_FRAMES = names({
    1: b"Ethernet + FCS", 2: b"802.4 + FCS", 3: b"Token Ring + FCS", 4: b"FDDI + FCS", 7: b"Ethernet w/o FCS",
    8: b"802.4 w/o FCS", 9: b"Token Ring w/o FCS", 10: b"FDDI w/o FCS", 11: b"802.6 + FCS", 13: b"802.6 w/o FCS",
    14: b"BPDU",
})


cdef const char *pid_name(uint32_t oui, uint32_t pid) noexcept nogil:
    if oui == OUI_ETHERNET or oui == OUI_CISCO_90 or oui == OUI_APPLETALK:
        return name_of(&ETHERTYPES, pid, b"Unknown")
    if oui == OUI_CISCO:
        return name_of(&CISCO_PROTOCOLS, pid, b"Unknown")
    return name_of(&BRIDGED_FRAMES, pid if oui == OUI_BRIDGED else 0, b"Unknown")


cdef void say_snap(Dissection *d, uint32_t oui, uint32_t pid, uint32_t length) noexcept nogil:
    say_either(d, oui == OUI_ETHERNET, b"ethertype ", b"pid ")
    say_name_hex(d, pid_name(oui, pid), pid, 4)
    say(d, b", length ")
    say_dec(d, length)
    say(d, b": ")


cdef bint print_snap(
    Dissection *d, const uint8_t *p, uint32_t length, const uint8_t *source, const uint8_t *target) noexcept nogil:
    """The SNAP header and what follows; False when nobody knows that."""
    d.protocol = b"snap"
    if not has(d, p, SNAP_LENGTH) or length < SNAP_LENGTH:
        say_mark(d)
        return True
    cdef uint32_t oui = u24(d, p), pid = u16(d, p + 3)
    p += SNAP_LENGTH
    length -= SNAP_LENGTH
    if d.opt.link_header:
        say(d, b"oui ")
        say_name_hex(d, name_of(&OUIS, oui, b"Unknown"), oui, 6)
        say(d, b", ")
        say_snap(d, oui, pid, length)
    if print_snap_payload(d, oui, pid, p, length):
        return True
    if not d.opt.link_header:
        if source != NULL and target != NULL:
            say_mac(d, source)
            say(d, b" > ")
            say_mac(d, target)
            say_char(d, b' ')
        say(d, b"SNAP, ")
        if oui != OUI_ETHERNET:
            say(d, b"oui ")
            say_name_hex(d, name_of(&OUIS, oui, b"Unknown"), oui, 6)
            say(d, b", ")
        say_snap(d, oui, pid, length)
    return False


cdef bint print_snap_payload(Dissection *d, uint32_t oui, uint32_t pid, const uint8_t *p, uint32_t length) noexcept nogil:
    if oui == OUI_ETHERNET or oui == OUI_CISCO_90 or (oui == OUI_APPLETALK and pid == 0x809b):
        return dispatch(LAYER_ETHERTYPE, pid, d, p, length)
    if oui == OUI_CISCO and pid > 255:
        return dispatch(LAYER_LLC, pid, d, p, length)
    if oui == OUI_BRIDGED and (pid == 1 or pid == 7):
        need(d, p, 2)                   # two bytes of padding, RFC 2684 5.2
        if length < 2 or not enter(d):
            return False
        print_ether(d, p + 2, length - 2)
        leave(d)
        return True
    if oui == OUI_BRIDGED and pid == 14:
        return dispatch(LAYER_LLC, 0x42, d, p, length)
    return False
