"""Link layer discovery (IEEE 802.1AB)."""

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import flag_names, named
from ptcpdump.printers.link import lldp_tables as tables
from ptcpdump.printers.link.lldp_private import print_private

CHASSIS_MAC, CHASSIS_NETWORK, PORT_MAC, PORT_NETWORK = 4, 5, 3, 4
END, CHASSIS, PORT, TTL, PORT_TEXT, SYSTEM_NAME, SYSTEM_TEXT, CAPABILITIES, MANAGEMENT, PRIVATE = (*range(9), 127)
LEAST = {CHASSIS: 2, PORT: 2, TTL: 2, CAPABILITIES: 4, MANAGEMENT: 9, PRIVATE: 4}


def print_lldp(view: View) -> None:
    """The system's name, and with -v all that it says."""
    view.protocol = "lldp"
    view.say(f"LLDP, length {view.length}")
    at = 0
    while at + 2 <= view.length:
        header = view.u16(at)
        kind, size = header >> 9, header & 0x1FF
        if view.verbose:
            view.say(f"\n\t{named(tables.TLVS, kind, 'Unknown')} TLV ({kind}), length {size}")
        if kind != END and size == 0:
            return
        at += 2
        if at + size > view.length or (view.verbose and size < LEAST.get(kind, 0)):
            raise Truncated
        view.bytes(at, size)
        print_tlv(view.sub(at, size), kind)
        if kind == END:
            return
        at += size


def print_tlv(tlv: View, kind: int) -> None:
    """One element; with -vv also as bytes, which are all there is of an unknown one."""
    if not tlv.verbose:
        if kind == SYSTEM_NAME:
            tlv.say(": ")
            tlv.safe(0, tlv.length)
        return
    printer = PRINTERS.get(kind)
    known = printer is not None and printer(tlv)
    if kind != END and (tlv.verbose > 1 or not known):
        tlv.unknown("\n\t  ", 0, tlv.length)


def print_end(_: View) -> bool:
    """Nothing is in the last element."""
    return True


def print_chassis(tlv: View) -> bool:
    """What identifies the system."""
    kind = tlv.u8(0)
    tlv.say(f"\n\t  Subtype {named(tables.CHASSIS, kind, 'Unknown')} ({kind}): ")
    return print_identity(tlv, kind in tables.CHASSIS, kind == CHASSIS_MAC, kind == CHASSIS_NETWORK)


def print_port(tlv: View) -> bool:
    """What identifies its port."""
    kind = tlv.u8(0)
    tlv.say(f"\n\t  Subtype {named(tables.PORT, kind, 'Unknown')} ({kind}): ")
    return print_identity(tlv, kind in tables.PORT, kind == PORT_MAC, kind == PORT_NETWORK)


def print_identity(tlv: View, known: bool, mac: bool, network: bool) -> bool:
    """What identifies a chassis or port: an address or a text, behind its kind."""
    if mac:
        if tlv.length < 7:
            raise Truncated
        tlv.mac(1)
    elif network:
        print_address(tlv, 1, tlv.length - 1)
    elif known:
        tlv.safe(1, tlv.length - 1)
    return known


def print_address(tlv: View, at: int, size: int) -> None:
    """An address family number of IANA and an address."""
    family = tlv.u8(at)
    if family == 1 and size >= 5:
        tlv.say("AFI IPv4 (1): ")
        tlv.ip4(at + 1)
    elif family == 2 and size >= 17:
        tlv.say("AFI IPv6 (2): ")
        tlv.ip6(at + 1)
    else:
        tlv.say(f"AFI {named(tables.FAMILIES, family, 'Unknown')} ({family}), no AF printer !")


def print_ttl(tlv: View) -> bool:
    """How long this may be believed, in seconds."""
    tlv.say(f": TTL {tlv.u16(0)}s")
    return True


def print_text(tlv: View) -> bool:
    """A short text, on the same line."""
    tlv.say(": ")
    tlv.safe(0, tlv.length)
    return True


def print_long_text(tlv: View) -> bool:
    """A text that may be long, on its own line."""
    tlv.say("\n\t  ")
    tlv.safe(0, tlv.length)
    return True


def print_capabilities(tlv: View) -> bool:
    """What the system can be, and which of it is switched on."""
    system, enabled = tlv.u16(0), tlv.u16(2)
    tlv.say(f"\n\t  System  Capabilities [{flag_names(tables.CAPABILITIES, system)}] (0x{system:04x})")
    tlv.say(f"\n\t  Enabled Capabilities [{flag_names(tables.CAPABILITIES, enabled)}] (0x{enabled:04x})")
    return True


def print_management(tlv: View) -> bool:
    """An address under which the system is managed, and its interface."""
    size = tlv.u8(0)
    if size < 2 or tlv.length < size + 7:
        raise Truncated
    tlv.say(f"\n\t  Management Address length {size}, ")
    print_address(tlv, 1, size)
    numbering = tlv.u8(1 + size)
    tlv.say(f"\n\t  {named(tables.NUMBERING, numbering, 'Unknown')} Interface Numbering ({numbering}): ")
    tlv.say(str(tlv.u32(2 + size)))
    oid = tlv.u8(6 + size)
    if oid:
        if tlv.length < 7 + size + oid:
            raise Truncated
        tlv.say(f"\n\t  OID length {oid}")
        tlv.safe(7 + size, oid)
    return True


PRINTERS = {
    END: print_end, CHASSIS: print_chassis, PORT: print_port, TTL: print_ttl, PORT_TEXT: print_text,
    SYSTEM_NAME: print_text, SYSTEM_TEXT: print_long_text, CAPABILITIES: print_capabilities,
    MANAGEMENT: print_management, PRIVATE: print_private,
}  # fmt: skip
