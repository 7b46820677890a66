"""RPL, the routing protocol for low-power networks: ICMPv6 type 155 (RFC 6550)."""

from ptcpdump.printers.base.view import View

MODES = ("nonstoring", "storing", "nonstoring-multicast", "storing-multicast")
OPTIONS = {
    0: "pad1",
    1: "padN",
    2: "metrics",
    3: "routinginfo",
    4: "config",
    5: "rpltarget",
    6: "transitinfo",
    8: "destprefix",
    9: "rpltargetdesc",
}
DODAG_ID = 16
BASE = 4  # the RPL message starts behind the ICMPv6 type, code and checksum


def print_rpl(view: View) -> None:
    """Print an RPL control message; `view` starts at the ICMPv6 header."""
    code = view.u8(1)
    if code & 0x80:
        # RFC 6550 section 6.1: the body behind the security section may be encrypted
        view.say(", (SEC) [worktodo]")
        return
    view.say(", (CLR)")
    name, details = MESSAGES.get(code, (f"RPL message, unknown code {code}", None))
    view.say(name)
    if view.verbose and details is not None:
        details(view, BASE, view.length - BASE)


def information_object(view: View, at: int, length: int) -> None:
    """DODAG Information Object, section 6.3."""
    if length < 8 + DODAG_ID:
        view.say(f" [length {length} < {8 + DODAG_ID}] (invalid)")
        return
    mode = view.u8(at + 4)
    view.bytes(at, 8 + DODAG_ID)
    view.say(" [dagid:")
    view.ip6(at + 8)
    view.say(
        f",seq:{view.u8(at + 5)},instance:{view.u8(at)},rank:{view.u16(at + 2)},"
        f"{'grounded,' if mode & 0x80 else ''}mop:{mode_name(mode >> 3 & 7)},prf:{mode & 7}]"
    )
    options(view, at + 8 + DODAG_ID, length - 8 - DODAG_ID)


def mode_name(mode: int) -> str:
    """Mode of operation, section 6.3.1."""
    return MODES[mode] if mode < len(MODES) else f"mop{mode}"


def advertisement_object(view: View, at: int, length: int) -> None:
    """Destination Advertisement Object, section 6.4."""
    if length < 4:
        view.say(f" [length {length} < 4] (invalid)")
        return
    flags = view.u8(at + 1)
    with_id = flags & 0x40 != 0
    size = dodag_id(view, at, length, with_id)
    if size == 0:
        return
    view.say(
        f",seq:{view.u8(at + 3)},instance:{view.u8(at)}{',acK' if flags & 0x80 else ''}"
        f"{',Dagid' if with_id else ''},flags:{flags:02x}]"
    )
    options(view, at + size, length - size)


def acknowledgement(view: View, at: int, length: int) -> None:
    """DAO-ACK, section 6.5."""
    if length < 4:
        view.say(f" [length {length} < 4] (invalid)")
        return
    size = dodag_id(view, at, length, view.u8(at + 1) & 0x80 != 0)
    if size == 0:
        return
    view.say(f",seq:{view.u8(at + 2)},instance:{view.u8(at)},status:{view.u8(at + 3)}]")
    options(view, at + size, length - size)


def dodag_id(view: View, at: int, length: int, present: bool) -> int:
    """Open the list of fields with the DODAG's identifier; the header's size, 0 if it is too short for that."""
    if present and length < 4 + DODAG_ID:
        view.say(f" [length {length - 4} < {DODAG_ID}] (invalid)")
        return 0
    view.bytes(at, 4 + DODAG_ID if present else 4)
    view.say(" [dagid:")
    if not present:
        view.say("<elided>")
        return 4
    view.ip6(at + 4)
    return 4 + DODAG_ID


def options(view: View, at: int, length: int) -> None:
    """The options with -vv, their content with -vvv, section 6.7."""
    if view.verbose < 2:
        return
    end = at + length
    while at < end:
        kind = view.u8(at)
        if kind == 0:
            view.say(" opt:pad1")
            at += 1
            continue
        if end - at < 2:
            view.mark()
            return
        size = view.u8(at + 1) + 2
        view.say(f" opt:{OPTIONS.get(kind, f'subopt:{kind}')} len:{size} ")
        if size > end - at:
            view.mark()
            return
        view.bytes(at, size)
        if view.verbose > 2:
            view.hexdump(" ", at + 2, size - 2)
        at += size


MESSAGES = {
    0: ("DODAG Information Solicitation", None),
    1: ("DODAG Information Object", information_object),
    2: ("Destination Advertisement Object", advertisement_object),
    3: ("Destination Advertisement Object Ack", acknowledgement),
}
