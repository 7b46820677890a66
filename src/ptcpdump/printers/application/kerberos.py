"""Kerberos over UDP: version 4 (Athena Technical Plan, section E.2.1); version 5 (RFC 4120) is named only."""

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import named

MESSAGES = {
    2: "KDC_REQUEST", 4: "KDC_REPLY", 6: "APPL_REQUEST", 8: "APPL_REQUEST_MUTUAL", 10: "ERR_REPLY", 12: "PRIVATE",
    14: "SAFE", 16: "APPL_ERR", 126: "DIE",
}  # fmt: skip
ERRORS = dict(enumerate(
    ("OK", "NAME_EXP", "SERVICE_EXP", "AUTH_EXP", "PKT_VER", "NAME_MAST_KEY_VER", "SERV_MAST_KEY_VER", "BYTE_ORDER",
     "PRINCIPAL_UNKNOWN", "PRINCIPAL_NOT_UNIQUE", "NULL_KEY")
))  # fmt: skip
KDC_REQUEST, KDC_REPLY, APPL_REQUEST, ERR_REPLY = 2, 4, 6, 10
AS_REQUEST, AS_REPLY = 106, 107  # first bytes of version 5: application tags 10 and 11


def print_kerberos(view: View) -> None:
    """A packet from or to port 88 or 750."""
    view.protocol = "krb"
    version = view.u8(0)
    if version in (1, 2, 3):
        view.say(f" v{version}")
    elif version == 4:
        view.say(" v4")
        print_version4(view)
    elif version in (AS_REQUEST, AS_REPLY):
        view.say(" v5")


def print_version4(view: View) -> None:
    """A message of version 4, in the byte order that its type's last bit tells."""
    little = view.u8(1) & 1
    kind = view.u8(1) & 0xFE
    view.say(f" {'le' if little else 'be'} {named(MESSAGES, kind)}: ")
    if kind == KDC_REQUEST:
        at = print_principal(view, 2) + 4
        view.say(f" {view.u8(at) * 5}min ")
        at = print_string(view, at + 1)
        view.say(".")
        print_string(view, at)
    elif kind == KDC_REPLY:
        at = print_principal(view, 2) + 10
        view.say(f" ({view.le16(at) if little else view.u16(at)})")
    elif kind == APPL_REQUEST:
        view.say(f"v{view.u8(2)} ")
        at = print_string(view, 3)
        view.say(f" ({view.u8(at)})")
        view.say(f" ({view.u8(at + 1)})")
    elif kind == ERR_REPLY:
        at = print_principal(view, 2) + 4
        view.say(f" {named(ERRORS, view.le16(at) if little else view.u16(at))} ")
        print_string(view, at + 4)
    else:
        view.say("(unknown)")


def print_principal(view: View, at: int) -> int:
    """name.instance@realm; returns where it ends."""
    for separator in (".", "@", ""):
        at = print_string(view, at)
        view.say(separator)
    return at


def print_string(view: View, at: int) -> int:
    """Text up to a NUL; returns where it ends."""
    if not view.has(at):
        raise Truncated
    rest = view.bytes(at, view.captured - at)
    end = rest.find(0)
    view.safe(at, len(rest) if end < 0 else end)
    if end < 0:
        raise Truncated
    return at + end + 1
