"""PPP's control and authentication protocols (RFC 1661 section 5; RFC 1334, RFC 1994)."""

from collections.abc import Callable

from ptcpdump.printers.base.oui import name_of_oui
from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named
from ptcpdump.printers.link import ppp_tables as tables
from ptcpdump.printers.link.ppp import name_of_protocol
from ptcpdump.printers.link.ppp_options import PROTOCOLS, WrongLength

LCP, IPCP, OSICP, MPLSCP, IP6CP, CCP, BACP = 0xC021, 0x8021, 0x8023, 0x8281, 0x8057, 0x80FD, 0xC02B
VENDOR, CODE_REJECT, PROTOCOL_REJECT, IDENTIFICATION, TIME = 0, 7, 8, 12, 13
CONFIGURE = range(1, 5)
ECHO = range(9, 12)


def print_lcp(view: View) -> None:
    """Link control."""
    print_control(view, LCP)


def print_ipcp(view: View) -> None:
    """IPv4 control (RFC 1332)."""
    print_control(view, IPCP)


def print_osicp(view: View) -> None:
    """OSI control (RFC 1377)."""
    print_control(view, OSICP)


def print_mplscp(view: View) -> None:
    """MPLS control (RFC 3032 section 4)."""
    print_control(view, MPLSCP)


def print_ip6cp(view: View) -> None:
    """IPv6 control (RFC 5072)."""
    print_control(view, IP6CP)


def print_ccp(view: View) -> None:
    """Compression control (RFC 1962)."""
    print_control(view, CCP)


def print_bacp(view: View) -> None:
    """Bandwidth allocation control (RFC 2125)."""
    print_control(view, BACP)


def print_control(view: View, protocol: int) -> None:
    """A packet of a protocol with LCP's form: code, identifier, length, data."""
    name = name_of_protocol(protocol)
    view.say(f"{name}, ")
    if view.length < 4 or not view.has(0, 2):
        view.say(f"[|{name}]")
        return
    view.protocol = "ppp"
    code = view.u8(0)
    view.say(f"{named(tables.CODES, code, 'Unknown Opcode')} (0x{code:02x}), id {view.u8(1)}, ")
    view.say(f"length {view.length + 2}")
    if not view.verbose:
        return
    length = view.u16(2)
    if length < 4:
        view.say(f"\n\tencoded length {length} (< 4))")
        return
    if length > view.length:
        view.say(f"\n\tencoded length {length} (> packet length {view.length}))")
        return
    view.say(f"\n\tencoded length {length} (=Option(s) length {length - 4})")
    if length == 4:
        return
    header = protocol.to_bytes(2) + view.bytes(0, 4)
    if view.verbose > 1:
        view.say(dump("\n\t", header))
    if code in CONFIGURE and protocol in PROTOCOLS:
        print_options(view.sub(4, length - 4), protocol)
    elif code not in tables.CODES or code > TIME:
        if view.verbose == 1:
            shown = min(view.captured, length)
            view.say(dump("\n\t  ", protocol.to_bytes(2) + view.bytes(0, shown)))
    else:
        print_data(view, code, length)


def dump(indent: str, data: bytes) -> str:
    """Bytes that do not stand together in the packet, in the form of -x."""
    rows = (data[at : at + 16] for at in range(0, len(data), 16))
    return "".join(f"{indent}0x{16 * i:04x}:  {row.hex(' ', -2)}" for i, row in enumerate(rows))


def print_data(view: View, code: int, length: int) -> None:
    """What packets other than those of configuration carry."""
    if code == PROTOCOL_REJECT and length >= 6:
        rejected = view.u16(4)
        view.say(f"\n\t  Rejected {name_of_protocol(rejected) or 'unknown'} Protocol (0x{rejected:04x})")
        if length > 6:
            view.say("\n\t  Rejected Packet")
            view.unknown("\n\t    ", 6, length - 6)
    elif code == VENDOR and length >= 11:
        oui = view.u24(8)
        view.say(f"\n\t  Magic-Num 0x{view.u32(4):08x} Vendor: {name_of_oui(oui) or 'Unknown'} ({oui})")
    elif (code in ECHO or code == IDENTIFICATION) and length >= 8:
        view.say(f"\n\t  Magic-Num 0x{view.u32(4):08x}")
        if length > 8 and code == IDENTIFICATION:
            view.say("\n\t  Message\n\t    ")
            view.safe(8, length - 8)
        elif length > 8:
            view.say("\n\t  -----trailing data-----")
            view.bytes(8, length - 8)
            view.unknown("\n\t  ", 8, length - 8)
    elif code == TIME and length >= 12:
        view.say(f"\n\t  Magic-Num 0x{view.u32(4):08x}, Seconds-Remaining {view.u32(8)}s")


