"""What organisations put into LLDP: IEEE 802.1Q annex D, IEEE 802.3 section 79, and LLDP-MED (ANSI/TIA-1057)."""

from ptcpdump.printers.base.oui import name_of_oui
from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names, named
from ptcpdump.printers.link import lldp_tables as tables

BRIDGING, ETHERNET, MEDIA = 0x0080C2, 0x00120F, 0x0012BB
HEADER = 4              # organisation and subtype
LOCATION = 3            # of LLDP-MED: shown as bytes


def print_private(tlv: View) -> bool:
    """An organisation's element; False when nobody knows what is in it."""
    oui, kind = tlv.u24(0), tlv.u8(3)
    tlv.say(f": OUI {name_of_oui(oui) or 'Unknown'} (0x{oui:06x})")
    if oui not in SUBTYPES:
        return False
    names, printer = SUBTYPES[oui]
    tlv.say(f"\n\t  {named(names, kind, 'unknown')} Subtype ({kind})")
    return printer(tlv, kind, tlv.length - HEADER)


def print_bridging(tlv: View, kind: int, size: int) -> bool:
    """VLANs and protocols of a bridge's port; its traffic classes (802.1Qaz) are only named."""
    if kind == 1 and size >= 2:
        tlv.say(f"\n\t    port vlan id (PVID): {tlv.u16(4)}")
    elif kind == 2 and size >= 3:
        flags = tlv.u8(4)
        tlv.say(f"\n\t    port and protocol vlan id (PPVID): {tlv.u16(5)}, ")
        tlv.say(f"flags [{flag_names(tables.PROTOCOL_VLAN, flags)}] (0x{flags:02x})")
    elif kind == 3 and size >= 3 and size >= 3 + tlv.u8(6):
        tlv.say(f"\n\t    vlan id (VID): {tlv.u16(4)}\n\t    vlan name: ")
        tlv.safe(7, tlv.u8(6))
    elif kind == 4 and size >= 1 and size >= 1 + tlv.u8(4):
        tlv.say("\n\t    protocol identity: ")
        tlv.safe(5, len(tlv.bytes(5, tlv.u8(4)).partition(b"\0")[0]))
    return kind <= 4


def print_ethernet(tlv: View, kind: int, size: int) -> bool:
    """Speed, power, aggregation and frame size of a port."""
    if kind == 1 and size >= 5:
        status, able, mau = tlv.u8(4), tlv.u16(5), tlv.u16(7)
        tlv.say(f"\n\t    autonegotiation [{flag_names(tables.NEGOTIATION, status)}] (0x{status:02x})")
        tlv.say(f"\n\t    PMD autoneg capability [{flag_names(tables.NEGOTIABLE, able)}] (0x{able:04x})")
        tlv.say(f"\n\t    MAU type {named(tables.MAU, mau, 'unknown')} (0x{mau:04x})")
    elif kind == 2 and size >= 3:
        tlv.say(f"\n\t    MDI power support [{flag_names(tables.POWER_SUPPORT, tlv.u8(4))}], ")
        tlv.say(f"power pair {named(tables.POWER_PAIR, tlv.u8(5), 'unknown')}, ")
        tlv.say(f"power class {named(tables.POWER_CLASS, tlv.u8(6), 'unknown')}")
    elif kind == 3 and size >= 5:
        tlv.say(f"\n\t    aggregation status [{flag_names(tables.AGGREGATION, tlv.u8(4))}], ")
        tlv.say(f"aggregation port ID {tlv.u32(5)}")
    elif kind == 4 and size >= 2:
        # 802.3 counts the frame from the destination address to the check sequence
        tlv.say(f"\n\t    MTU size {tlv.u16(4)}")
    return kind in tables.ETHERNET


def print_media(tlv: View, kind: int, size: int) -> bool:
    """What a telephone and its switch tell each other."""
    if kind == 1 and size >= 3:
        able, device = tlv.u16(4), tlv.u8(6)
        tlv.say(f"\n\t    Media capabilities [{flag_names(tables.MEDIA_CAPABILITIES, able)}] (0x{able:04x})")
        tlv.say(f"\n\t    Device type [{named(tables.DEVICES, device, 'unknown')}] (0x{device:02x})")
    elif kind == 2 and size >= 4:
        application, policy = tlv.u8(4), tlv.u24(5)
        tlv.say(f"\n\t    Application type [{named(tables.APPLICATIONS, application, 'none')}] (0x{application:02x}), ")
        tlv.say(f"Flags [{flag_names(tables.POLICY_FLAGS, policy >> 8 & 0xE000)}]")
        tlv.say(f"\n\t    Vlan id {policy >> 9 & 0xFFF}, L2 priority {policy >> 6 & 7}, DSCP value {policy & 63}")
    elif kind == 4 and size >= 3:
        power = tlv.u8(4)
        tlv.say(f"\n\t    Power type [{named(tables.POWER_TYPES, power >> 6, 'unknown')}], ")
        tlv.say(f"Power source [{tables.POWER_SOURCES[power >> 4 & 3]}]")
        tlv.say(f"\n\t    Power priority [{named(tables.POWER_PRIORITIES, power & 15, 'none')}] ")
        tlv.say(f"(0x{power & 15:02x}), Power {tlv.u16(5) / 10:.1f} Watts")
    elif kind in tables.INVENTORY:
        tlv.say(f"\n\t  {tables.INVENTORY[kind]} ")
        tlv.safe(4, size)
    return kind in tables.MEDIA and kind != LOCATION


SUBTYPES = {
    BRIDGING: (tables.BRIDGING, print_bridging),
    ETHERNET: (tables.ETHERNET, print_ethernet),
    MEDIA: (tables.MEDIA, print_media),
}
