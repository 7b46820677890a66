"""Layer Two Tunneling Protocol of version 2 (RFC 2661)."""

from collections.abc import Callable

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

CONTROL, LENGTH, SEQUENCE, OFFSET, PRIORITY = 0x8000, 0x4000, 0x0800, 0x0200, 0x0100
FLAGS = {CONTROL: "T", LENGTH: "L", SEQUENCE: "S", OFFSET: "O", PRIORITY: "P"}
MANDATORY, HIDDEN, AVP_LENGTH = 0x8000, 0x4000, 0x03FF
AVP_HEADER = 6

MESSAGES = {
    1: "SCCRQ", 2: "SCCRP", 3: "SCCCN", 4: "StopCCN", 6: "HELLO", 7: "OCRQ", 8: "OCRP", 9: "OCCN", 10: "ICRQ",
    11: "ICRP", 12: "ICCN", 14: "CDN", 15: "WEN", 16: "SLI",
}  # fmt: skip
AUTHENTICATION = {0: "Reserved", 1: "Textual", 2: "CHAP", 3: "PAP", 4: "No Auth", 5: "MS-CHAPv1"}
DIRECTIONS = {0: "global error", 1: "at peer", 2: "at local"}
CALL_ERRORS = ("CRCErr", "FrameErr", "HardOver", "BufOver", "Timeout", "AlignErr")


def print_l2tp(view: View) -> None:
    """A packet from or to port 1701."""
    view.protocol = "l2tp"
    first = view.u16(0)
    version = first & 0xF
    if version != 2:
        view.say(" l2f:" if version == 1 else " Unknown Version, neither L2F(1) nor L2TP(2)")
        return
    view.say(" l2tp:[" + "".join(name for bit, name in FLAGS.items() if first & bit) + "]")
    at, length = 2, view.length
    claimed = 0
    if first & LENGTH:
        claimed = view.u16(at)
        at += 2
    view.say(f"({view.u16(at)}/")
    view.say(f"{view.u16(at + 2)})")
    at += 4
    if first & SEQUENCE:
        view.say(f"Ns={view.u16(at)},")
        view.say(f"Nr={view.u16(at + 2)}")
        at += 4
    if first & OFFSET:
        padding = view.u16(at)
        if not view.has(at + 2, padding):
            view.mark()
            return
        at += 2 + padding
    if first & LENGTH:
        if length < claimed:
            view.say(f" Length {claimed} larger than packet")
            return
        length = claimed
    if length < at:
        view.say(f" Length {length} smaller than header length")
    elif not first & CONTROL:
        view.say(" {")
        view.dispatch("linktype", 9, at, length - at)
        view.say("}")
    elif not first & LENGTH:
        view.say(" No length")
    elif length == at:
        view.say(" ZLB")
    else:
        print_avps(view, at, length)


def print_avps(view: View, at: int, end: int) -> None:
    """The attribute-value pairs of a control message."""
    while at < end:
        view.say(" ")
        first = view.u16(at)
        length = first & AVP_LENGTH
        if length < AVP_HEADER or length > end - at or not view.has(at, length):
            view.mark()
            return
        view.say("*" if first & MANDATORY else "")
        view.say("?" if first & HIDDEN else "")
        vendor, kind = view.u16(at + 2), view.u16(at + 4)
        body, size = at + AVP_HEADER, length - AVP_HEADER
        if vendor:
            view.say(f"VENDOR{vendor:04x}:ATTR{kind:04x}({view.bytes(body, size).hex()})")
        else:
            name, printer = AVPS.get(kind, (f"AVP-#{kind}", None))
            view.say(f"{name}(")
            if first & HIDDEN:
                view.say("???")
            elif printer:
                printer(view, body, size)
            view.say(")")
        at += length


TOO_SHORT = "AVP too short"
AvpPrinter = Callable[[View, int, int], None]


def at_least(least: int, text: Callable[[View, int], str]) -> AvpPrinter:
    """A printer for a value of some length at least."""

    def print_value(view: View, at: int, size: int) -> None:
        view.say(TOO_SHORT if size < least else text(view, at))

    return print_value


def bits(one: str, two: str) -> AvpPrinter:
    """A printer for two flags: the second bit is written first."""
    return at_least(
        4, lambda view, at: (two if view.u32(at) & 2 else "") + (one if view.u32(at) & 1 else "")
    )


short = at_least(2, lambda view, at: str(view.u16(at)))
word = at_least(4, lambda view, at: str(view.u32(at)))


def octets(view: View, at: int, size: int) -> None:
    """Bytes in hexadecimal."""
    view.say(view.bytes(at, size).hex())