def print_options(view: View, protocol: int) -> None:
    """The options of a configuration packet; stops at the first one that makes no sense."""
    names, printer = PROTOCOLS[protocol]
    at = 0
    while at < view.length:
        if not view.has(at, 2):
            view.say(f"[|{(name_of_protocol(protocol) or '').lower()}]")
            return
        kind, size = view.u8(at), view.u8(at + 1)
        name = names(kind)
        if size > view.length + 4:
            return
        if name is None:
            view.say(f"\n\tunknown LCP option 0x{kind:02x}")
        else:
            view.say(f"\n\t  {name} Option (0x{kind:02x}), length {size}")
        if size < 2:
            view.say(" (length bogus, should be >= 2)" if name is not None else "")
            return
        if name is not None and not print_option(view.sub(at, size), printer):
            return
        if size > view.length - at:
            view.say(f" [remaining options length {view.length - at} < {size}] (invalid)")
            return
        at += size


def print_option(option: View, printer: Callable[[View], bool]) -> bool:
    """One option; False when the rest can't be trusted any more."""
    try:
        known = printer(option)
    except WrongLength as wrong:
        option.say(f" (length bogus, should be {wrong.wanted})")
        return wrong.goes_on
    if not known or option.verbose > 1:
        option.unknown("\n\t    ", 2, option.length - 2)
    return True


def print_pap(view: View) -> None:
    """Password authentication (RFC 1334 section 2)."""
    view.protocol = "pap"
    if not authentication(view, "PAP", {1: "Auth-Req", 2: "Auth-ACK", 3: "Auth-NACK"}):
        return
    code, length = view.u8(0), view.u16(2)
    if length > view.length:
        view.say(f", length {length} > packet size")
    elif length < 4:
        view.say(f", length {length} < PAP header length")
    elif code == 1:
        if length < 6:
            view.mark()
            return
        at = print_counted(view, ", Peer ", 4, length)
        if at:
            print_counted(view, ", Name ", at, length)
    elif code in (2, 3):
        if length < 5:
            view.mark()
            return
        print_counted(view, ", Msg ", 4, length)


def print_chap(view: View) -> None:
    """Challenge handshake (RFC 1994); the parts that all of its algorithms share."""
    view.protocol = "chap"
    if not authentication(view, "CHAP", {1: "Challenge", 2: "Response", 3: "Success", 4: "Fail"}):
        return
    code, length = view.u8(0), min(view.u16(2), view.length)
    if code in (1, 2) and length > 4:
        size = view.u8(4)
        if length - 5 < size:
            return
        view.say(f", Value {view.bytes(5, size).hex()}, Name ")
        view.safe(5 + size, length - 5 - size)
    elif code in (3, 4):
        view.say(", Msg ")
        view.safe(4, max(0, length - 4))


def authentication(view: View, name: str, codes: dict[int, str]) -> bool:
    """The header of an authentication packet; False if there is not even that."""
    if view.length < 4:
        view.say(f"[|{name.lower()}" + (f" 0x{view.u8(0):02x}]" if view.length else "]"))
        return False
    code = view.u8(0)
    view.say(f"{name}, {named(codes, code, 'unknown')} (0x{code:02x}), id {view.u8(1)}")
    return True


def print_counted(view: View, title: str, at: int, length: int) -> int:
    """A text behind its length; returns where it ends, 0 when it does not fit."""
    if length - at < 1 or length - at - 1 < view.u8(at):
        return 0
    size = view.u8(at)
    view.say(title)
    view.safe(at + 1, size)
    return at + 1 + size
