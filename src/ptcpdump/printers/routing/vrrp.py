"""VRRP versions 2 and 3 (RFC 3768, RFC 9568), and CARP, which shares its protocol number."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

PROTOCOL = 112
ADVERTISEMENT = 1
AUTHENTICATION = {0: "none", 1: "simple", 2: "ah"}
SIMPLE_PASSWORD = 1
HEADER = 8


def print_vrrp(view: View) -> None:
    """Print a VRRP packet, or CARP with -T carp."""
    if view.forced == "carp":
        print_carp(view)
        return
    view.protocol = "vrrp"
    view.say("VRRP")
    version, kind = view.u8(0) >> 4, view.u8(0) & 15
    name = "Advertisement" if kind == ADVERTISEMENT else f"unknown type ({kind})"
    view.say(f"v{version}, {name}")
    if view.ttl != 255:
        view.say(f", (ttl {view.ttl})")
    if version not in (2, 3) or kind != ADVERTISEMENT:
        return
    view.say(f", vrid {view.u8(1)}, prio {view.u8(2)}")
    if version == 2:
        authentication = named(AUTHENTICATION, view.u8(4))
        view.say(f", authtype {authentication}")
        view.say(f", intvl {view.u8(5)}s, length {view.length}")
    else:
        view.say(f", intvl {view.u16(4) & 0x0FFF}cs, length {view.length}")
    if view.verbose:
        print_addresses(view, version)


def print_addresses(view: View, version: int) -> None:
    """Checksum, addresses and password."""
    if view.has(0, view.length) and view.checksum(
        0, view.length, PROTOCOL if version == 3 else 0
    ):
        view.say(f", (bad vrrp cksum {view.u16(6):x})")
    count = view.u8(3)
    view.say(f", addrs({count}):" if count > 1 else ", addrs:")
    size = 16 if view.ip_version == 6 else 4
    for number in range(count):
        at = HEADER + number * size
        view.bytes(at, size)
        view.say("," if number else " ")
        if size == 16:
            view.ip6(at)
        else:
            view.ip4(at)
    if version == 2 and view.u8(4) == SIMPLE_PASSWORD:
        at = HEADER + count * size
        view.say(' auth "')
        view.safe(at, len(view.bytes(at, 8).rstrip(b"\0")))
        view.say('"')


def print_carp(view: View) -> None:
    """The Common Address Redundancy Protocol of OpenBSD."""
    view.protocol = "carp"
    view.say("CARP")
    version, kind = view.u8(0) >> 4, view.u8(0) & 15
    name = "advertise" if kind == ADVERTISEMENT else "unknown"
    view.say(f"v{version}-{name} {view.length}: ")
    if view.ttl != 255:
        view.say(f"[ttl={view.ttl}!] ")
    if version != 2 or kind != ADVERTISEMENT:
        return
    view.say(
        f"vhid={view.u8(1)} advbase={view.u8(5)} advskew={view.u8(2)} authlen={view.u8(3)} "
    )
    if view.verbose and view.has(0, view.length) and view.checksum(0, view.length):
        view.say(f" (bad carp cksum {view.u16(6):x}!)")
    view.say(f"counter={view.u64(8)}")
