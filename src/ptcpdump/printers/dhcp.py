"""BOOTP (RFC 951) and DHCP for IPv4 (RFC 2131, 2132 and the options' own RFCs)."""

from collections.abc import Callable

from ptcpdump.printers import dhcp_tables as tables
from ptcpdump.printers.core import Truncated, View
from ptcpdump.printers.words import named, signed

# Offsets in the fixed part (RFC 951, section 3)
HOPS, XID, SECS, FLAGS, CIADDR, CHADDR, SNAME, FILE, VENDOR = 3, 4, 8, 10, 12, 28, 44, 108, 236
REQUEST, REPLY = 1, 2
ETHERNET, MAC_LENGTH = 1, 6
COOKIE_RFC1048, COOKIE_CMU = 0x63825363, 0x434D5500
BROADCAST = 0x8000
PAD, MESSAGE_TYPE, PARAMETER_REQUEST, END = 0, 53, 55, 255


def print_bootp(view: View) -> None:
    """A message from or to port 67 or 68."""
    view.protocol = "bootp"
    op = view.u8(0)
    view.say(f"BOOTP/DHCP, {named({REQUEST: 'Request', REPLY: 'Reply'}, op, 'unknown (0x{:02x})')}")
    htype, hlen = view.u8(1), view.u8(2)
    ethernet = htype == ETHERNET and hlen == MAC_LENGTH
    if ethernet and op == REQUEST:
        view.bytes(CHADDR, MAC_LENGTH)
        view.say(" from ")
        view.mac(CHADDR)
    view.say(f", length {view.length}")
    if not view.verbose:
        return
    view.u16(SECS)
    if htype != ETHERNET:
        view.say(f", htype {htype}")
    if not ethernet:
        view.say(f", hlen {hlen}")
    for name, value in (("hops ", view.u8(HOPS)), ("xid 0x", view.u32(XID)), ("secs ", view.u16(SECS))):
        if value:
            view.say(f", {name}{value:x}" if name.endswith("x") else f", {name}{value}")
    print_fixed(view, ethernet)


def print_fixed(view: View, ethernet: bool) -> None:
    """Flags, addresses and names of the fixed part, and what follows it."""
    flags = view.u16(FLAGS)
    view.say(f", Flags [{'Broadcast' if flags & BROADCAST else 'none'}]")
    if view.verbose > 1:
        view.say(f" (0x{flags:04x})")
    for i, name in enumerate(("Client-IP", "Your-IP", "Server-IP", "Gateway-IP")):
        if view.u32(CIADDR + 4 * i):
            view.say(f"\n\t  {name} ")
            view.ip4(CIADDR + 4 * i)
    if ethernet:
        view.bytes(CHADDR, MAC_LENGTH)
        view.say("\n\t  Client-Ethernet-Address ")
        view.mac(CHADDR)
    for name, at, size in (("sname", SNAME, 64), ("file", FILE, 128)):
        if view.u8(at):
            view.say(f'\n\t  {name} "')
            terminated = print_terminated(view, at, size)
            view.say('"')
            if not terminated:
                view.say(" (invalid)")
                return
    print_vendor(view)


def print_terminated(view: View, at: int, size: int) -> bool:
    """Text up to a NUL; False when there is none within size."""
    for i in range(at, at + size):
        if view.u8(i) == 0:
            return True
        view.safe(i, 1)
    return False


def print_vendor(view: View) -> None:
    """The vendor area by its magic cookie."""
    cookie = view.u32(VENDOR)
    if cookie == COOKIE_RFC1048:
        view.say(f"\n\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x{cookie:08x}")
        print_options(view, VENDOR + 4)
    elif cookie == COOKIE_CMU:
        print_cmu(view)
    elif cookie:
        view.say(f"\n\t  Vendor-#0x{cookie:x}")


def print_cmu(view: View) -> None:
    """The vendor area of CMU clients, older than RFC 1048."""
    view.say(" vend-cmu")
    flags = view.u8(VENDOR + 4)
    if flags & ~1:
        view.say(f" F:0x{flags:x}")
    mask = "SM" if flags & 1 else "SM*"
    places = (("DG", 12), (mask, 8), ("NS1", 16), ("NS2", 20), ("IEN1", 24), ("IEN2", 28), ("TS1", 32), ("TS2", 36))
    for name, at in places:
        if view.u32(VENDOR + at):
            view.say(f" {name}:")
            view.ip4(VENDOR + at)


def print_options(view: View, at: int) -> None:
    """The options up to END; with -vvv padding and END are shown too."""
    while view.has(at):
        tag = view.u8(at)
        at += 1
        if tag in (PAD, END) and view.verbose < 3:
            if tag == END:
                return
            continue
        length = 0
        if tag not in (PAD, END):
            length = view.u8(at)
            at += 1
        name, form = tables.OPTIONS.get(tag, ("Unknown", ""))
        view.say(f"\n\t    {name} ({tag}), length {length}{': ' if length else ''}")
        if tag == PAD:
            at = print_padding(view, at)
        if not view.has(at, length):
            raise Truncated
        rest = length
        if tag == MESSAGE_TYPE and length == 1:
            view.say(named(tables.MESSAGES, view.u8(at), "Unknown ({})"))
            rest = 0
        elif tag == PARAMETER_REQUEST:
            print_requested(view, at, length)
            rest = 0
        elif tag not in (PAD, END):
            form = form or ("dotted" if length & 1 else "shorts" if length & 2 else "unsigned")
            rest = (SPECIAL[tag] if form == "special" else FORMS[form])(view, at, length)
        if rest:
            view.say(f"\n\t  trailing data length {rest}")
        at += length


def print_padding(view: View, at: int) -> int:
    """Count a run of PAD options; returns where it ends."""
    start = at
    while view.has(at) and view.u8(at) == PAD:
        at += 1
    if at > start:
        view.say(f", occurs {at - start + 1}")
    return at


def print_requested(view: View, at: int, length: int) -> None:
    """The options that a client asks for, four a line."""
    for i, tag in enumerate(view.bytes(at, length)):
        view.say(", " if i % 4 else "\n\t      ")
        view.say(f"{tables.OPTIONS.get(tag, ('Unknown', ''))[0]} ({tag})")


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
        view.say(f"\n\t      {tables.AGENT.get(kind, 'Unknown')} SubOption {kind}, length {size}: ")
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
