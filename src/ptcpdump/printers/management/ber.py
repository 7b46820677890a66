"""The part of ASN.1's Basic Encoding Rules (X.690) that SNMP uses, with the types of the SMI (RFC 2578)."""

from ptcpdump.printers.base.view import View
from ptcpdump.printers.base.words import signed
from ptcpdump.printers.management.mib import oid_text
from ptcpdump.records import dataclass

UNIVERSAL, APPLICATION, CONTEXT, PRIVATE = range(4)
EXTENDED_TAG = 0x1F

NAMES: dict[int, tuple[str, ...]] = {
    UNIVERSAL: ("U-0", "Boolean", "Integer", "Bitstring", "String", "Null", "ObjID", "ObjectDes", "U-8", "U-9",
                "U-10", "U-11", "U-12", "U-13", "U-14", "U-15", "Sequence", "Set"),
    APPLICATION: ("IpAddress", "Counter", "Gauge", "TimeTicks", "Opaque", "C-5", "Counter64"),
    CONTEXT: ("GetRequest", "GetNextRequest", "GetResponse", "SetRequest", "Trap", "GetBulk", "Inform", "V2Trap",
              "Report"),
    PRIVATE: ("P-0",),
}  # fmt: skip
EXCEPTIONS = ("noSuchObject", "noSuchInstance", "endOfMibView")

# Primitive types by class and tag; what is missing here is a string of octets
PRIMITIVE = {
    (UNIVERSAL, 2): "int", (UNIVERSAL, 4): "string", (UNIVERSAL, 5): "null", (UNIVERSAL, 6): "oid",
    (APPLICATION, 0): "address", (APPLICATION, 1): "unsigned", (APPLICATION, 2): "unsigned",
    (APPLICATION, 3): "unsigned", (APPLICATION, 6): "unsigned64",
    (CONTEXT, 0): "exception", (CONTEXT, 1): "exception", (CONTEXT, 2): "exception",
}  # fmt: skip


class Stop(Exception):  # noqa: N818 -- a condition of the packet, said in the line already
    """The rest of this part of the message can't be understood."""


@dataclass
class Element:
    """One element: what it is, where its content lies and where the next one starts."""

    kind: str
    tag: int
    at: int
    length: int
    value: int = 0

    @property
    def end(self) -> int:
        """Offset behind the content."""
        return self.at + self.length


def fail(view: View, text: str) -> Stop:
    """Write why the message ends here."""
    view.say(text)
    return Stop()


def parse(view: View, at: int, end: int) -> Element:
    """The element at an offset, before `end`. Raises Stop when there is none or it does not fit."""
    if at >= end:
        raise fail(view, "[nothing to parse]")
    first = view.u8(at)
    tag, constructed, category = first & 0x1F, first >> 5 & 1, first >> 6
    at += 1
    if tag == EXTENDED_TAG:
        at, tag = parse_extended_tag(view, at, end)
    if at >= end:
        raise fail(view, "[no asnlen]")
    length = view.u8(at)
    at += 1
    if length & 0x80:
        octets = length & 0x7F
        if end - at < octets:
            raise fail(view, f"[asnlen? {end - at}<{octets}]")
        require(view, at, octets)
        length = int.from_bytes(view.bytes(at, octets)) & 0xFFFFFFFF
        at += octets
    if end - at < length:
        raise fail(view, f"[len{end - at}<asnlen{length}]")
    names = NAMES[category]
    form = "C" if constructed else "P"
    if tag >= len(names):
        raise fail(view, f"[id?{form}/x/{tag}]")
    require(view, at, length)
    if constructed:
        return constructed_element(view, category, tag, at, length)
    return primitive_element(view, category, tag, at, length)


def require(view: View, at: int, length: int) -> None:
    """Bytes that must have been captured."""
    if not view.has(at, length):
        view.mark()
        raise Stop


def parse_extended_tag(view: View, at: int, end: int) -> tuple[int, int]:
    """A tag above 30: seven bits a byte. Returns the offset behind it, and the tag's last eight bits' worth."""
    tag = 0
    while True:
        if at >= end:
            raise fail(view, "[Xtagfield?]")
        byte = view.u8(at)
        at += 1
        tag = (tag << 7 | byte & 0x7F) & 0xFFFF
        if not byte & 0x80:
            return at, tag


def constructed_element(view: View, category: int, tag: int, at: int, length: int) -> Element:
    """Sequences and PDUs; whatever else is constructed is named and shown as octets."""
    if category == CONTEXT:
        return Element("pdu", tag, at, length)
    if category == UNIVERSAL and tag == 16:
        return Element("sequence", tag, at, length)
    view.say(f"C/{'U' if category == UNIVERSAL else 'x'}/{NAMES[category][tag]}")
    return Element("octets", tag, at, length)


def primitive_element(view: View, category: int, tag: int, at: int, length: int) -> Element:
    """Numbers, strings, names."""
    kind = PRIMITIVE.get((category, tag))
    if kind is None and category == CONTEXT:
        return Element("any", tag, at, length)
    if kind is None:
        mark = {UNIVERSAL: "U", APPLICATION: "A"}.get(category, "x")
        view.say(f"[P/{mark}/{NAMES[category][tag]}]")
        return Element("octets", tag, at, length)
    element = Element(kind, tag, at, length)
    if kind == "int":
        if length == 0:
            raise fail(view, "[asnlen=0]")
        value = int.from_bytes(view.bytes(at, length), signed=True)
        element.value = signed(value & 0xFFFFFFFF)
    elif kind == "unsigned":
        element.value = int.from_bytes(view.bytes(at, length)) & 0xFFFFFFFF
    elif kind == "unsigned64":
        element.value = int.from_bytes(view.bytes(at, length)) & 0xFFFFFFFFFFFFFFFF
    return element


def octets(view: View, element: Element) -> None:
    """Bytes in hexadecimal, an underscore before each."""
    view.say("".join(f"_{byte:02x}" for byte in view.bytes(element.at, element.length)))


def string(view: View, element: Element) -> None:
    """Text in quotes, or bytes in hexadecimal when it is not printable."""
    data = view.bytes(element.at, element.length)
    if all(0x20 <= byte < 0x7F for byte in data):
        view.say(f'"{data.decode("ascii")}"')
    else:
        view.say(data.hex("_"))


def show(view: View, element: Element) -> None:
    """The value of an element as tcpdump writes it."""
    kind = element.kind
    if kind == "octets":
        octets(view, element)
    elif kind == "string":
        string(view, element)
    elif kind == "oid":
        view.say(oid_text(view.bytes(element.at, element.length), view.numeric))
    elif kind in ("int", "unsigned", "unsigned64"):
        view.say(str(element.value))
    elif kind == "sequence":
        view.say(f"Seq({element.length})")
    elif kind == "address":
        view.say("" if element.length == 4 else "[inetaddr len!=4]")
        view.say(".".join(map(str, view.bytes(element.at, element.length))))
    elif kind == "exception":
        view.say(f"[{EXCEPTIONS[element.tag]}]")
    elif kind == "pdu":
        view.say(f"{NAMES[CONTEXT][element.tag]}({element.length})")
    elif kind == "any":
        view.say("[BE_ANY!?]")
