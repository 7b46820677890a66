"""Hot Standby Router Protocol of version 1 (RFC 2281)."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named, span

OPCODES = {0: "hello", 1: "coup", 2: "resign"}
STATES = {0: "initial", 1: "learn", 2: "listen", 4: "speak", 8: "standby", 16: "active"}


def print_hsrp(view: View) -> None:
    """A packet to port 1985."""
    view.protocol = "hsrp"
    view.say("HSRP")
    version = view.u8(0)
    view.say(f"v{version}")
    if version != 0:
        return
    view.say("-")
    view.say(f"{named(OPCODES, view.u8(1), 'unknown ({})')} {view.length}: ")
    view.say(f"state={named(STATES, view.u8(2), 'Unknown ({})')} ")
    view.say(f"group={view.u8(6)} ")
    if view.u8(7):
        view.say(f"[reserved={view.u8(7)}!] ")
    view.u32(16)
    view.say("addr=")
    view.ip4(16)
    if view.verbose:
        view.say(f" hellotime={span(view.u8(3))} holdtime={span(view.u8(4))} priority={view.u8(5)} auth=\"")
        data = view.bytes(8, 8)
        view.safe(8, data.index(0) if 0 in data else 8)
        view.say('"')
