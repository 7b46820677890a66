"""The data of DHCPv4's options (RFC 2132 and the options' own RFCs)."""

from collections.abc import Callable

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named, signed
from ptcpdump.printers.management import dhcp_tables as tables

# The forms: each prints `length` bytes at `at` and returns how many of them it had no use for.


def form_address(view: View, at: int, length: int) -> int:
    """IPv4 addresses."""
    for i in range(0, length - 3, 4):
        view.say("," if i else "")
        view.ip4(at + i)
    return length % 4


def form_pairs(view: View, at: int, length: int) -> int:
    """Pairs of IPv4 addresses, as in static routes."""
    if length < 8 or length % 8:
        view.say(f"{'' if length else ' '}[length != N x 8 bytes]")
        return 0
    for i in range(0, length, 8):
        view.say(",(" if i else "(")
        view.ip4(at + i)
        view.say(":")
        view.ip4(at + i + 4)
        view.say(")")
    return 0


def form_unsigned(view: View, at: int, length: int) -> int:
    """32-bit numbers."""
    view.say(",".join(str(view.u32(at + i)) for i in range(0, length - 3, 4)))
    return length % 4


def form_signed(view: View, at: int, length: int) -> int:
    """32-bit numbers with a sign."""
    view.say(",".join(str(signed(view.u32(at + i))) for i in range(0, length - 3, 4)))
    return length % 4


def form_shorts(view: View, at: int, length: int) -> int:
    """16-bit numbers."""
    view.say(",".join(str(view.u16(at + i)) for i in range(0, length - 1, 2)))
    return length % 2


def form_dotted(view: View, at: int, length: int) -> int:
    """Bytes in decimal with dots."""
    view.say(".".join(map(str, view.bytes(at, length))))
    return 0


def form_text(view: View, at: int, length: int) -> int:
    """A string."""
    view.say('"')
    view.safe(at, length)
    view.say('"')
    return 0


def form_flag(view: View, at: int, length: int) -> int:
    """A truth value."""
    if length != 1:
        view.say(f"{'' if length else ' '}[length != 1 byte]")
    else:
        view.say(named({0: "N", 1: "Y"}, view.u8(at), "{}?"))
    return 0


FORMS: dict[str, Callable[[View, int, int], int]] = {
    "address": form_address, "pairs": form_pairs, "unsigned": form_unsigned, "signed": form_signed,
    "shorts": form_shorts, "dotted": form_dotted, "text": form_text, "flag": form_flag,
}  # fmt: skip


# The options with a form of their own


def too_short(view: View, length: int, least: int) -> bool:
    """Say so when an option is shorter than it may be."""
    if length < least:
        view.say(f"{'' if length else ' '}[length < {least} byte{'s' if least > 1 else ''}]")
    return length < least


def print_netbios_node(view: View, at: int, length: int) -> int:
    """Option 46 (RFC 2132, section 8.7)."""
    if too_short(view, length, 1):
        return 0
    view.say(named(tables.NETBIOS_NODES, view.u8(at)))
    return length - 1


def print_overload(view: View, at: int, length: int) -> int:
    """Option 52 (RFC 2132, section 9.3)."""
    if too_short(view, length, 1):
        return 0
    view.say(named(tables.OVERLOAD, view.u8(at)))
    return length - 1


def print_client_id(view: View, at: int, length: int) -> int:
    """Option 61 (RFC 2132, section 9.14): a string, or an address with its hardware type."""
    if too_short(view, length, 1):
        return 0
    kind = view.u8(at)
    if kind == 0:
        return form_text(view, at + 1, length - 1)
    view.say(named(tables.HARDWARE, kind, "hardware-type {},") + " ")
    view.say(view.bytes(at + 1, length - 1).hex(":"))
    return 0


def print_user_class(view: View, at: int, length: int) -> int:
    """Option 77 (RFC 3004): strings, each behind its length."""
    if too_short(view, length, 2):
        return 0
    end, number = at + length, 1
    while at < end:
        size = view.u8(at)
        at += 1
        view.say(f"\n\t      instance#{number}: ")
        if size == 0:
            view.say("[suboption length must be non-zero]")
            return 0
        if size > end - at:
            view.say("[invalid option]")
            return 0
        form_text(view, at, size)
        view.say(f", length {size}")
        at += size
        number += 1
    return 0


def print_fqdn(view: View, at: int, length: int) -> int:
    """Option 81 (RFC 4702): flags, two result codes, a name."""
    if too_short(view, length, 3):
        return 0
    flags = view.u8(at)
    if flags & 0xF0:
        view.say(f"[MBZ nibble 0x{flags >> 4:x} != 0] ")
    if flags & 0x0F:
        view.say("[" + "".join(name for bit, name in tables.FQDN_FLAGS.items() if flags & bit) + "] ")
    if view.u16(at + 1):
        view.say(f"{view.u8(at + 1)}/{view.u8(at + 2)} ")
    return form_text(view, at + 3, length - 3)


def print_agent(view: View, at: int, length: int) -> int:
    """Option 82 (RFC 3046): what a relay agent adds."""
    end = at + length
    while end - at >= 2:
        kind, size = view.u8(at), view.u8(at + 1)
        at += 2
        view.say(f"\n\t      {named(tables.AGENT, kind, 'Unknown')} SubOption {kind}, length {size}: ")
        if size > end - at:
            view.say("length goes past end of option")
            return 0
        if kind in tables.AGENT:
            view.safe(at, size)
        else:
            view.unknown("\n\t\t", at, size)
        at += size
    return end - at


def print_ipv6_only(view: View, at: int, length: int) -> int:
    """Option 108 (RFC 8925): seconds without IPv4."""
    if length != 4:
        view.say(f"{'' if length else ' '}[length != 4 bytes]")
    else:
        view.say(str(view.u32(at)))
    return 0


def print_classless_routes(view: View, at: int, length: int) -> int:
    """Option 121, and 249 of Microsoft (RFC 3442): mask width, the octets of the net that matter, router."""
    if too_short(view, length, 5):
        return 0
    end, start = at + length, at
    while at < end:
        view.say("," if at > start else "")
        width = view.u8(at)
        octets = (width + 7) // 8
        at += 1
        if width > 32:
            view.say(f"[Mask width ({width}) > 32]")
            return 0
        if end - at < octets + 4:
            view.say(f"[Remaining length ({end - at}) < {octets + 4} bytes]")
            return 0
        net = ".".join(map(str, view.bytes(at, octets).ljust(4, b"\0")))
        view.say(f"({net}/{width}:" if width else "(default:")
        view.ip4(at + octets)
        view.say(")")
        at += octets + 4
    return 0


def print_sztp(view: View, at: int, length: int) -> int:
    """Option 143 (RFC 8572, section 8.3): URIs of bootstrap servers."""
    end = at + length
    while end - at >= 2:
        size = view.u16(at)
        at += 2
        view.say(f"\n\t\t    length {size}: ")
        if size > end - at:
            view.say("length goes past end of option")
            return 0
        form_text(view, at, size)
        at += size
    if at < end:
        view.say("[length < 2 bytes]")
    return end - at


SPECIAL: dict[int, Callable[[View, int, int], int]] = {
    46: print_netbios_node, 52: print_overload, 61: print_client_id, 77: print_user_class,
    81: print_fqdn, 82: print_agent, 108: print_ipv6_only, 121: print_classless_routes,
    143: print_sztp, 249: print_classless_routes,
}  # fmt: skip
