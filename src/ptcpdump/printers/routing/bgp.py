"""BGP-4 (RFC 4271): named in a line, its messages decoded with -v."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named
from ptcpdump.printers.routing.bgp_update import as_number, family, print_update

MARKER = b"\xff" * 16
HEADER = 19
OPEN, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE_REFRESH = 1, 2, 3, 4, 5
MESSAGES = {
    OPEN: "Open", UPDATE: "Update", NOTIFICATION: "Notification", KEEPALIVE: "Keepalive",
    ROUTE_REFRESH: "Route Refresh",
}  # fmt: skip
OPTIONS = {1: "Authentication Information", 2: "Capabilities Advertisement"}

# IANA, "Capability Codes"
MULTIPROTOCOL, GRACEFUL_RESTART, WIDE_AS, MULTIPLE_PATHS = 1, 64, 65, 69
CAPABILITIES = {
    MULTIPROTOCOL: "Multiprotocol Extensions", 2: "Route Refresh", 3: "Cooperative Route Filtering",
    5: "Extended Next Hop Encoding", GRACEFUL_RESTART: "Graceful Restart", WIDE_AS: "32-Bit AS Number",
    67: "Dynamic Capability", MULTIPLE_PATHS: "Multiple Paths", 70: "Enhanced Route Refresh",
    71: "Long-Lived Graceful Restart (LLGR)", 128: "Route Refresh (Cisco)",
}  # fmt: skip
WITHOUT_DATA = {2, 128}
SEND_RECEIVE = {1: "Receive", 2: "Send", 3: "Both"}

# Error codes and subcodes of notifications (RFC 4271, 4.5; RFC 4486; RFC 6608)
ERRORS = {
    1: "Message Header Error", 2: "OPEN Message Error", 3: "UPDATE Message Error", 4: "Hold Timer Expired",
    5: "Finite State Machine Error", 6: "Cease", 7: "Capability Message Error",
}  # fmt: skip
SUBCODES: dict[int, dict[int, str]] = {
    1: {1: "Connection Not Synchronized", 2: "Bad Message Length", 3: "Bad Message Type"},
    2: {1: "Unsupported Version Number", 2: "Bad Peer AS", 3: "Bad BGP Identifier", 4: "Unsupported Optional Parameter",
        5: "Authentication Failure", 6: "Unacceptable Hold Time", 7: "Capability Message Error"},
    3: {1: "Malformed Attribute List", 2: "Unrecognized Well-known Attribute", 3: "Missing Well-known Attribute",
        4: "Attribute Flags Error", 5: "Attribute Length Error", 6: "Invalid ORIGIN Attribute", 7: "AS Routing Loop",
        8: "Invalid NEXT_HOP Attribute", 9: "Optional Attribute Error", 10: "Invalid Network Field",
        11: "Malformed AS_PATH"},
    5: {0: "Unspecified Error", 1: "In OpenSent State", 2: "In OpenConfirm State", 3: "In Established State"},
    6: {1: "Maximum Number of Prefixes Reached", 2: "Administrative Shutdown", 3: "Peer Unconfigured",
        4: "Administrative Reset", 5: "Connection Rejected", 6: "Other Configuration Change",
        7: "Connection Collision Resolution"},
    7: {1: "Invalid Action Value", 2: "Invalid Capability Length", 3: "Malformed Capability Value",
        4: "Unsupported Capability"},
}  # fmt: skip
CEASE, MAX_PREFIXES, SHUTDOWN, RESET = 6, 1, 2, 4


def print_bgp(view: View) -> None:
    """A segment to or from TCP port 179. Messages are found by their marker, wherever in the segment they begin."""
    view.protocol = "bgp"
    view.say(": BGP")
    if not view.verbose:
        return
    end = min(view.length, view.captured)
    position = expected = 0
    while position + len(MARKER) <= end:
        if view.bytes(position, len(MARKER)) != MARKER:
            position += 1
            continue
        length, kind = view.u16(position + len(MARKER)), view.u8(position + HEADER - 1)
        if position != expected:
            view.mark()
        if length < HEADER:
            view.say(f"\nmessage length {length} < {HEADER} (invalid)")
            return
        if not view.has(position, length):
            view.say(f"\n[|BGP {named(MESSAGES, kind, 'Unknown Message Type')}]")
            return
        print_message(view.sub(position, length))
        position += length
        expected = position


def print_message(view: View) -> None:
    """One message of view.length bytes, captured all."""
    kind = view.u8(18)
    view.say(f"\n\t{named(MESSAGES, kind, 'Unknown')} Message ({kind}), length: {view.length}")
    if kind == OPEN:
        print_open(view)
    elif kind == UPDATE:
        print_update(view)
    elif kind == NOTIFICATION:
        print_notification(view)
    elif kind == ROUTE_REFRESH:
        view.say(f"\n\t  {family(view.u16(19), view.u8(22))}")
        if view.verbose > 1:
            view.unknown("\n\t  ", 0, view.length)
    elif kind != KEEPALIVE:
        view.say(f"\n\t  no Message {kind} decoder")
        view.unknown("\n\t  ", 0, view.length)


def print_open(view: View) -> None:
    """RFC 4271, 4.2; optional parameters: RFC 5492."""
    view.say(f"\n\t  Version {view.u8(19)}, my AS {view.u16(20)}, Holdtime {view.u16(22)}s, ID ")
    view.ip4(24)
    view.say(f"\n\t  Optional parameters, length: {view.u8(28)}")
    position = 29
    end = min(position + view.u8(28), view.length)
    while position + 2 <= end:
        kind, length = view.u8(position), view.u8(position + 1)
        view.say(f"\n\t    Option {named(OPTIONS, kind, 'Unknown')} ({kind}), length: {length}")
        position += 2
        if position + length > view.length:
            view.mark()
            return
        if kind == 2:
            print_capabilities(view, position, position + length)
        else:
            view.say(f"\n\t      no decoder for option {kind}")
        position += length


def print_capabilities(view: View, position: int, end: int) -> None:
    """The capabilities between two offsets."""
    while position + 2 <= end:
        code, length = view.u8(position), view.u8(position + 1)
        view.say(f"\n\t      {named(CAPABILITIES, code, 'Unknown')} ({code}), length: {length}")
        position += 2
        if position + length > end:
            view.mark()
            return
        decoded = print_capability(view, code, position, length)
        if length and (view.verbose > 1 or not decoded):
            view.unknown("\n\t\t", position, length)
        position += length


def print_capability(view: View, code: int, at: int, length: int) -> bool:
    """The data of a capability; False when it has no decoder."""
    if code == MULTIPROTOCOL and length == 4:
        view.say(f"\n\t\t{family(view.u16(at), view.u8(at + 3))}")
    elif code == GRACEFUL_RESTART and length >= 2:
        flags = "R" if view.u8(at) & 0x80 else "none"
        view.say(f"\n\t\tRestart Flags: [{flags}], Restart Time {view.u16(at) & 0xFFF}s")
        for entry in range(at + 2, at + length - 3, 4):
            kept = "yes" if view.u8(entry + 3) & 0x80 else "no"
            view.say(f"\n\t\t  {family(view.u16(entry), view.u8(entry + 2))}, Forwarding state preserved: {kept}")
    elif code == WIDE_AS and length == 4:
        view.say(f"\n\t\t 4 Byte AS {as_number(view, view.u32(at))}")
    elif code == MULTIPLE_PATHS and length and length % 4 == 0:
        for entry in range(at, at + length, 4):
            how = named(SEND_RECEIVE, view.u8(entry + 3), "Bogus")
            view.say(f"\n\t\t{family(view.u16(entry), view.u8(entry + 2))}, Send/Receive: {how}")
    elif code not in WITHOUT_DATA:
        view.say(f"\n\t\tno decoder for Capability {code}")
        return False
    return True


def print_notification(view: View) -> None:
    """RFC 4271, 4.5; reasons given in words: RFC 9003."""
    code, subcode = view.u8(19), view.u8(20)
    view.say(f", {named(ERRORS, code, 'Unknown Error')} ({code})")
    if code in SUBCODES:
        comma = "" if code in {5, 7} else ","
        view.say(f"{comma} subcode {named(SUBCODES[code], subcode, 'Unknown')} ({subcode})")
    if code != CEASE:
        return
    if subcode == MAX_PREFIXES and view.length >= HEADER + 2 + 7:
        view.say(f", {family(view.u16(21), view.u8(23))}, Max Prefixes: {view.u32(24)}")
    elif subcode in {SHUTDOWN, RESET} and view.length > HEADER + 2:
        length = view.u8(21)
        view.say(f", Shutdown Communication (length: {length}): ")
        if length == 0 or 22 + length > view.length:
            view.say("(invalid)" if length else '""')
            return
        view.say('"')
        view.safe(22, length)
        view.say('"')
