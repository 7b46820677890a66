"""BOOTP (RFC 951) and DHCP for IPv4 (RFC 2131): the message and the walk through its options."""

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import named
from ptcpdump.printers.management import dhcp_tables as tables
from ptcpdump.printers.management.dhcp_options import FORMS, SPECIAL

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
