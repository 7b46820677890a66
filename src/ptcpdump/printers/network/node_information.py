"""IPv6 node information queries: ICMPv6 types 139 and 140 (RFC 4620)."""

from ptcpdump.printers.base.view import View

QUERY = 139
NOOP, SUPPORTED, NAME, ADDRESSES, ADDRESSES4 = range(5)
QUERIES = {
    NOOP: "noop",
    SUPPORTED: "supported qtypes",
    NAME: "DNS name",
    ADDRESSES: "node addresses",
    ADDRESSES4: "ipv4 addresses",
}
FLAGS = {  # bits and letters of the flags, in the order they are printed
    SUPPORTED: ((0x01, "C"),),
    ADDRESSES: ((0x40, "a"), (0x20, "G"), (0x10, "S"), (0x08, "L"), (0x04, "C"), (0x02, "A")),
    ADDRESSES4: ((0x02, "A"),),
}
TRUNCATED = (0x01, "T")  # not all addresses fit; in replies only
HEADER = 16  # type, code, checksum, query type, flags, nonce
SUBJECT6, SUBJECT_NAME, SUBJECT4 = range(3)
SUCCESS, REFUSED, UNKNOWN = range(3)


def print_node_information(view: View) -> None:
    """Print a query or a reply; `view` starts at the ICMPv6 header."""
    if view.u8(0) == QUERY:
        print_query(view)
    else:
        print_reply(view)


def flags(view: View, query: int, more: tuple[tuple[int, str], ...] = ()) -> str:
    """The letters of the flags that this query type knows, or nothing when all are off."""
    value = view.u16(6)
    known = FLAGS.get(query)
    if known is None or value == 0:
        return ""
    return f" [{''.join(letter for bit, letter in known + more if value & bit)}]"


# --------------------------------------------------------------------------- queries


def print_query(view: View) -> None:
    """A query: what is asked, and about whom."""
    if view.length == HEADER - 4:
        view.say(" who-are-you request")  # as KAME had it before the RFC
        return
    view.bytes(0, HEADER)
    query = view.u16(4)
    view.say(f" ({QUERIES.get(query, 'unknown')}{flags(view, query)}")
    if query in (NOOP, SUPPORTED):
        if view.length != HEADER and view.verbose:
            view.say(", invalid len")
    elif view.length == HEADER:
        view.say(", 03 draft")
    else:
        print_subject(view)
    view.say(")")


def print_subject(view: View) -> None:
    """The subject of a query: an address or a name, as the code says."""
    code = view.u8(1)
    size = view.length - HEADER
    if code == SUBJECT_NAME:
        view.say(", subject=DNS name")
        print_name(view, HEADER)
    elif code not in (SUBJECT6, SUBJECT4):
        view.say(", unknown subject")
    elif size != (4 if code == SUBJECT4 else 16):
        if view.verbose:
            view.say(", invalid subject len")
    else:
        view.bytes(HEADER, size)
        view.say(", subject=")
        if code == SUBJECT4:
            view.ip4(HEADER)
        else:
            view.ip6(HEADER)


# --------------------------------------------------------------------------- replies


def print_reply(view: View) -> None:
    """A reply: how it went, and what was found out."""
    view.bytes(0, max(HEADER, view.length))
    code = view.u8(1)
    view.say(" (")
    if code != SUCCESS:
        view.say({REFUSED: "refused", UNKNOWN: "unknown"}.get(code, ""))
        if code in (REFUSED, UNKNOWN) and view.length != HEADER and view.verbose:
            view.say(", invalid length")
        view.say(")")
        return
    if view.verbose:
        view.say("success, ")
    query = view.u16(4)
    view.say(QUERIES.get(query, "unknown"))
    if query == NOOP and view.length != HEADER and view.verbose:
        view.say(", invalid length")
    elif query == SUPPORTED:
        view.say(flags(view, query))
    elif query == NAME:
        print_name(view, HEADER + 4)
        if view.u16(6) & 1:
            view.say(f" [TTL={view.u32(HEADER)}]")
    elif query in (ADDRESSES, ADDRESSES4):
        view.say(flags(view, query, (TRUNCATED,)))
        print_addresses(view, 4 if query == ADDRESSES4 else 16)
    view.say(")")


def print_addresses(view: View, size: int) -> None:
    """Addresses of `size` bytes, each behind its time to live."""
    at = HEADER
    while at + 4 + size <= view.length:
        view.say(" ")
        if size == 4:
            view.ip4(at + 4)
        else:
            view.ip6(at + 4)
        view.say(f"({view.u32(at)})")
        at += 4 + size


def print_name(view: View, at: int) -> None:
    """A name up to the end: in DNS form, or (03 draft) one string behind its length."""
    end = view.length
    if view.u8(at) == end - at - 1:
        if view.verbose:
            view.say(", 03 draft")
        view.say(', "')
        view.safe(at + 1, end - at - 1)
        view.say('"')
        return
    view.say(', "')
    while at < end:
        size = view.u8(at)
        at += 1
        if size == 0:
            # one zero: a full name; two: one cut off by the sender; anything else makes no sense
            rest = end - at
            view.say("." if rest == 0 else "" if rest == 1 and view.u8(at) == 0 else "???")
            break
        if size > end - at:
            view.say("???")
            break
        view.safe(at, size)
        at += size
        if at + 1 < end and view.u8(at):
            view.say(".")
    view.say('"')
