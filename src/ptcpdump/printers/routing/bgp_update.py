"""BGP UPDATE messages (RFC 4271, 4.3): withdrawn routes, path attributes, routes; for IPv6 also RFC 4760."""

from collections.abc import Collection
from ipaddress import ip_address
from socket import inet_ntoa

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import named

HEADER = 19
ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREFERENCE, ATOMIC_AGGREGATE, AGGREGATOR = range(1, 8)
COMMUNITY, ORIGINATOR, CLUSTERS, REACH, UNREACH, AS4_PATH, AGGREGATOR4, LARGE_COMMUNITY = 8, 9, 10, 14, 15, 17, 18, 32
ATTRIBUTES = {
    ORIGIN: "Origin", AS_PATH: "AS Path", NEXT_HOP: "Next Hop", MED: "Multi Exit Discriminator",
    LOCAL_PREFERENCE: "Local Preference", ATOMIC_AGGREGATE: "Atomic Aggregate", AGGREGATOR: "Aggregator",
    COMMUNITY: "Community", ORIGINATOR: "Originator ID", CLUSTERS: "Cluster List", 11: "DPA", 12: "Advertisers",
    13: "RCID_PATH / CLUSTER_ID", REACH: "Multi-Protocol Reach NLRI", UNREACH: "Multi-Protocol Unreach NLRI",
    16: "Extended Community", AS4_PATH: "AS4 Path", AGGREGATOR4: "Aggregator4", 22: "PMSI Tunnel",
    23: "Tunnel Encapsulation", 25: "IPv6 Extended Community", 26: "Accumulated IGP Metric",
    LARGE_COMMUNITY: "Large Community", 33: "BGPsec Path", 35: "Only to Customer (OTC)", 128: "Attribute Set",
}  # fmt: skip
ORIGINS = {0: "IGP", 1: "EGP", 2: "Incomplete"}
AFIS = {1: "IPv4", 2: "IPv6", 25: "L2VPN"}
SAFIS = {
    1: "Unicast", 2: "Multicast", 3: "Unicast+Multicast", 4: "labeled Unicast", 65: "VPLS", 70: "EVPN",
    128: "labeled VPN Unicast", 129: "labeled VPN Multicast", 132: "Route Target Routing Information",
}  # fmt: skip
COMMUNITIES = {0xFFFFFF01: " NO_EXPORT", 0xFFFFFF02: " NO_ADVERTISE", 0xFFFFFF03: " NO_EXPORT_SUBCONFED"}
SEGMENTS = {1: ("{ ", "}"), 2: ("", ""), 3: ("( ", ")"), 4: ("({ ", "})")}
ADDRESS_BYTES = {1: 4, 2: 16}


def family(afi: int, safi: int) -> str:
    """Address family and subsequent address family (IANA)."""
    return f"AFI {named(AFIS, afi, 'Unknown AFI')} ({afi}), SAFI {named(SAFIS, safi, 'Unknown SAFI')} ({safi})"


def as_number(view: View, number: int) -> str:
    """Number of an autonomous system; with -b those of four bytes as asdot (RFC 5396)."""
    return f"{number >> 16}.{number & 0xFFFF}" if view.asdot and number > 0xFFFF else str(number)


def print_update(view: View) -> None:
    """The body of a message of view.length bytes, captured all."""
    withdrawn = view.u16(HEADER)
    position = HEADER + 2
    if position + withdrawn + 2 > view.length:
        view.mark()
        return
    if withdrawn:
        view.say("\n\t  Withdrawn routes:")
        print_routes(view, position, position + withdrawn, 4, "\n\t    ")
    position += withdrawn
    attributes = view.u16(position)
    position += 2
    if position + attributes > view.length:
        view.mark()
        return
    print_attributes(view, position, position + attributes)
    position += attributes
    if position < view.length:
        view.say("\n\t  Updated routes:")
        print_routes(view, position, view.length, 4, "\n\t    ")
    elif not attributes:
        view.say("\n\t  End-of-Rib Marker (empty NLRI)")


def print_routes(view: View, position: int, end: int, width: int, indent: str) -> None:
    """Prefixes of addresses that are `width` bytes long, one a line; a message may have thousands."""
    routes, lines = view.bytes(position, max(0, end - position)), []
    at, size = 0, len(routes)
    while at < size:
        bits = routes[at]
        used = (bits + 7) // 8
        if bits > 8 * width:
            lines.append("(illegal prefix length)")
            break
        if at + 1 + used > size:
            lines.append("(invalid)")
            break
        address = routes[at + 1:at + 1 + used].ljust(width, b"\0")
        if bits % 8:
            last = address[used - 1] & 0xFF00 >> bits % 8
            address = address[:used - 1] + bytes([last & 0xFF]) + address[used:]
        lines.append(f"{text_of(address)}/{bits}")
        at += 1 + used
    if lines:
        view.say(indent + indent.join(lines))


def text_of(address: bytes) -> str:
    """An address as a number: names of networks are not asked for."""
    return inet_ntoa(address) if len(address) == 4 else str(ip_address(address))


