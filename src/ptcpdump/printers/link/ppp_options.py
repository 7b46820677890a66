"""Options that PPP's control protocols negotiate: each printer gets an option with its two-byte header."""

from collections.abc import Callable

from ptcpdump.printers.base.oui import name_of_oui
from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named
from ptcpdump.printers.link import ppp_tables as tables
from ptcpdump.printers.link.ppp import name_of_protocol

CHAP, PAP, EAP, SPAP, OLD_SPAP, LINK_QUALITY = 0xC223, 0xC023, 0xC227, 0xC027, 0xC123, 0xC025
DUMPED_SILENTLY = {0, 1, 2, 3, 4, 5, 7, 8, 13, 17, 19, 23}     # LCP options that have a form of their own


class WrongLength(Exception):  # noqa: N818 -- a condition of the packet, said in the line
    """An option that is not as long as its kind must be; `goes_on` tells whether the next one is still looked at."""

    def __init__(self, wanted: str, goes_on: bool = True) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.goes_on = goes_on


def exactly(option: View, size: int, goes_on: bool = True) -> None:
    """Refuse an option of another length."""
    if option.length != size:
        raise WrongLength(f"= {size}", goes_on)


def at_least(option: View, size: int, goes_on: bool = True) -> None:
    """Refuse a shorter option."""
    if option.length < size:
        raise WrongLength(f">= {size}", goes_on)


def print_lcp(option: View) -> bool:
    """RFC 1661 section 6 and its extensions; False for what is only shown as bytes."""
    kind = option.u8(0)
    match kind:
        case 0:
            at_least(option, 6)
            oui = option.u24(2)
            option.say(f": Vendor: {name_of_oui(oui) or 'Unknown'} ({oui})")
        case 1:
            exactly(option, 4)
            option.say(f": {option.u16(2)}")
        case 2:
            exactly(option, 6)
            option.say(f": 0x{option.u32(2):08x}")
        case 3:
            at_least(option, 4)
            print_authentication(option)
        case 4:
            at_least(option, 4, goes_on=False)
            option.say(": LQR" if option.u16(2) == LINK_QUALITY else ": unknown")
        case 5:
            exactly(option, 6, goes_on=False)
            option.say(f": 0x{option.u32(2):08x}")
        case 13:
            at_least(option, 3, goes_on=False)
            how = option.u8(2)
            option.say(f": : Callback Operation {named(tables.CALLBACKS, how, 'Unknown')} ({how})")
        case 17:
            exactly(option, 4, goes_on=False)
            option.say(f": {option.u16(2)}")
        case 19:
            at_least(option, 3, goes_on=False)
            print_discriminator(option)
        case 23:
            exactly(option, 4, goes_on=False)
            option.say(f": 0x{option.u16(2):04x}")
    return kind in DUMPED_SILENTLY


def print_authentication(option: View) -> None:
    """The protocol by which a peer is asked to prove who it is."""
    protocol = option.u16(2)
    option.say(f": {name_of_protocol(protocol) or f'Unknown Auth Proto (0x{protocol:04x})'}")
    if protocol == CHAP:
        at_least(option, 5)
        option.say(f", {named(tables.CHAP_ALGORITHMS, option.u8(4), 'Unknown Auth Alg {}')}")
    elif protocol not in (PAP, EAP, SPAP, OLD_SPAP):
        option.unknown("\n\t", 0, option.length)


def print_discriminator(option: View) -> None:
    """Endpoint discriminator of multilink (RFC 1990 section 5.1.3)."""
    kind = option.u8(2)
    if kind == 2:
        exactly(option, 7, goes_on=False)
        option.say(": IPv4 ")
        option.ip4(3)
    elif kind == 3:
        exactly(option, 9, goes_on=False)
        option.say(": MAC ")
        option.mac(3)
    else:
        names = {0: "Null", 1: "Local", 4: "Magic-Num-Block", 5: "PSNDN"}
        option.say(f": {named(names, kind, 'Unknown class {}')}")


