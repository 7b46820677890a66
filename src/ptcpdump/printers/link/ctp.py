"""The Ethernet Configuration Testing Protocol (Ethernet V2.0, section 8): the "loopback" frames that switches send."""

from ptcpdump.printers.base.view import View

REPLY, FORWARD = 1, 2


def print_ctp(view: View) -> None:
    """Payload of ethertype 0x9000: bytes to skip, then a function; numbers are little-endian."""
    view.protocol = "loopback"
    view.say("Loopback")
    print_message(view)
    if not view.has(0, view.length):
        view.mark()


def print_message(view: View) -> None:
    """What stands in the frame; says so where it is too short."""
    if view.length < 2:
        view.say(" (invalid)")
        return
    skipped = view.le16(0)
    view.say(f", skipCount {skipped}")
    if skipped % 8:
        view.say(" (bogus)")
    if 2 + skipped + 2 > view.length:
        view.say(" (invalid)")
        return
    print_function(view, 2 + skipped)


def print_function(view: View, at: int) -> None:
    """A function and what belongs to it."""
    function = view.le16(at)
    at += 2
    if function == REPLY:
        view.say(", Reply")
        size = 2
    elif function == FORWARD:
        view.say(", Forward Data")
        size = 6
    else:
        view.say(f",  invalid ({function})")
        size = 0
    if at + size > view.length:
        view.say(" (invalid)")
        return
    view.bytes(at, size)
    rest = view.length - at - size
    if function == REPLY:
        view.say(f", receipt number {view.le16(at)}, data ({rest} octets)")
    elif function == FORWARD:
        view.say(", forwarding address ")
        view.mac(at)
        view.say(f", data ({rest} octets)")
