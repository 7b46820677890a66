"""What a pcapng file says of an interface: the options of its description."""

import struct
import sys
from collections.abc import Sequence

from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interface import Interface

with lazy_modules:
    import re

Options = Sequence[tuple[int, bytes]]

# options of an interface description block (draft-ietf-opsawg-pcapng, section 4.2)
_COMMENT, _NAME, _DESCRIPTION, _TIME_RESOLUTION, _FILTER, _TIME_OFFSET = 1, 2, 3, 9, 11, 14
_NUMBERS = {8: "Q", 10: "I", 16: "Q", 17: "Q"}      # if_speed, if_tzone, if_txspeed, if_rxspeed: in the file's order
_INSTRUCTION = "HBBI"                               # struct bpf_insn, of which if_filter may consist
_TEXT_FILTER, _CODE_FILTER = b"\0", b"\1"
# our comment, and the Go tool's: "ifIndex: 2, netNsInode: 4026531840, netNsPath: /proc/self/ns/net"
_PLACE = r"ifIndex: (\d{1,10}), netNsInode: (\d{1,19}), netNsPath: (.*)"
_LAST_INDEX = (1 << 31) - 1                         # an ifindex is an int


def described(linktype: int, snaplen: int, options: Options, *, swapped: bool) -> Interface:
    """An Interface from the options of its description block; what is no UTF-8 in its texts is escaped.

    swapped: numbers in them are not in this machine's byte order.
    """
    texts = {_NAME: "", _DESCRIPTION: "", _FILTER: ""}
    place: re.Match[str] | None = None
    others = []
    for code, value in options:
        if code == _COMMENT and place is None and (place := _place(value)):
            continue
        if code in texts and not texts[code] and (code != _FILTER or value[:1] == _TEXT_FILTER):
            texts[code] = value.removeprefix(_TEXT_FILTER).rstrip(b"\0").decode(errors="backslashreplace")
        elif code not in (_TIME_RESOLUTION, _TIME_OFFSET):
            others.append((code, _in_our_order(code, value) if swapped else value))
    netns, path = (int(place[2]), place[3]) if place else (0, "")
    name, label = _split(texts[_NAME], netns, path)
    return Interface(
        name=name, index=int(place[1]) if place else 0, netns=netns, netns_path=path, linktype=linktype,
        snaplen=snaplen, filter=texts[_FILTER], description=texts[_DESCRIPTION], label=label, options=tuple(others))


def _place(comment: bytes) -> "re.Match[str] | None":
    found = re.fullmatch(_PLACE, comment.rstrip(b"\0").decode(errors="backslashreplace"))
    return found if found and int(found[1]) <= _LAST_INDEX else None


def _split(text: str, netns: int, path: str) -> tuple[str, str]:
    """Name and label: devices of other network namespaces are written as "eth0@4026532281" or "eth0@NAMESPACE"."""
    for namespace in (str(netns), path.rpartition("/")[2]):
        if netns and namespace and text.endswith(f"@{namespace}") and len(text) > len(namespace) + 1:
            return text.removesuffix(f"@{namespace}"), text
    return text, ""


def _in_our_order(code: int, value: bytes) -> bytes:
    """The value of an option of the other byte order."""
    kind = _NUMBERS.get(code, "")
    if kind and len(value) == struct.calcsize("=" + kind):
        return value[::-1]
    if code == _FILTER and value[:1] == _CODE_FILTER and len(value) % 8 == 1:
        instructions = struct.iter_unpack(_order(swapped=True) + _INSTRUCTION, value[1:])
        return _CODE_FILTER + b"".join(struct.pack("=" + _INSTRUCTION, *one) for one in instructions)
    return value


def _order(swapped: bool) -> str:
    return "=" if not swapped else ">" if sys.byteorder == "little" else "<"