def print_attributes(view: View, position: int, end: int) -> None:
    """The path attributes between two offsets."""
    while position + 3 <= end:
        flags, kind = view.u8(position), view.u8(position + 1)
        wide = flags & 0x10
        if wide and position + 4 > end:
            break
        length = view.u16(position + 2) if wide else view.u8(position + 2)
        position += 4 if wide else 3
        letters = "".join(letter for bit, letter in ((0x80, "O"), (0x40, "T"), (0x20, "P"), (0x10, "E")) if flags & bit)
        if flags & 0xF:
            letters += f"+{flags & 0xF:x}"
        name = named(ATTRIBUTES, kind, "Unknown Attribute")
        view.say(f"\n\t  {name} ({kind}), length: {length}, Flags [{letters}]: ")
        if position + length > end:
            break
        decoded = print_attribute(view, kind, position, length)
        if length and (not decoded or (view.verbose > 1 and kind != LARGE_COMMUNITY)):
            view.unknown("\n\t    ", position, length)
        position += length
    if position < end:
        view.mark()


def print_attribute(view: View, kind: int, at: int, length: int) -> bool:
    """The value of an attribute; False when it has no decoder."""
    if kind in FIXED and length not in FIXED[kind]:
        view.say("invalid len")
    elif kind == ORIGIN:
        view.say(named(ORIGINS, view.u8(at), "Unknown Origin Typecode"))
    elif kind in {AS_PATH, AS4_PATH}:
        print_path(view, at, length, 4 if kind == AS4_PATH else width_of_numbers(view, at, length))
    elif kind in {NEXT_HOP, ORIGINATOR}:
        view.ip4(at)
    elif kind in {MED, LOCAL_PREFERENCE}:
        view.say(str(view.u32(at)))
    elif kind in {AGGREGATOR, AGGREGATOR4}:
        number = view.u32(at) if length == 8 else view.u16(at)
        view.say(f" AS #{as_number(view, number)}, origin ")
        view.ip4(at + length - 4)
    elif kind in LISTS:
        LISTS[kind](view, at, length)
    elif kind in {REACH, UNREACH} and length >= 3 and view.u8(at + 2) in {1, 2} and view.u16(at) in ADDRESS_BYTES:
        print_multiprotocol(view, kind, at, length)
    elif kind != ATOMIC_AGGREGATE:
        view.say(f"\n\t    no Attribute {kind} decoder")
        return False
    return True


FIXED: dict[int, Collection[int]] = {  # lengths that an attribute may have
    ORIGIN: {1}, NEXT_HOP: {4}, MED: {4}, LOCAL_PREFERENCE: {4}, ATOMIC_AGGREGATE: {0}, AGGREGATOR: {6, 8},
    AGGREGATOR4: {8}, ORIGINATOR: {4}, COMMUNITY: range(4, 65536, 4), CLUSTERS: range(4, 65536, 4),
    LARGE_COMMUNITY: range(12, 65536, 12),
}  # fmt: skip


def width_of_numbers(view: View, at: int, length: int) -> int:
    """2 or 4, whichever makes the segments of a path end where it ends: no message says which it is (RFC 6793)."""
    for width in (2, 4):
        position = at
        while position + 2 <= at + length and view.u8(position) in SEGMENTS and view.u8(position + 1):
            position += 2 + width * view.u8(position + 1)
        if position == at + length:
            return width
    return 2


def print_path(view: View, at: int, length: int, width: int) -> None:
    """Segments of autonomous system numbers, each `width` bytes."""
    if length == 0:
        view.say("empty")
    position, end = at, at + length
    while position + 2 <= end:
        opening, closing = SEGMENTS.get(view.u8(position), ("?", "?"))
        count = view.u8(position + 1)
        position += 2
        view.say(opening)
        for _ in range(count):
            if position + width > end:
                view.say("(invalid)")
                return
            view.say(f"{as_number(view, view.u32(position) if width == 4 else view.u16(position))} ")
            position += width
        view.say(closing)


def print_communities(view: View, at: int, length: int) -> None:
    """RFC 1997; the well-known ones by name."""
    for entry in range(at, at + length, 4):
        value = view.u32(entry)
        last = entry + 4 == at + length
        view.say(COMMUNITIES.get(value) or f"{value >> 16}:{value & 0xFFFF}{'' if last else ', '}")


def print_clusters(view: View, at: int, length: int) -> None:
    """RFC 4456."""
    for entry in range(at, at + length, 4):
        view.say(", " if entry != at else "")
        view.ip4(entry)


def print_large_communities(view: View, at: int, length: int) -> None:
    """RFC 8092."""
    for entry in range(at, at + length, 12):
        view.say(f"\n\t    {view.u32(entry)}:{view.u32(entry + 4)}:{view.u32(entry + 8)}")


LISTS = {COMMUNITY: print_communities, CLUSTERS: print_clusters, LARGE_COMMUNITY: print_large_communities}


def print_multiprotocol(view: View, kind: int, at: int, length: int) -> None:
    """Routes of IPv4 or IPv6 that are reached by a next hop, or no more (RFC 4760)."""
    afi, safi = view.u16(at), view.u8(at + 2)
    view.say(f"\n\t    AFI: {AFIS[afi]} ({afi}), SAFI: {SAFIS[safi]} ({safi})")
    width = ADDRESS_BYTES[afi]
    position, end = at + 3, at + length
    if kind == REACH:
        size = view.u8(position) if position < end else 0
        if position + 1 + size + 1 > end:
            view.mark()
            return
        view.say("\n\t    nexthop: ")
        for entry in range(position + 1, position + 1 + size - width + 1, width):
            view.say(", " if entry != position + 1 else "")
            view.say(text_of(view.bytes(entry, width)))
        view.say(f", nh-length: {size}, no SNPA")
        position += 1 + size + 1
    if position >= end and kind == UNREACH:
        view.say("\n\t      End-of-Rib Marker (empty NLRI)")
    print_routes(view, position, end, width, "\n\t      ")
