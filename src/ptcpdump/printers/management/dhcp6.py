"""DHCP for IPv6 (RFC 8415) with relay messages, options in options and lease queries (RFC 5007)."""

from collections.abc import Callable

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import named
from ptcpdump.printers.management import dhcp6_tables as tables
from ptcpdump.printers.management.dhcp6_options import PRINTERS, Incomplete

RELAY_FORWARD, RELAY_REPLY = 12, 13
RELAY_HEADER = 34  # type, hop count, link address, peer address
NESTING = 32  # options hold options: how deep is followed


def print_dhcp6(view: View) -> None:
    """A message from or to port 546 or 547."""
    print_message(view, 0, min(view.captured, view.length), 0)


def print_message(view: View, at: int, end: int, depth: int) -> None:
    """The message between two offsets; relayed ones lie inside an option of another."""
    view.protocol = "dhcp6"
    view.say("dhcp6")
    if end - at < 4:
        view.mark()
        return
    kind = view.u8(at)
    view.say(f" {named(tables.MESSAGES, kind, 'msgtype-{}')}")
    if not view.verbose:
        return
    view.say(" (")
    if kind in (RELAY_FORWARD, RELAY_REPLY):
        if end - at < RELAY_HEADER:
            raise Truncated
        view.say("linkaddr=")
        view.ip6(at + 2)
        view.say(" peeraddr=")
        view.ip6(at + 18)
        at += RELAY_HEADER
    else:
        view.say(f"xid={view.u24(at + 1):x}")
        at += 4
    print_options(view, at, end, depth)
    view.say(")")


def print_options(view: View, at: int, end: int, depth: int) -> None:
    """The options between two offsets, each in parentheses."""
    while at < end:
        if end - at < 4:
            view.mark()
            return
        kind, length = view.u16(at), view.u16(at + 2)
        if length > end - at - 4:
            view.mark()
            return
        view.say(f" ({named(tables.OPTIONS, kind, 'opt_{}')}")
        at += 4
        try:
            print_option(view, kind, at, length, depth)
        except Incomplete:
            view.mark()
            return
        at += length


def print_option(view: View, kind: int, at: int, length: int, depth: int) -> None:
    """One option's content and the closing parenthesis."""
    if kind in tables.NESTED and depth < NESTING:
        least, head = tables.NESTED[kind], NESTED_HEADS[kind]
        if length < least:
            view.say(" ?)")
            return
        head(view, at)
        print_options(view, at + least, at + length, depth + 1)
    elif kind == tables.RELAY_MESSAGE and depth < NESTING:
        view.say(" (")
        print_message(view, at, at + length, depth + 1)  # and one parenthesis for both, as tcpdump has it
    elif kind in tables.ADDRESS_LISTS:
        if length % 16:
            view.say(" ?")
        else:
            for i in range(0, length, 16):
                view.say(" ")
                view.ip6(at + i)
    elif kind in PRINTERS:
        PRINTERS[kind](view, at, length)
    view.say(")")


# Options that hold options: what stands before those


def head_ia(view: View, at: int) -> None:
    """IA_NA and IA_PD."""
    view.say(f" IAID:{view.u32(at)} T1:{view.u32(at + 4)} T2:{view.u32(at + 8)}")


def head_ia_ta(view: View, at: int) -> None:
    """IA_TA has no times."""
    view.say(f" IAID:{view.u32(at)}")


def head_address(view: View, at: int) -> None:
    """An address with its preferred and valid lifetime in seconds."""
    view.say(" ")
    view.ip6(at)
    view.say(f" pltime:{view.u32(at + 16)} vltime:{view.u32(at + 20)}")


def head_prefix(view: View, at: int) -> None:
    """A delegated prefix (RFC 8415, section 21.22)."""
    view.say(" ")
    view.ip6(at + 9)
    view.say(f"/{view.u8(at + 8)} pltime:{view.u32(at)} vltime:{view.u32(at + 4)}")


def head_query(view: View, at: int) -> None:
    """A lease query (RFC 5007)."""
    view.say(f" {named({1: 'by-address', 2: 'by-clientID'}, view.u8(at), 'type_{}')} ")
    view.ip6(at + 1)


def head_none(_view: View, _at: int) -> None:
    """Nothing before the options."""


NESTED_HEADS: dict[int, Callable[[View, int], None]] = {
    3: head_ia, 4: head_ia_ta, 5: head_address, 25: head_ia, 26: head_prefix, 44: head_query, 45: head_none,
}  # fmt: skip
