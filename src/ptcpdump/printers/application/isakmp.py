"""ISAKMP and IKE: version 1 (RFC 2408) and 2 (RFC 7296), also between NATs (RFC 3948); payloads by name only."""

from collections import OrderedDict

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

HEADER = 28
EXCHANGES = {
    0: "none", 1: "base", 2: "ident", 3: "auth", 4: "agg", 5: "inf", 32: "oakley-quick", 33: "oakley-newgroup",
    34: "ikev2_init", 35: "ikev2_auth", 36: "child_sa", 37: "inf2",
}  # fmt: skip
PAYLOADS = (
    dict(enumerate(
        ("none", "sa", "p", "t", "ke", "id", "cert", "cr", "hash", "sig", "nonce", "n", "d", "vid")
    ))
    | {number: f"pay{number}" for number in range(14, 33)}
    | dict(enumerate(
        ("v2sa", "v2ke", "v2IDi", "v2IDr", "v2cert", "v2cr", "v2auth", "v2nonce", "v2n", "v2d", "v2vid", "v2TSi",
         "v2TSr", "v2e", "v2cp", "v2eap"), 33
    ))
)  # fmt: skip
FLAGS1 = ((0x01, "E"), (0x02, "C"))
FLAGS2 = ((0x08, "I"), (0x10, "V"), (0x20, "R"))
ENCRYPTED = 0x01
ESP_PROTOCOL = 50
REMEMBERED = 20  # conversations whose initiator is kept

# Initiator's cookie to its address and the responder's, so that later packets can be told apart
initiators: OrderedDict[bytes, tuple[bytes, bytes]] = OrderedDict()


def print_isakmp(view: View) -> None:
    """A packet from or to port 500."""
    view.protocol = "isakmp"
    if not view.has(0, HEADER):
        view.mark()
        return
    version = view.u8(17)
    view.say("isakmp")
    if view.verbose:
        view.say(f" {version >> 4}.{version & 0xF} msgid {view.u32(20):08x}")
    if view.verbose > 1:
        view.say(f" cookie {view.u64(0):016x}->{view.u64(8):016x}")
    view.say(":")
    if version >> 4 == 1:
        view.say(" phase 1" if view.u32(20) == 0 else " phase 2/others")
        view.say(f" {role(view)}")
        print_exchange(view, FLAGS1)
    elif version >> 4 == 2:
        view.say(" parent_sa" if view.u32(20) == 0 else " child_sa ")
        print_exchange(view, FLAGS2)


def role(view: View) -> str:
    """Who sends, as far as the conversation's first packet was seen."""
    cookie, ends = view.bytes(0, 8), view.addresses
    if cookie not in initiators:
        if view.u64(8):
            return "?"
        initiators[cookie] = ends
        if len(initiators) > REMEMBERED:
            initiators.popitem(last=False)
        return "I"
    return {initiators[cookie]: "I", initiators[cookie][::-1]: "R"}.get(ends, "?")


def print_exchange(view: View, names: tuple[tuple[int, str], ...]) -> None:
    """Type of exchange and flags; with -v the payloads."""
    flags = view.u8(19)
    view.say(f" {named(EXCHANGES, view.u8(18))}")
    if flags:
        view.say("[" + "".join(name for bit, name in names if flags & bit) + "]")
    if not view.verbose:
        return
    view.say(":")
    if flags & ENCRYPTED:
        view.say(f" [encrypted {named(PAYLOADS, view.u8(16))}]")
    else:
        print_payloads(view, view.u8(16), HEADER)
    if view.u32(24) != view.length:
        view.say(f" (len mismatch: isakmp {view.u32(24)}/ip {view.length})")


def print_payloads(view: View, kind: int, at: int) -> None:
    """The chain of payloads, each on a line of its own."""
    while kind:
        if not view.has(at, 4) or not view.has(at, view.u16(at + 2)):
            view.say(f" [|{named(PAYLOADS, kind)}]")
            return
        following, length = view.u8(at), view.u16(at + 2)
        if length <= 4:
            view.say("\n    ()")
            return
        view.say(f"\n    ({named(PAYLOADS, kind)}: len={length - 4})")
        kind, at = following, at + length


def print_nat_traversal(view: View) -> None:
    """A packet from or to port 4500: keep-alive, IKE behind four zero bytes, or ESP."""
    view.protocol = "isakmp_rfc3948"
    if view.length == 1 and view.u8(0) == 0xFF:
        view.say("isakmp-nat-keep-alive")
    elif view.length < 4:
        view.mark()
    elif view.u32(0) == 0:
        view.say("NONESP-encap: ")
        print_isakmp(view.sub(4, view.length - 4))
    else:
        view.say("UDP-encap: ")
        view.dispatch("ip.protocol", ESP_PROTOCOL, 0, view.length)
