"""Trivial File Transfer Protocol (RFC 1350) and its options (RFC 2347)."""

from ptcpdump.printers.base.view import Truncated, View
from ptcpdump.printers.base.words import named

READ, WRITE, DATA, ACK, ERROR, OACK = range(1, 7)
OPCODES = {READ: "RRQ", WRITE: "WRQ", DATA: "DATA", ACK: "ACK", ERROR: "ERROR", OACK: "OACK"}
ERRORS = {
    0: "EUNDEF", 1: "ENOTFOUND", 2: "EACCESS", 3: "ENOSPACE", 4: "EBADOP", 5: "EBADID", 6: "EEXISTS", 7: "ENOUSER",
}  # fmt: skip


def print_tftp(view: View) -> None:
    """A packet from or to port 69, or by -T tftp."""
    view.protocol = "tftp"
    view.say(f"TFTP, length {view.length}")
    require(view, 0, 2)
    opcode = view.u16(0)
    view.say(f", {named(OPCODES, opcode, 'tftp-#{}')}")
    if opcode in (READ, WRITE):
        require(view, 2, 1)
        view.say(' "')
        at = print_string(view, 2, '"')
        require(view, at, 1)
        view.say(" ")
        at = print_string(view, at)
        print_options(view, at)
    elif opcode == OACK:
        print_options(view, 2)
    elif opcode in (DATA, ACK):
        require(view, 2, 2)
        view.say(f" block {view.u16(2)}")
    elif opcode == ERROR:
        require(view, 2, 2)
        view.say(" " + named(ERRORS, view.u16(2), 'tftp-err-#{} "'))
        require(view, 4, 1)
        view.say(' "')
        print_string(view, 4, '"')


def require(view: View, at: int, size: int) -> None:
    """The packet must have these bytes by its length on the wire."""
    if at + size > view.length:
        raise Truncated


def print_string(view: View, at: int, quote: str = "") -> int:
    """Text up to a NUL, and the quote that closes it; returns where it ends."""
    while at < view.length and view.has(at):
        if view.u8(at) == 0:
            view.say(quote)
            return at + 1
        view.safe(at, 1)
        at += 1
    view.say(quote)
    raise Truncated


def print_options(view: View, at: int) -> None:
    """Names and values of options, if there are any."""
    while at < view.length:
        if view.u8(at):
            view.say(" ")
        at = print_string(view, at)
