"""EAP packets (RFC 3748) inside RADIUS attributes."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names, named

CODES = {1: "Request", 2: "Response", 3: "Success", 4: "Failure"}
REQUEST, RESPONSE = 1, 2
IDENTITY, NOTIFICATION, NAK, TLS, SIM, TTLS, AKA, FAST = 1, 2, 3, 13, 18, 21, 23, 43
TYPES = {
    0: "No proposed", IDENTITY: "Identity", NOTIFICATION: "Notification", NAK: "Nak", 4: "MD5-challenge", 5: "OTP",
    6: "GTC", TLS: "TLS", SIM: "SIM", TTLS: "TTLS", AKA: "AKA", FAST: "FAST", 254: "Expanded types",
    255: "Experimental",
}  # fmt: skip
TLS_FLAGS = {0x80: "L bit", 0x40: "More fragments bit", 0x20: "Start bit"}
AKA_SUBTYPES = {
    1: "Challenge", 2: "Auth reject", 4: "Sync failure", 5: "Identity", 10: "Start", 11: "Challenge",
    12: "Notification", 13: "Reauth", 14: "Client error",
}  # fmt: skip
KINDS = {NOTIFICATION: "Notification", NAK: "Legacy NAK", TLS: "TLS/TTLS", TTLS: "TLS/TTLS", FAST: "FAST",
         AKA: "SIM/AKA", SIM: "SIM/AKA"}  # fmt: skip


class ShortValue(Exception):  # noqa: N818 -- a condition of the packet, marked in the line
    """A value that ends before what must stand in it."""


def print_eap(view: View, at: int, length: int) -> None:
    """The packet at an offset; RADIUS cuts long ones into several attributes."""
    code, size = view.u8(at), view.u16(at + 2)
    if size != length:
        view.say("EAP fragment?")
        return
    view.say(f"{named(CODES, code, 'unknown')} ({code}), id {view.u8(at + 1)}, len {size}")
    if size < 4:
        view.say(" (too short for EAP header)")
        return
    if not view.has(at, size):
        raise ShortValue
    if code not in (REQUEST, RESPONSE):
        return
    if size < 5:
        view.say(" (too short for EAP request/response)")
        return
    kind = view.u8(at + 4)
    view.say(f"\n\t\t Type {named(TYPES, kind, 'unknown')} ({kind})")
    if kind in KINDS and size < 6:
        view.say(f" (too short for EAP {KINDS[kind]} request/response)")
    elif size > 5:
        print_data(view, kind, at + 5, size - 5)


def print_data(view: View, kind: int, at: int, length: int) -> None:
    """What a request or response carries, by its type; there is at least one byte."""
    if kind in (IDENTITY, NOTIFICATION):
        view.say(f", {TYPES[kind]}: ")
        text = view.bytes(at, length)
        view.safe(at, text.index(0) if 0 in text else length)
    elif kind == NAK:
        wanted = view.bytes(at, length)
        view.say(",".join(f" {named(TYPES, one, 'unknown')} ({one})" for one in wanted))
    elif kind in (TLS, TTLS, FAST):
        print_tls(view, kind, at, length)
    elif kind in (AKA, SIM):
        subtype = view.u8(at)
        view.say(f" subtype [{named(AKA_SUBTYPES, subtype, 'unknown')}] 0x{subtype:02x}")


def print_tls(view: View, kind: int, at: int, length: int) -> None:
    """Version, flags and total length of a TLS message (RFC 5216, 5281, 4851)."""
    flags = view.u8(at)
    if kind != TLS:
        view.say(f" {TYPES[kind]}v{flags & 7}")
    view.say(f" flags [{flag_names(TLS_FLAGS, flags)}] 0x{flags:02x}")
    if flags & 0x80:
        if length < 5:
            view.say(f" (too short for EAP {KINDS[kind]} request/response with length)")
        else:
            view.say(f", len {view.u32(at + 1)}")