def print_ipcp(option: View) -> bool:
    """RFC 1332 and RFC 1877."""
    kind = option.u8(0)
    if kind == 1:
        exactly(option, 10)
        option.say(": src ")
        option.ip4(2)
        option.say(", dst ")
        option.ip4(6)
    elif kind == 2:
        at_least(option, 4, goes_on=False)
        print_compression(option)
    elif kind in tables.IPCP_OPTIONS:
        exactly(option, 6, goes_on=False)
        option.say(": ")
        option.ip4(2)
    return kind in tables.IPCP_OPTIONS


def print_compression(option: View) -> None:
    """Header compression (RFC 1144, RFC 3544)."""
    protocol = option.u16(2)
    option.say(f": {named(tables.COMPRESSIONS, protocol, 'Unknown')} (0x{protocol:02x}):")
    if protocol != 0x61:
        return
    at_least(option, 14, goes_on=False)
    names = ("TCP Space", "non-TCP Space", "maxPeriod", "maxTime", "maxHdr")
    fields = (f"{name} {option.u16(4 + 2 * i)}" for i, name in enumerate(names))
    option.say(f"\n\t    {', '.join(fields)}")
    rest = option.length - 14
    if not rest:
        return
    option.say(f"\n\t      Suboptions, length {rest}")
    at = 14
    while option.length - at >= 2:
        kind, size = option.u8(at), option.u8(at + 1)
        if not kind or not size:
            return
        name = named({1: "RTP-Compression", 2: "Enhanced RTP-Compression"}, kind, "Unknown")
        option.say(f"\n\t\t{name} Suboption #{kind}, length {size}")
        if option.length - at < size:
            option.say(f" [remaining suboptions length {option.length - at} < {size}] (invalid)")
            return
        at += size


def print_ip6cp(option: View) -> bool:
    """RFC 5072."""
    if option.u8(0) != 1:
        return False
    exactly(option, 10)
    option.say(": " + ":".join(f"{option.u16(2 + 2 * i):04x}" for i in range(4)))
    return True


def print_ccp(option: View) -> bool:
    """Compression control: RFC 1962, 1977 (BSD), 1975 (Magnalink), 1979 (deflate)."""
    kind = option.u8(0)
    if kind == 21:
        at_least(option, 3)
        option.say(f": Version: {option.u8(2) >> 5}, Dictionary Bits: {option.u8(2) & 31}")
    elif kind == 24:
        at_least(option, 4)
        what = option.u8(2)
        option.say(f": Features: {what >> 6}, PxP: {'Enabled' if what & 0x20 else 'Disabled'}, ")
        option.say(f"History: {what & 31}, #CTX-ID: {option.u8(3)}")
    elif kind == 26:
        at_least(option, 4)
        what, check = option.u8(2), option.u8(3)
        option.say(f": Window: {what >> 4}K, Method: {'zlib' if what & 15 == 8 else 'unknown'} (0x{what & 15:x}), ")
        option.say(f"MBZ: {check >> 2}, CHK: {check & 3}")
    else:
        return False
    return True


def print_bacp(option: View) -> bool:
    """Bandwidth allocation control (RFC 2125)."""
    if option.u8(0) != 1:
        return False
    exactly(option, 6)
    option.say(f": Magic-Num 0x{option.u32(2):08x}")
    return True


def lcp_name(kind: int) -> str | None:
    """Name of an option of LCP, None for a number beyond those in use."""
    return tables.LCP_OPTIONS[kind] if kind < len(tables.LCP_OPTIONS) else None


Names = Callable[[int], str | None]
PROTOCOLS: dict[int, tuple[Names, Callable[[View], bool]]] = {
    0xC021: (lcp_name, print_lcp),
    0x8021: (lambda kind: tables.IPCP_OPTIONS.get(kind, "unknown"), print_ipcp),
    0x8057: (lambda kind: tables.IP6CP_OPTIONS.get(kind, "unknown"), print_ip6cp),
    0x80FD: (lambda kind: tables.CCP_OPTIONS.get(kind, "Unknown"), print_ccp),
    0xC02B: (lambda kind: tables.BACP_OPTIONS.get(kind, "Unknown"), print_bacp),
}
