"""Options of DHCPv6 that hold no other options (RFC 8415 and the options' own RFCs)."""

from collections.abc import Callable

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named
from ptcpdump.printers.management import dhcp6_tables as tables


class Incomplete(Exception):  # noqa: N818 -- a condition of the packet: an option ends before its content does
    """What tcpdump marks in the line before it goes on behind the group of options."""


def print_duid(view: View, at: int, length: int) -> None:
    """A DHCP unique identifier (RFC 8415, section 11; UUID: RFC 6355)."""
    if length < 2:
        view.say(" ?")
        return
    kind = view.u16(at)
    rest = view.bytes(at + 2, length - 2)
    if kind == 1 and length >= 8:
        view.say(f" hwaddr/time type {view.u16(at + 2)} time {view.u32(at + 4)} {rest[6:].hex()}")
    elif kind == 2 and length >= 6:
        view.say(f" enterprise {view.u32(at + 2)} {rest[4:].hex()}")
    elif kind == 3 and length >= 4:
        view.say(f" hwaddr type {view.u16(at + 2)} {rest[2:].hex()}")
    elif kind == 4:
        view.say(f" uuid {rest.hex() if length == 18 else ' ?'}")
    elif kind in (1, 2, 3):
        view.say(" ?")
    else:
        view.say(f" type {kind}")


def print_request(view: View, at: int, length: int) -> None:
    """Names of the options that are asked for."""
    if length % 2:
        view.say(" ?")
        return
    for i in range(0, length, 2):
        view.say(f" {named(tables.OPTIONS, view.u16(at + i), 'opt_{}')}")


def number(size: int) -> Callable[[View, int, int], None]:
    """A printer for an option that is one number of `size` bytes."""

    def print_number(view: View, at: int, length: int) -> None:
        view.say(f" {int.from_bytes(view.bytes(at, size))}" if length == size else " ?")

    return print_number


def print_auth(view: View, at: int, length: int) -> None:
    """Authentication (RFC 8415, section 21.11; delayed authentication: RFC 3315)."""
    if length < 11:
        view.say(" ?")
        return
    protocol, algorithm, method = view.u8(at), view.u8(at + 1), view.u8(at + 2)
    view.say(f" proto: {named({2: 'delayed', 3: 'reconfigure'}, protocol, '{}')}")
    view.say(f", alg: {named({1: 'HMAC-MD5'}, algorithm, '{}')}")
    view.say(f", RDM: {named({0: 'mono'}, method, '{}')}, RD:{words(view, at + 3, 4, 2)}")
    at, rest = at + 11, length - 11
    if protocol == 2:
        if rest == 0:
            return
        if rest < 20:
            view.say(" ??")
            return
        if rest > 20:
            view.say(f", realm: {view.bytes(at, rest - 20).hex()}")
        at += rest - 20
        view.say(f", key ID: {view.u32(at):08x}, HMAC-MD5:{words(view, at + 4, 4, 4)}")
    elif protocol == 3 and rest == 17:
        kinds = {1: "reconfig-key", 2: "type: HMAC-MD5"}
        view.say(f" {named(kinds, view.u8(at), 'type: ??')} value:{words(view, at + 1, 4, 4)}")
    else:
        view.say(" ??")


def words(view: View, at: int, count: int, size: int) -> str:
    """That many groups of `size` bytes in hexadecimal, a blank before each."""
    return "".join(f" {view.bytes(at + i * size, size).hex()}" for i in range(count))


def print_status(view: View, at: int, length: int) -> None:
    """A status code."""
    if length < 2:
        view.say(" ?")
        return
    code = view.u16(at)
    view.say(" INVALID code" if code > 255 else f" {named(tables.STATUS, code, 'code{}')}")


def shortened(view: View, at: int, length: int) -> str:
    """Bytes in hexadecimal: all with -vv, else at most ten."""
    shown = length if view.verbose > 1 else min(length, 10)
    return view.bytes(at, shown).hex() + ("..." if shown < length else "")


def print_opaque(view: View, at: int, length: int) -> None:
    """An identifier whose encoding nobody but its maker knows."""
    view.say(f" {shortened(view, at, length)}")


def print_remote_id(view: View, at: int, length: int) -> None:
    """Relay agent remote-ID (RFC 4649)."""
    view.say(f" {view.u32(at)} {shortened(view, at + 4, length - 4)}" if length >= 4 else " ?")


def print_relay_data(view: View, at: int, length: int) -> None:
    """Lease query relay data (RFC 5007)."""
    if length < 16:
        view.say(" ?")
        return
    view.say(" ")
    view.ip6(at)
    view.say(f" {shortened(view, at + 16, length - 16)}")


