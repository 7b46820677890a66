"""Values of RADIUS attributes (RFC 2865 and the attributes' own RFCs)."""

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import flag_names, named, ntp_time
from ptcpdump.printers.link.eap import ShortValue, print_eap
from ptcpdump.printers.management import radius_tables as tables

FRAMED_IP, LOGIN_HOST = 8, 14
IPX_NETWORK, APPLETALK_LINK, APPLETALK_NETWORK = 23, 37, 38
DURATIONS = (27, 28, 41, 46, 85)
EGRESS_VLAN_ID, EGRESS_VLAN_NAME = 56, 58
TUNNEL_TYPE, TUNNEL_MEDIUM, TUNNEL_PASSWORD, TUNNEL_PREFERENCE = 64, 65, 69, 83
TAGGED_STRINGS = (66, 67, 81, 82, 90, 91)


class WrongLength(Exception):  # noqa: N818 -- a condition of the packet, said in the line
    """An attribute whose value has not the length that its type wants."""


def want(length: int, expected: int) -> None:
    """The value must be exactly this long."""
    if length != expected:
        raise WrongLength(f"!= {expected}")


def tag_of(view: View, at: int) -> None:
    """The tag that groups attributes of one tunnel (RFC 2868)."""
    view.say(f"Tag[{view.u8(at) or 'Unused'}] ")


def form_string(view: View, kind: int, at: int, length: int) -> None:
    """Text, with a tag before it for some attributes."""
    if not view.has(at, length):
        raise ShortValue
    first = view.u8(at)
    if kind == TUNNEL_PASSWORD:
        if length < 3:
            raise ShortValue
        view.say(f"Tag[{first}] " if 0 < first <= 0x1F else "Tag[Unused] ")
        view.say(f"Salt {view.u16(at + 1)} ")
        at, length = at + 3, length - 3
    elif kind in TAGGED_STRINGS and first <= 0x1F:
        tag_of(view, at)
        at, length = at + 1, length - 1
    elif kind == EGRESS_VLAN_NAME:
        view.say(f"{named(tables.TAGGED, first, 'Unknown tag')} (0x{first:02x}) ")
        at, length = at + 1, length - 1
    view.say(dotted_text(view.bytes(at, length).partition(b"\0")[0]))


def dotted_text(data: bytes) -> str:
    """Text with a dot for what is not printable."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)


def form_number(view: View, kind: int, at: int, length: int) -> None:
    """A 32-bit number: a word, a time, or itself."""
    want(length, 4)
    value = view.u32(at)
    if kind in (TUNNEL_TYPE, TUNNEL_MEDIUM, TUNNEL_PREFERENCE):
        tag_of(view, at)
        value &= 0xFFFFFF
    if kind in tables.VALUES:
        first, words = tables.VALUES[kind]
        view.say(words[value - first] if first <= value < first + len(words) else f"#{value}")
    elif kind == EGRESS_VLAN_ID:
        tag = value >> 24
        view.say(f"{named(tables.TAGGED, tag, 'Unknown tag')} (0x{tag:02x}) {value & 0xFFFFFF}")
    elif kind in DURATIONS:
        view.say(duration(value))
    elif kind == IPX_NETWORK and value == 0xFFFFFFFE:
        view.say("NAS Select")
    elif kind == APPLETALK_LINK and not value:
        view.say("Unnumbered")
    elif kind == APPLETALK_NETWORK and not value:
        view.say("NAS assigned")
    else:
        view.say(str(value))


def duration(value: int) -> str:
    """Seconds in the largest unit that fits."""
    if value < 60:
        return f"{value:02} secs"
    if value < 3600:
        return f"{value // 60:02}:{value % 60:02} min"
    return f"{value // 3600:02}:{value % 3600 // 60:02}:{value % 60:02} hours"


def form_address(view: View, kind: int, at: int, length: int) -> None:
    """An IPv4 address, with two reserved ones for framed users (RFC 2865, section 5.8)."""
    want(length, 4)
    value = view.u32(at)
    if kind in (FRAMED_IP, LOGIN_HOST) and value >= 0xFFFFFFFE:
        view.say("User Selected" if value == 0xFFFFFFFF else "NAS Select")
    else:
        view.ip4(at)


def form_address6(view: View, _kind: int, at: int, length: int) -> None:
    """An IPv6 address."""
    want(length, 16)
    view.ip6(at)


def form_prefix6(view: View, _kind: int, at: int, length: int) -> None:
    """An IPv6 prefix (RFC 3162, section 2.3): reserved byte, width, as many bytes as matter."""
    if not 2 <= length <= 18:
        raise WrongLength("not in range (2..18)")
    data = view.bytes(at, length)
    if data[1] > 128:
        view.say(f"ERROR: netmask {data[1]} not in range (0..128)")
        return
    view.say(f"{ipaddress.IPv6Address(data[2:].ljust(16, bytes(1)))}/{data[1]}")
    if data[1] > 8 * (length - 2):
        view.say(" (inconsistent prefix length)")


def form_home_prefix(view: View, _kind: int, at: int, length: int) -> None:
    """A home link prefix (RFC 5447, section 4.2.2): width, address."""
    want(length, 17)
    width = view.u8(at)
    if width > 128:
        view.say(f"ERROR: netmask {width} not in range (0..128)")
        return
    view.ip6(at + 1)
    view.say(f"/{width}")


def form_vendor(view: View, _kind: int, at: int, length: int) -> None:
    """Vendor-specific: enterprise number, then attributes of the vendor's own."""
    if length < 4:
        raise ShortValue
    vendor = view.u32(at)
    view.say(f"Vendor: {named(tables.VENDORS, vendor, 'Unknown')} ({vendor})")
    end = at + length
    at += 4
    while end - at >= 2:
        kind, size = view.u8(at), view.u8(at + 1)
        text = f"\n\t    Vendor Attribute: {kind}, Length: "
        if size < 2:
            view.say(f"{text}{size} (bogus, must be >= 2)")
            return
        if size > end - at:
            view.say(f"{text}{size} (bogus, goes past end of vendor-specific attribute)")
            return
        if not view.has(at + 2, size - 2):
            raise ShortValue
        view.say(f"{text}{size - 2}, Value: {dotted_text(view.bytes(at + 2, size - 2))}")
        at += size


