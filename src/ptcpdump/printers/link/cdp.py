"""Cisco discovery protocol, versions 1 and 2."""

from collections.abc import Callable

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names

CAPABILITIES = {
    0x01: "Router", 0x02: "Transparent Bridge", 0x04: "Source Route Bridge", 0x08: "L2 Switch", 0x10: "L3 capable",
    0x20: "IGMP snooping", 0x40: "L1 capable",
}  # fmt: skip
DEVICE = 1
NLPID_IP4 = b"\xcc"
SNAP_IP6 = bytes.fromhex("aaaa0300000086dd")


class ShortValue(Exception):  # noqa: N818 -- a condition of the packet, said in the line
    """A field that is shorter than its kind must be."""


def print_cdp(view: View) -> None:
    """The header, the device's name, and with -v all fields."""
    view.protocol = "cdp"
    if view.length < 4:
        view.say(f" (packet length {view.length} < 4) (invalid)")
        return
    view.say(f"CDPv{view.u8(0)}, ttl: {view.u8(1)}s")
    if view.verbose:
        view.say(f", checksum: 0x{view.u16(2):04x} (unverified), length {view.length}")
    at = 4
    while at + 4 <= view.length:
        kind, size = view.u16(at), view.u16(at + 2)
        name, printer = FIELDS.get(kind, ("unknown field type", None))
        if size < 4:
            shown = f"\n\t{name} (0x{kind:02x}), TLV length: {size} byte{'' if size == 1 else 's'} (too short)"
            view.say(shown if view.verbose else f", {name} TLV length {size} too short")
            view.say(" (invalid)")
            return
        if at + size > view.length:
            view.say(f" (TLV length {size} > {view.length - at}) (invalid)")
            return
        size -= 4
        view.bytes(at + 4, size)
        if view.verbose:
            view.say(f"\n\t{name} (0x{kind:02x}), value length: {size} byte{'' if size == 1 else 's'}: ")
        elif kind == DEVICE:
            view.say(", Device-ID ")
        if view.verbose or kind == DEVICE:
            print_field(view.sub(at + 4, size), printer)
        at += 4 + size
    if at < view.length:
        view.say(f" (remaining packet length {view.length - at} < 4) (invalid)")
        return
    if not view.verbose:
        view.say(f", length {view.length}")


def print_field(field: View, printer: Callable[[View], None] | None) -> None:
    """A field's value; one that is unknown or too short for its kind is shown as bytes."""
    try:
        if printer is not None:
            printer(field)
            return
    except ShortValue:
        field.say(" (malformed TLV)")
    field.unknown("\n\t  ", 0, field.length)


def needs(field: View, size: int) -> None:
    """Give up on a value shorter than `size`."""
    if field.length < size:
        raise ShortValue


def print_text(field: View) -> None:
    """A name, in quotes."""
    field.say("'")
    field.safe(0, field.length)
    field.say("'")


def print_addresses(field: View) -> None:
    """A list of network addresses, each with the protocol that it belongs to."""
    needs(field, 4)
    count, at = field.u32(0), 4
    while at < field.length and count:
        needs(field, at + 2)
        kind, size = field.u8(at), field.u8(at + 1)
        needs(field, at + 4 + size)
        protocol = field.bytes(at + 2, size)
        length = field.u16(at + 2 + size)
        address = at + 4 + size
        needs(field, address + length)
        if kind == 1 and protocol == NLPID_IP4 and length == 4:
            field.say(f"IPv4 ({count}) ")
            field.ip4(address)
        elif kind == 2 and protocol == SNAP_IP6 and length == 16:
            field.say(f"IPv6 ({count}) ")
            field.ip6(address)
        else:
            shown = "".join(f" {byte:02x}" for byte in field.bytes(address, length))
            field.say(f"pt=0x{kind:02x}, pl={size}, pb={''.join(f' {byte:02x}' for byte in protocol)}, ")
            field.say(f"al={length}, a={shown}")
        at = address + length
        count -= 1
        if count:
            field.say(" ")


def print_capabilities(field: View) -> None:
    """What the device is, as a set of flags."""
    needs(field, 4)
    field.say(f"(0x{field.u32(0):08x}): {flag_names(CAPABILITIES, field.u32(0))}")


def print_version(field: View) -> None:
    """The software, usually in several lines."""
    start = 0
    for line in field.bytes(0, field.length).split(b"\n"):
        field.say("\n\t  ")
        field.safe(start, len(line))
        start += len(line) + 1


def print_prefixes(field: View) -> None:
    """IPv4 prefixes that the device routes."""
    if field.length % 5:
        field.say(f" [length {field.length} is not a multiple of 5]")
        return
    field.say(f" IPv4 Prefixes ({field.length // 5}):")
    for at in range(0, field.length, 5):
        prefix = field.bytes(at, 5)
        field.say(f" {'.'.join(map(str, prefix[:4]))}/{prefix[4]}")


def print_nothing(_: View) -> None:
    """Fields whose layout nobody has told."""


def print_vlan(field: View) -> None:
    """The port's untagged VLAN."""
    needs(field, 2)
    field.say(str(field.u16(0)))


def print_duplex(field: View) -> None:
    """Whether the port is full duplex."""
    needs(field, 1)
    field.say("full" if field.u8(0) else "half")


def print_voice(field: View) -> None:
    """The VLAN for telephones."""
    needs(field, 3)
    field.say(f"app {field.u8(0)}, vlan {field.u16(1)}")


def print_power(field: View) -> None:
    """Power that the device draws, in milliwatts."""
    needs(field, 2)
    field.say(f"{int.from_bytes(field.bytes(0, min(field.length, 4))) / 1000:1.2f}W")


def print_mtu(field: View) -> None:
    """The interface's maximum transmission unit."""
    needs(field, 4)
    field.say(f"{field.u32(0)} bytes")


def print_byte(field: View) -> None:
    """A byte whose bits nobody has told."""
    needs(field, 1)
    field.say(f"0x{field.u8(0):02x}")


def print_location(field: View) -> None:
    """A place, behind a byte for its kind."""
    print_byte(field)
    if field.length > 1:
        field.say("/")
        field.safe(1, field.length - 1)


FIELDS: dict[int, tuple[str, Callable[[View], None]]] = {
    0x01: ("Device-ID", print_text),
    0x02: ("Address", print_addresses),
    0x03: ("Port-ID", print_text),
    0x04: ("Capability", print_capabilities),
    0x05: ("Version String", print_version),
    0x06: ("Platform", print_text),
    0x07: ("Prefixes", print_prefixes),
    0x08: ("Protocol-Hello option", print_nothing),
    0x09: ("VTP Management Domain", print_text),
    0x0A: ("Native VLAN ID", print_vlan),
    0x0B: ("Duplex", print_duplex),
    0x0E: ("ATA-186 VoIP VLAN assignment", print_voice),
    0x10: ("power consumption", print_power),
    0x11: ("MTU", print_mtu),
    0x12: ("AVVID trust bitmap", print_byte),
    0x13: ("AVVID untrusted ports CoS", print_byte),
    0x14: ("System Name", print_text),
    0x15: ("System Object ID (not decoded)", print_nothing),
    0x16: ("Management Addresses", print_addresses),
    0x17: ("Physical Location", print_location),
}
