"""Spanning tree: STP, RSTP and MSTP (IEEE 802.1D-2004 section 9, 802.1Q-2018 section 14)."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names, named

VERSIONS = {0: "802.1d", 2: "802.1w", 3: "802.1s", 4: "802.1aq"}
RSTP, MSTP, SPB = 2, 3, 4
KINDS = {0x00: "Config", 0x02: "Rapid STP", 0x80: "Topology Change"}
CONFIGURATION, RAPID = 0x00, 0x02
FLAGS = {
    0x01: "Topology change", 0x02: "Proposal", 0x10: "Learn", 0x20: "Forward", 0x40: "Agreement",
    0x80: "Topology change ACK",
}  # fmt: skip
ROLES = {0: "Unknown", 1: "Alternate", 2: "Root", 3: "Designated"}
CONFIGURATION_LENGTH, RAPID_LENGTH, MULTIPLE_LENGTH = 35, 36, 102
INSTANCE_LENGTH = 16


def print_stp(view: View) -> None:
    """A bridge protocol data unit."""
    view.protocol = "stp"
    if view.length < 4:
        view.say(" (invalid)")
        return
    if view.u16(0):
        view.say(f"unknown STP version, length {view.length}")
        return
    version = view.u8(2)
    view.say(f"STP {named(VERSIONS, version, 'Unknown STP protocol (0x{:02x})')}")
    if version not in VERSIONS:
        return
    kind = view.u8(3)
    view.say(f", {named(KINDS, kind, 'Unknown BPDU Type (0x{:02x})')}")
    if kind == CONFIGURATION:
        print_configuration(view, CONFIGURATION_LENGTH)
    elif kind == RAPID and version == RSTP:
        print_configuration(view, RAPID_LENGTH)
    elif kind == RAPID and version in (MSTP, SPB):
        print_multiple(view)


def print_configuration(view: View, least: int) -> None:
    """The fields that STP and RSTP share."""
    if view.length < least:
        view.say(" (invalid)")
        return
    flags = view.u8(4)
    view.say(f", Flags [{flag_names(FLAGS, flags)}], bridge-id {bridge(view, 17)}.{view.u16(25):04x}")
    view.say(f", length {view.length}")
    if not view.verbose:
        return
    view.say(f"\n\t{times(view)}\n\troot-id {bridge(view, 5)}, root-pathcost {view.u32(13)}")
    if view.u8(3) == RAPID:
        view.say(f", port-role {ROLES[flags >> 2 & 3]}")


def print_multiple(view: View) -> None:
    """The common and internal spanning tree, then each instance."""
    if view.length < MULTIPLE_LENGTH or view.u8(35) or view.length < 38 + view.u16(36):
        view.say(" (invalid)")
        return
    flags = view.u8(4)
    view.say(f", CIST Flags [{flag_names(FLAGS, flags)}], length {view.length}")
    if not view.verbose:
        return
    view.say(f"\n\tport-role {ROLES[flags >> 2 & 3]}, CIST root-id {bridge(view, 5)}, ")
    view.say(f"CIST ext-pathcost {view.u32(13)}\n\tCIST regional-root-id {bridge(view, 17)}, ")
    view.say(f"CIST port-id {view.u16(25):04x},\n\t{times(view)}\n\tv3len {view.u16(36)}, MCID Name ")
    name = view.bytes(39, 32)
    view.safe(39, name.index(0) if 0 in name else len(name))
    view.say(f", rev {view.u16(71)},\n\t\tdigest {view.bytes(73, 16).hex()}, CIST int-root-pathcost {view.u32(89)},")
    view.say(f"\n\tCIST bridge-id {bridge(view, 93)}, CIST remaining-hops {view.u8(101)}")
    end = 38 + view.u16(36)
    for at in range(MULTIPLE_LENGTH, end - INSTANCE_LENGTH + 1, INSTANCE_LENGTH):
        print_instance(view, at)


def print_instance(view: View, at: int) -> None:
    """One multiple spanning tree instance."""
    flags = view.u8(at)
    view.say(f"\n\tMSTI {view.u16(at + 1) & 0xFFF}, Flags [{flag_names(FLAGS, flags)}], ")
    view.say(f"port-role {ROLES[flags >> 2 & 3]}\n\t\tMSTI regional-root-id {bridge(view, at + 1)}, ")
    view.say(f"pathcost {view.u32(at + 9)}\n\t\tMSTI bridge-prio {view.u8(at + 13) >> 4}, ")
    view.say(f"port-prio {view.u8(at + 14) >> 4}, hops {view.u8(at + 15)}")


def bridge(view: View, at: int) -> str:
    """A bridge identifier: priority and address."""
    return f"{view.u16(at):04x}.{view.bytes(at + 2, 6).hex(':')}"


def times(view: View) -> str:
    """The four times, in units of 1/256 s."""
    fields = ("message-age", "max-age", "hello-time", "forwarding-delay")
    return ", ".join(f"{name} {view.u16(27 + 2 * i) / 256:.2f}s" for i, name in enumerate(fields))