def vendor(header: int, show: Callable[[View, int, int], None]) -> Callable[[View, int, int], None]:
    """A printer for an enterprise number and entries behind it, whose headers end with the length of their data.

    show: prints one entry; it is given where the entry starts and how much data follow its header.
    """

    def print_vendor(view: View, at: int, length: int) -> None:
        if length < 4:
            view.say(" ?")
            return
        view.say(f" enterprise {view.u32(at)}")
        end = at + length
        at += 4
        while end - at >= header:
            size = view.u16(at + header - 2)
            if size > end - at - header:
                break
            show(view, at, size)
            at += header + size
        if at < end:
            view.say(" ?")

    return print_vendor


def print_class_entry(view: View, at: int, size: int) -> None:
    """A string of a vendor class (RFC 8415, section 21.16)."""
    view.say(f" (len {size} data ")
    view.safe(at + 2, size)
    view.say(")")


def print_vendor_option(view: View, at: int, size: int) -> None:
    """A vendor's own option (RFC 8415, section 21.17)."""
    view.say(f" (code {view.u16(at)} len {size} data {shortened(view, at + 4, size)})")


def print_reconfigure(view: View, at: int, length: int) -> None:
    """Reconfigure message: what the client shall send."""
    if length != 1:
        view.say(" ?")
        return
    view.say(f" for {named({5: 'renew', 11: 'inf-req'}, view.u8(at), '???({:02x})')}")


def print_names(view: View, at: int, length: int) -> None:
    """Domain names in the form of RFC 1035."""
    end = at + length
    while at < end:
        view.say(" ")
        at = print_name(view, at, end)


def print_name(view: View, at: int, end: int) -> int:
    """One domain name, with its final dot; returns where it ends. Pointers are not allowed here (RFC 8415)."""
    first = True
    while True:
        if at >= end:
            raise Incomplete
        size = view.u8(at)
        at += 1
        if size == 0:
            view.say("." if first else "")
            return at
        if size & 0xC0 or size > end - at:
            raise Incomplete
        view.safe(at, size)
        view.say(".")
        at += size
        first = False


def print_aftr(view: View, at: int, length: int) -> None:
    """Name of the other end of a DS-Lite tunnel (RFC 6334), without a final dot."""
    if length < 3:
        view.say(" ?")
        return
    end = at + length
    view.say(" ")
    while at < end and (size := view.u8(at)):
        at += 1
        if size >= end - at:
            view.say(" ?")
            return
        print_until_nul(view, at, size)
        at += size
        view.say("." if view.u8(at) else "")


def print_until_nul(view: View, at: int, length: int) -> None:
    """Text that ends with its field or at a NUL."""
    text = view.bytes(at, length)
    view.safe(at, text.index(0) if 0 in text else length)


def print_ntp(view: View, at: int, length: int) -> None:
    """NTP servers (RFC 5908): addresses, multicast addresses, names."""
    if length < 4:
        view.say(" ?")
        return
    end = at + length
    while at < end - 4:
        code, size = view.u16(at), view.u16(at + 2)
        at += 4
        if size > end - at:
            raise Incomplete
        view.say(f" subopt:{code} ")
        if code in (1, 2) and size == 16:
            view.ip6(at)
        elif code == 3:
            print_name(view, at, at + size)
        else:
            view.say("?")
        at += size


def print_zone(view: View, at: int, length: int) -> None:
    """Time zones (RFC 4833) and manufacturer usage descriptions (RFC 8520)."""
    if length < 5:
        view.say(" ?")
        return
    view.say(" ")
    print_until_nul(view, at, length)


def print_url(view: View, at: int, length: int) -> None:
    """Boot file URL (RFC 5970)."""
    view.say(" ")
    view.safe(at, length)


def print_strings(view: View, at: int, length: int) -> None:
    """Strings, each behind its length: user class, URIs of bootstrap servers (RFC 8572)."""
    view.say(" ")
    end, first = at + length, True
    while end - at >= 2:
        view.say("" if first else ",")
        first = False
        size = view.u16(at)
        if size > end - at - 2:
            break
        view.safe(at + 2, size)
        at += 2 + size
    if at < end:
        view.say(" ?")


PRINTERS: dict[int, Callable[[View, int, int], None]] = {
    1: print_duid, 2: print_duid, 6: print_request, 7: number(1), 8: number(2), 11: print_auth,
    13: print_status, 15: print_strings, 16: vendor(2, print_class_entry), 17: vendor(4, print_vendor_option),
    18: print_opaque, 19: print_reconfigure, 21: print_names, 24: print_names, 32: number(4),
    37: print_remote_id, 38: print_opaque, 41: print_zone, 42: print_zone, 43: print_request, 46: number(4),
    47: print_relay_data, 56: print_ntp, 59: print_url, 64: print_aftr, 112: print_zone, 136: print_strings,
}  # fmt: skip
