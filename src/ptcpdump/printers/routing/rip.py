"""RIP of version 1 and 2 (RFC 1058, 2453, 2091, 4822) and RIPng (RFC 2080)."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

COMMANDS = {
    1: "Request", 2: "Response", 3: "Trace on", 4: "Trace off", 6: "Triggered Request", 7: "Triggered Response",
    8: "Triggered Acknowledgement", 9: "Update Request", 10: "Update Response", 11: "Update Acknowledge",
}  # fmt: skip
REQUEST, RESPONSE = 1, 2
FAMILIES = {2: "IPv4", 6: "NS", 7: "ISO", 16: "AppleTalk", 23: "IPX", 24: "IPv6", 28: "IPv6", 30: "IPv6"}
INET = 2
AUTHENTICATION = 0xFFFF
HEADER, ROUTE = 4, 20


class Invalid(Exception):  # noqa: N818 -- a condition of the packet, said in the line
    """The rest of the packet can't be understood."""


def print_rip(view: View) -> None:
    """A packet from or to port 520."""
    view.protocol = "rip"
    view.say("\n\tRIP" if view.verbose else "RIP")
    try:
        print_packet(view)
    except Invalid as error:
        view.say(f"{error} (invalid)")


def print_packet(view: View) -> None:
    """The header, and with -v the routes."""
    if view.length < HEADER:
        raise Invalid(f" [packet length {view.length} < {HEADER}]")
    version, command = view.u8(1), view.u8(0)
    view.say(f"v{version}")
    if version not in (1, 2):
        raise Invalid(" [version != 1 && version != 2]")
    view.say(f", {named(COMMANDS, command, 'unknown command ({})')}, length: {view.length}")
    view.u32(0)
    if not view.verbose:
        return
    if command in (REQUEST, RESPONSE):
        routes = (view.length - HEADER) // ROUTE
        view.say(f", routes: {routes}" if version == 1 else f", routes: {routes} or less")
        at = HEADER
        while at < view.length:
            rest = view.length - at
            size = print_route1(view, at, rest) if version == 1 else print_entry2(view, at, rest)
            if rest < size:
                raise Invalid(f" [remaining entries length {rest} < {size}]")
            at += size
        if view.verbose > 1:
            view.unknown("\n\t", at, view.length - at)
    elif command not in COMMANDS or view.verbose > 1:
        view.unknown("\n\t", HEADER, view.length - HEADER)


def print_route1(view: View, at: int, rest: int) -> int:
    """A route of version 1 (RFC 1058, section 3.1); returns its size."""
    if rest < ROUTE:
        raise Invalid(f" [remaining data length {rest} < {ROUTE}]")
    view.bytes(at, ROUTE)
    family = view.u16(at)
    if family not in (0, INET):
        view.say(f"\n\t AFI {named(FAMILIES, family, 'Unknown ({})')}, ")
        view.unknown("\n\t  ", at + 4, ROUTE - 4)
    elif view.u16(at + 2) or view.u64(at + 8):
        view.unknown("\n\t  ", at, ROUTE)
    else:
        view.say("\n\t  " if family else "\n\t  AFI 0, ")
        view.ip4(at + 4)
        view.say(f", metric: {view.u32(at + 16)}")
    return ROUTE


def print_entry2(view: View, at: int, rest: int) -> int:
    """A route or an authentication entry of version 2; returns its size."""
    if rest < 4:
        raise Invalid(f" [remaining data length {rest} < 4]")
    view.u32(at)
    family = view.u16(at)
    if family == AUTHENTICATION:
        return print_authentication(view, view.u16(at + 2), at + 4, rest - 4)
    if family not in (0, INET):
        view.say(f"\n\t  AFI {named(FAMILIES, family, 'Unknown ({})')}")
        view.unknown("\n\t  ", at + 4, ROUTE - 4)
        return ROUTE
    if rest < ROUTE:
        raise Invalid(f" [remaining data length {rest} < {ROUTE}]")
    address = ".".join(map(str, view.bytes(at + 4, 4)))
    view.say(f"\n\t  AFI {named(FAMILIES, family, '{}')}, {address:>15}/{mask_width(view.u32(at + 8)):<2}")
    view.say(f", tag 0x{view.u16(at + 2):04x}, metric: {view.u32(at + 16)}, next-hop: ")
    if view.u32(at + 12):
        view.ip4(at + 12)
    else:
        view.say("self")
    return ROUTE


def mask_width(mask: int) -> int:
    """Width of a netmask; -1 when its ones are not contiguous."""
    width = bin(mask).count("1")
    return width if mask == (0xFFFFFFFF << 32 - width) & 0xFFFFFFFF else -1


def print_authentication(view: View, kind: int, at: int, rest: int) -> int:
    """An authentication entry (RFC 2453, section 4.1; RFC 4822); returns its size with the header."""
    if kind == 2:
        view.say("\n\t  Simple Text Authentication data: ")
        for i in range(at, at + 16):
            if not view.u8(i):
                break
            view.safe(i, 1)
        return ROUTE
    if kind == 3:
        if rest < 16:
            raise Invalid(f" [remaining data length {rest} < 16]")
        view.say(f"\n\t  Auth header: Packet Len {view.u16(at)},")
        view.say(f" Key-ID {view.u8(at + 2)},")
        view.say(f" Auth Data Len {view.u8(at + 3)},")
        view.say(f" SeqNo {view.u32(at + 4)},")
        view.say(f" MBZ {view.u32(at + 8)},")
        view.say(f" MBZ {view.u32(at + 12)}")
        return ROUTE
    view.say("\n\t  Auth trailer:" if kind == 1 else f"\n\t  Unknown ({kind}) Authentication data:")
    view.unknown("\n\t  ", at, rest)
    return 4 + rest


def print_ripng(view: View) -> None:
    """A packet from or to port 521."""
    view.protocol = "ripng"
    version = view.u8(1)
    if version != 1:
        view.say(f" [vers {version}] (invalid)")
        return
    command = view.u8(0)
    if command not in (REQUEST, RESPONSE):
        view.say(f" ripng-{command} ?? {view.length} (invalid)")
        return
    rest = view.length - HEADER
    if rest < 0:
        view.say(" (invalid)")
        return
    entries, odd = divmod(rest, ROUTE)
    if command == REQUEST and entries == 1 and view.u8(HEADER + 19) == 16 and not any(view.bytes(HEADER, 16)):
        view.say(" ripng-req dump")
        return
    view.say(f" ripng-{'req' if command == REQUEST else 'resp'} {entries}{f'[{view.length}]' if odd else ''}:")
    for at in range(HEADER, HEADER + entries * ROUTE, ROUTE):
        view.say("\n\t" if view.verbose > 1 else " ")
        view.u8(at + 18)
        view.ip6(at)
        view.say(f"/{view.u8(at + 18)}")
        if view.u16(at + 16):
            view.say(f" [{view.u16(at + 16)}]")
        if view.u8(at + 19) and command == RESPONSE:
            view.say(f" ({view.u8(at + 19)})")
    if odd:
        view.say(" (invalid)")
