"""AUTOSAR SOME/IP (release R19-11, PRS_SOMEIPProtocol)."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

HEADER = 16
MESSAGES = {
    0x00: "REQUEST", 0x01: "REQUEST_NO_RETURN", 0x02: "NOTIFICATION", 0x20: "TP_REQUEST",
    0x21: "TP_REQUEST_NO_RETURN", 0x22: "TP_NOTIFICATION", 0x80: "RESPONSE", 0x81: "ERROR", 0xA0: "TP_RESPONSE",
    0xA1: "TP_ERROR",
}  # fmt: skip
RETURNS = dict(enumerate(
    ("E_OK", "E_NOT_OK", "E_UNKNOWN_SERVICE", "E_UNKNOWN_METHOD", "E_NOT_READY", "E_NOT_REACHABLE", "E_TIMEOUT",
     "E_WRONG_PROTOCOL_VERSION", "E_WRONG_INTERFACE_VERSION", "E_MALFORMED_MESSAGE", "E_WRONG_MESSAGE_TYPE",
     "E_E2E_REPEATED", "E_E2E_WRONG_SEQUENCE", "E_E2E", "E_E2E_NOT_AVAILABLE", "E_E2E_NO_NEW_DATA")
))  # fmt: skip


def print_someip(view: View) -> None:
    """A message from or to port 30490, or by -T someip."""
    view.protocol = "someip"
    view.say("SOMEIP")
    if view.length < HEADER:
        view.say(f" [length {view.length} < {HEADER}] (invalid)")
        return
    method = view.u16(2)
    view.u32(0)
    view.say(f", service {view.u16(0)}, {'event' if method & 0x8000 else 'method'} {method & 0x7FFF}")
    view.say(f", len {view.u32(4)}")
    request = view.u32(8)
    view.say(f", client {request >> 16}, session {request & 0xFFFF}")
    view.say(f", pver {view.u8(12)}")
    view.say(f", iver {view.u8(13)}")
    view.say(f", msgtype {named(MESSAGES, view.u8(14), 'Unknown')}")
    view.say(f", retcode {named(RETURNS, view.u8(15), 'Unknown')}")
