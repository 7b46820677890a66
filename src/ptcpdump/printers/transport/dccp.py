"""DCCP (RFC 4340): ports, type of packet, acknowledgement, with -v the checksum, with -vv number and options."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

PROTOCOL = 33
REQUEST, RESPONSE, DATA, RESET = 0, 1, 2, 7
TYPES = {
    REQUEST: "DCCP-Request",
    RESPONSE: "DCCP-Response",
    DATA: "DCCP-Data",
    3: "DCCP-Ack",
    4: "DCCP-DataAck",
    5: "DCCP-CloseReq",
    6: "DCCP-Close",
    RESET: "DCCP-Reset",
    8: "DCCP-Sync",
    9: "DCCP-SyncAck",
}
EXTRA = {REQUEST: 4, RESPONSE: 12, DATA: 0, RESET: 12}  # bytes behind the generic header, else 8
RESET_CODES = (
    "unspecified",
    "closed",
    "aborted",
    "no_connection",
    "packet_error",
    "option_error",
    "mandatory_error",
    "connection_refused",
    "bad_service_code",
    "too_busy",
    "bad_init_cookie",
    "aggression_penalty",
)
OPTIONS = {
    0: "nop",
    1: "mandatory",
    2: "slowreceiver",
    32: "change_l",
    33: "confirm_l",
    34: "change_r",
    35: "confirm_r",
    36: "initcookie",
    37: "ndp_count",
    38: "ack_vector0",
    39: "ack_vector1",
    40: "data_dropped",
    41: "timestamp",
    42: "timestamp_echo",
    43: "elapsed_time",
    44: "data_checksum",
}
FEATURES = (
    "reserved",
    "ccid",
    "allow_short_seqno",
    "sequence_window",
    "ecn_incapable",
    "ack_ratio",
    "send_ack_vector",
    "send_ndp_count",
    "minimum checksum coverage",
    "check data checksum",
)
FIRST_CCID_OPTION = 128


def print_dccp(view: View) -> None:
    """Print a DCCP packet."""
    view.protocol = "dccp"
    view.bytes(0, 12)
    if view.length < 12:
        view.say(f"truncated-dccp - {12 - view.length} bytes missing!")
        return
    generic = 16 if view.u8(8) & 1 else 12  # the X bit: sequence numbers of 48 bits
    if view.length < generic:
        view.say(f"truncated-dccp - {generic - view.length} bytes missing!")
        return
    view.bytes(0, generic)
    view.address(destination=False)
    view.say(f".{view.u16(0)} > ")
    view.address(destination=True)
    view.say(f".{view.u16(2)}: DCCP")
    header = view.u8(4) * 4
    if view.quiet:
        view.say(f" {max(view.length - header, 0)}")
        if header > view.length:
            view.say(f" [bad hdr length {header} - too long, > {view.length}]")
        return
    if view.verbose:
        print_checksum(view, header)
    view.say(" ")
    if print_type(view, generic) and view.verbose > 1:
        view.say(f"seq {number(view, 10) if generic == 16 else view.u24(9)}")
        kind = view.u8(8) >> 1 & 15
        print_options(view, generic + EXTRA.get(kind, 8 if kind in TYPES else 0), header)


def number(view: View, at: int) -> int:
    """A number of 48 bits."""
    return view.u16(at) << 32 | view.u32(at + 2)


def print_checksum(view: View, header: int) -> None:
    """CCVal, coverage and checksum, RFC 4340 section 9."""
    coverage = view.u8(5) & 15
    view.say(f" (CCVal {view.u8(5) >> 4}, CsCov {coverage}, ")
    covered = view.length
    if coverage:
        covered = min(header + (coverage - 1) * 4, view.length)
    if view.has(0, view.length) and view.ip_version:
        field = view.u16(6)
        view.say(f"cksum 0x{field:04x} ")
        wrong = view.checksum(0, covered, PROTOCOL, view.length)
        if wrong:
            total = field + wrong
            view.say(f"(incorrect -> 0x{(total & 0xFFFF) + (total >> 16):04x})")
        else:
            view.say("(correct)")
    view.say(")")


def print_type(view: View, generic: int) -> bool:
    """The packet's type with what belongs to it; False when it is too short for that."""
    kind = view.u8(8) >> 1 & 15
    name = named(TYPES, kind, "unknown-type-{}")
    size = generic + EXTRA.get(kind, 8 if kind in TYPES else 0)
    if view.length < size:
        view.say(f"truncated-{name} - {size - view.length} bytes missing!")
        return False
    if kind in (REQUEST, RESPONSE, RESET):
        view.bytes(generic, size - generic)
    if kind in (REQUEST, RESPONSE):
        view.say(f"{name} (service={view.u32(size - 4)}) ")
    elif kind == RESET:
        code = view.u8(generic + 8)
        view.say(f"{name} (code={RESET_CODES[code] if code < len(RESET_CODES) else 'invalid'}) ")
    else:
        view.say(f"{name} ")
    if kind not in (REQUEST, DATA):
        ack = number(view, generic + 2) if generic == 16 else view.u24(generic + 1)
        view.say(f"(ack={ack}) ")
    return True


def print_options(view: View, at: int, end: int) -> None:
    """The options of RFC 4340 section 5.8, those of the CCIDs by number."""
    if at >= end:
        return
    view.say(" <")
    while True:
        kind = view.u8(at)
        size = view.u8(at + 1) if kind >= 32 else 1
        ccid = kind >= FIRST_CCID_OPTION
        name = f"CCID option {kind}" if ccid else named(OPTIONS, kind, "Option {}")
        view.say(name)
        if kind >= 32 and size < 2:
            view.say(" optlen too short")
            break
        if at + size > end:
            view.say(" optlen goes past header length")
            break
        view.bytes(at, size)
        print_option(view, kind, at, size)
        at += size
        if at >= end:
            break
        view.say(", ")
    view.say(">")


def print_option(view: View, kind: int, at: int, size: int) -> None:
    """An option's value."""
    if kind >= FIRST_CCID_OPTION:
        if size in (4, 6):
            view.say(f" {view.u16(at + 2) if size == 4 else view.u32(at + 2)}")
    elif 32 <= kind <= 35:
        if size < 3:
            view.say(" optlen too short")
        elif view.u8(at + 2) < len(FEATURES):
            values = "".join(f" {octet}" for octet in view.bytes(at + 3, size - 3))
            view.say(f" {FEATURES[view.u8(at + 2)]}{values}")
    elif kind == 37:
        view.say("".join(f" {octet}" for octet in view.bytes(at + 2, size - 2)))
    elif kind in (36, 38, 39, 40, 44) and size > 2:
        view.say(f" 0x{view.bytes(at + 2, size - 2).hex()}")
    elif kind in (41, 43) and size in (4, 6):
        view.say(f" {view.u16(at + 2) if size == 4 else view.u32(at + 2)}")
    elif kind == 42 and size in (6, 8, 10):
        view.say(f" {view.u32(at + 2)}")
        if size > 6:
            elapsed = view.u16(at + 6) if size == 8 else view.u32(at + 6)
            view.say(f" (elapsed time {elapsed})")
