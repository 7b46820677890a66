"""IPv6 router renumbering: ICMPv6 type 138 (RFC 2894)."""

from ptcpdump.printers.base.view import View

COMMAND = 0
CODES = {COMMAND: "command", 1: "result", 255: "sequence number reset"}
OPERATIONS = {1: "add", 2: "change", 3: "setglobal"}
FLAGS = ((0x80, "T"), (0x40, "R"), (0x20, "A"), (0x10, "S"), (0x08, "P"))
HEADER = 16
PART = 32  # bytes of a use-prefix part
MATCH = 24


def print_router_renumbering(view: View) -> None:
    """Print a message; `view` starts at the ICMPv6 header."""
    if not view.has(0, HEADER):
        view.mark()
        return
    code = view.u8(1)
    view.say(f", {CODES.get(code, f'code-#{code}')}, seq={view.u32(4)}")
    if view.verbose:
        letters = "".join(letter for bit, letter in FLAGS if view.u8(9) & bit)
        view.say(f"[{letters + ',' if view.u8(9) else ''}seg={view.u8(8)},maxdelay={view.u16(10)}")
        if view.u32(12):
            view.say(f"rsvd=0x{view.u32(12):x}")
        view.say("]")
    if code == COMMAND:
        print_command(view)


def print_command(view: View) -> None:
    """The prefix control operation: which prefixes it is about and what becomes of them."""
    at = HEADER
    view.bytes(at, MATCH)
    separator = "\n\t" if view.verbose > 1 else " "
    operation = view.u8(at)
    view.say(f"{separator}match({OPERATIONS.get(operation, f'#{operation}')}")
    if view.verbose:
        view.say(f",ord={view.u8(at + 2)},min={view.u8(at + 4)},max={view.u8(at + 5)}")
    view.say(",")
    view.ip6(at + 8)
    view.say(f"/{view.u8(at + 3)})")
    units = view.u8(at + 1) - 3  # the length counts 8 bytes: 3 for this part, 4 for each of the next
    if units % 4:
        view.mark()
        return
    for number in range(units // 4):
        print_use(view, at + MATCH + PART * number, separator)


def print_use(view: View, at: int, separator: str) -> None:
    """One use-prefix part."""
    view.bytes(at, PART)
    view.say(f"{separator}use(")
    flags = view.u8(at + 12)
    if flags:
        view.say(f"{'V' if flags & 0x80 else ''}{'P' if flags & 0x40 else ''},")
    if view.verbose:
        view.say(f"mask=0x{view.u8(at + 2):x},raflags=0x{view.u8(at + 3):x},")
        view.say(f"vltime={lifetime(view.u32(at + 4))},pltime={lifetime(view.u32(at + 8))},")
    view.ip6(at + 16)
    view.say(f"/{view.u8(at)}/{view.u8(at + 1)})")


def lifetime(seconds: int) -> str:
    """A lifetime, or "infty" for all ones."""
    return "infty" if seconds == 0xFFFFFFFF else str(seconds)