def form_time(view: View, _kind: int, at: int, length: int) -> None:
    """Seconds since 1970 (RFC 2869, section 5.3), written in UTC."""
    want(length, 4)
    moment = datetime.fromtimestamp(view.u32(at), UTC)
    view.say(f"{moment:%a %b} {moment.day:2} {moment:%H:%M:%S %Y}")


def form_eap(view: View, _kind: int, at: int, length: int) -> None:
    """An EAP packet or a part of one (RFC 2869, section 5.13)."""
    if not view.has(at, length):
        raise ShortValue
    print_eap(view, at, length)


def form_error(view: View, _kind: int, at: int, length: int) -> None:
    """Error cause (RFC 5176, section 3.5)."""
    if length != 4:
        view.say(f"Error: length {length} != 4")
        return
    cause = view.u32(at)
    view.say(f"Error cause {cause}: {named(tables.ERROR_CAUSES, cause, 'Error-Cause {} not known')}")


def form_vector(view: View, _kind: int, at: int, length: int) -> None:
    """Mobile IPv6 features (RFC 5447)."""
    want(length, 8)
    view.say(f"[{flag_names(tables.FEATURES, view.u64(at), '')}]")


def form_arap_password(view: View, _kind: int, at: int, length: int) -> None:
    """ARAP password (RFC 2869, section 5.4)."""
    want(length, 16)
    data = view.bytes(at, 16).hex().upper()
    view.say(f"User_challenge ({data[:16]}) User_resp({data[16:]})")


def form_arap_features(view: View, _kind: int, at: int, length: int) -> None:
    """ARAP features (RFC 2869, section 5.5)."""
    want(length, 14)
    view.say(f"User can{'' if view.u8(at) else 'not'} change password, Min password length: {view.u8(at + 1)}")
    times = [view.bytes(at + i, 4).hex().upper() for i in (2, 6, 10)]
    view.say(", created at: {}, expires in: {}, Current Time: {}".format(*times))


def form_arap_challenge(view: View, _kind: int, at: int, length: int) -> None:
    """ARAP challenge response (RFC 2869, section 5.15)."""
    if length < 8:
        raise WrongLength("!= 8")
    view.say(view.bytes(at, 8).hex().upper())


def form_operator(view: View, _kind: int, at: int, length: int) -> None:
    """Operator name with its namespace (RFC 5580, section 4.1)."""
    if length < 2:
        raise WrongLength("< 2")
    view.say(f"[{named(tables.OPERATORS, view.u8(at), 'unknown namespace {}')}] ")
    view.safe(at + 1, length - 1)


def form_location(view: View, _kind: int, at: int, length: int) -> None:
    """Location information (RFC 5580, section 4.2)."""
    if length < 21:
        raise WrongLength("< 21")
    code = named({0: "Civic", 1: "Geospatial"}, view.u8(at + 2), "Unknown ({})")
    entity = named({0: "User", 1: "RADIUS"}, view.u8(at + 3), "Unknown ({})")
    view.say(f"index {view.u16(at)}, code {code}, entity {entity}, ")
    view.say(f"sighting time {ntp_time(view.u64(at + 4))}, time to live {ntp_time(view.u64(at + 12))}, ")
    view.say('method "')
    view.safe(at + 20, length - 20)
    view.say('"')


def form_location_data(view: View, _kind: int, at: int, length: int) -> None:
    """Location data (RFC 5580, section 4.3), whose form another attribute tells."""
    if length < 3:
        raise WrongLength("< 3")
    view.say(f"index {view.u16(at)}, location")
    view.dump("\n\t    ", at + 2, length - 2)


def form_policy(view: View, _kind: int, at: int, length: int) -> None:
    """Basic location policy rules (RFC 5580, section 4.4)."""
    if length < 10:
        raise WrongLength("< 10")
    view.say(f"flags [{flag_names(tables.POLICY_FLAGS, view.u16(at))}], ")
    view.say(f"retention expires {ntp_time(view.u64(at + 2))}")
    if length > 10:
        view.say(', note well "')
        view.safe(at + 10, length - 10)
        view.say('"')


FORMS: dict[str, Callable[[View, int, int, int], None]] = {
    "string": form_string, "number": form_number, "address": form_address, "address6": form_address6,
    "prefix6": form_prefix6, "home-prefix": form_home_prefix, "vendor": form_vendor, "time": form_time,
    "eap": form_eap, "error": form_error, "vector": form_vector, "arap-password": form_arap_password,
    "arap-features": form_arap_features, "arap-challenge": form_arap_challenge, "operator": form_operator,
    "location": form_location, "location-data": form_location_data, "policy": form_policy,
}  # fmt: skip