def nothing(_view: View, _at: int, _size: int) -> None:
    """An attribute without a value."""


def print_result(view: View, at: int, size: int) -> None:
    """Result code, error code, message."""
    if size < 2:
        view.say(TOO_SHORT)
        return
    view.say(str(view.u16(at)))
    if 2 < size < 4:
        view.say(f" {TOO_SHORT}")
    elif size >= 4:
        view.say(f"/{view.u16(at + 2)}")
        if size > 4:
            view.say(" ")
            view.safe(at + 4, size - 4)


def print_cause(view: View, at: int, size: int) -> None:
    """Q.931 cause code, cause message, advisory message."""
    if size < 3:
        view.say(TOO_SHORT)
        return
    view.say(f"{view.u16(at)}, {view.u8(at + 2):02x}")
    if size > 3:
        view.say(" ")
        view.safe(at + 3, size - 3)


def numbers(names: tuple[str, ...], form: str) -> AvpPrinter:
    """A printer for 32-bit numbers behind two reserved bytes."""

    def print_numbers(view: View, at: int, size: int) -> None:
        if size < 2:
            view.say(TOO_SHORT)
            return
        for i, name in enumerate(names):
            if size < 6 + 4 * i:
                view.say(TOO_SHORT)
                return
            view.say(f"{name}={view.u32(at + 2 + 4 * i):{form}} ")

    return print_numbers


def print_disconnect(view: View, at: int, size: int) -> None:
    """PPP disconnect cause (RFC 3145)."""
    if size < 5:
        view.say(TOO_SHORT)
        return
    view.say(f"{view.u16(at):04x}, {view.u16(at + 2):04x} ")
    view.say(named(DIRECTIONS, view.u8(at + 4), "Direction-#{}"))
    if size > 5:
        view.say(" ")
        view.safe(at + 5, size - 5)


AVPS: dict[int, tuple[str, AvpPrinter]] = {
    0: ("MSGTYPE", at_least(2, lambda view, at: named(MESSAGES, view.u16(at), "MSGTYPE-#{}"))),
    1: ("RESULT_CODE", print_result),
    2: ("PROTO_VER", at_least(2, lambda view, at: f"{view.u8(at)}.{view.u8(at + 1)}")),
    3: ("FRAMING_CAP", bits("S", "A")),
    4: ("BEARER_CAP", bits("D", "A")),
    5: ("TIE_BREAKER", at_least(8, lambda view, at: view.bytes(at, 8).hex())),
    6: ("FIRM_VER", short),
    7: ("HOST_NAME", View.safe),
    8: ("VENDOR_NAME", View.safe),
    9: ("ASSND_TUN_ID", short),
    10: ("RECV_WIN_SIZE", short),
    11: ("CHALLENGE", octets),
    12: ("Q931_CC", print_cause),
    13: ("CHALLENGE_RESP", at_least(16, lambda view, at: view.bytes(at, 16).hex())),
    14: ("ASSND_SESS_ID", short),
    15: ("CALL_SER_NUM", word),
    16: ("MINIMUM_BPS", word),
    17: ("MAXIMUM_BPS", word),
    18: ("BEARER_TYPE", bits("D", "A")),
    19: ("FRAMING_TYPE", bits("S", "A")),
    20: ("PACKET_PROC_DELAY", lambda view, _at, _size: view.say("obsolete")),
    21: ("CALLED_NUMBER", View.safe),
    22: ("CALLING_NUMBER", View.safe),
    23: ("SUB_ADDRESS", View.safe),
    24: ("TX_CONN_SPEED", word),
    25: ("PHY_CHANNEL_ID", word),
    26: ("INI_RECV_LCP", octets),
    27: ("LAST_SENT_LCP", octets),
    28: ("LAST_RECV_LCP", octets),
    29: ("PROXY_AUTH_TYPE", at_least(2, lambda view, at: named(AUTHENTICATION, view.u16(at), "AuthType-#{}"))),
    30: ("PROXY_AUTH_NAME", View.safe),
    31: ("PROXY_AUTH_CHAL", octets),
    32: ("PROXY_AUTH_ID", at_least(2, lambda view, at: str(view.u8(at + 1)))),
    33: ("PROXY_AUTH_RESP", octets),
    34: ("CALL_ERRORS", numbers(CALL_ERRORS, "")),
    35: ("ACCM", numbers(("send", "recv"), "08x")),
    36: ("RANDOM_VECTOR", octets),
    37: ("PRIVATE_GRP_ID", View.safe),
    38: ("RX_CONN_SPEED", word),
    39: ("SEQ_REQUIRED", nothing),
    46: ("PPP_DISCON_CC", print_disconnect),
}
