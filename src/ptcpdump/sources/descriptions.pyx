"""What a pcapng file says of an interface: the options of its description.

In Cython, as a file may describe as many as it has room for.
"""

import struct
import sys

from libc.stdint cimport uint32_t

from ptcpdump.slots cimport bare, fill, slot_of

from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interface import Interface

with lazy_modules:
    import re

cdef enum:                      # options of an interface description block (draft-ietf-opsawg-pcapng, section 4.2)
    COMMENT = 1
    NAME = 2
    DESCRIPTION = 3
    TIME_RESOLUTION = 9
    FILTER = 11
    TIME_OFFSET = 14

cdef enum:
    MAX_NAME = 255              # bytes of a name that are kept: lines repeat it

cdef Py_ssize_t NAME_SLOT = slot_of(Interface, "name")
cdef Py_ssize_t INDEX_SLOT = slot_of(Interface, "index")
cdef Py_ssize_t NETNS_SLOT = slot_of(Interface, "netns")
cdef Py_ssize_t NETNS_PATH_SLOT = slot_of(Interface, "netns_path")
cdef Py_ssize_t LINKTYPE_SLOT = slot_of(Interface, "linktype")
cdef Py_ssize_t SNAPLEN_SLOT = slot_of(Interface, "snaplen")
cdef Py_ssize_t FILTER_SLOT = slot_of(Interface, "filter")
cdef Py_ssize_t DESCRIPTION_SLOT = slot_of(Interface, "description")
cdef Py_ssize_t LABEL_SLOT = slot_of(Interface, "label")
cdef Py_ssize_t OPTIONS_SLOT = slot_of(Interface, "options")

# bytes of if_speed, if_tzone, if_txspeed, if_rxspeed, which are in the file's order
cdef dict _NUMBERS = {8: 8, 10: 4, 16: 8, 17: 8}
_INSTRUCTION = "HBBI"           # struct bpf_insn, of which if_filter may consist
cdef bytes _TEXT_FILTER = b"\0", _CODE_FILTER = b"\1"
# our comment, and the Go tool's: "ifIndex: 2, netNsInode: 4026531840, netNsPath: /proc/self/ns/net"
_PLACE = r"ifIndex: (\d{1,10}), netNsInode: (\d{1,19}), netNsPath: (.*)"
_LAST_INDEX = (1 << 31) - 1     # an ifindex is an int


cdef object described(uint32_t linktype, uint32_t snaplen, list options, bint swapped):
    """An Interface from the options of its description block; what is no UTF-8 in its texts is escaped.

    options: (code, value) of each. swapped: numbers in them are not in this machine's byte order.
    """
    cdef str name = "", description = "", filter = "", path = "", label = "", namespace
    cdef list others = []
    cdef uint32_t code
    cdef bytes value
    place = None
    index = netns = 0
    for code, value in options:
        if code == COMMENT and place is None and (place := place_of(value)) is not None:
            continue
        if code == NAME and not name:
            name = text_of(value[:MAX_NAME])
        elif code == DESCRIPTION and not description:
            description = text_of(value)
        elif code == FILTER and not filter and value.startswith(_TEXT_FILTER):
            filter = text_of(value)
        elif code != TIME_RESOLUTION and code != TIME_OFFSET:
            others.append((code, in_our_order(code, value) if swapped else value))
    if place is not None:
        index, netns, path = int(place[1]), int(place[2]), place[3]
    # devices of other network namespaces are written as "eth0@4026532281" or "eth0@NAMESPACE"
    if netns and "@" in name:
        for namespace in (str(netns), path.rpartition("/")[2]):
            if namespace and name.endswith("@" + namespace) and len(name) > len(namespace) + 1:
                name, label = name.removesuffix("@" + namespace), name
                break
    return made_interface(name, index, netns, path, linktype, snaplen, filter, description, label, tuple(others))


cdef object made_interface(str name, index, netns, str path, linktype, snaplen, str filter, str description, str label,
                           tuple options):
    """An Interface, made without its __init__: see slots.pxd."""
    interface = bare(Interface)
    fill(interface, NAME_SLOT, name)
    fill(interface, INDEX_SLOT, index)
    fill(interface, NETNS_SLOT, netns)
    fill(interface, NETNS_PATH_SLOT, path)
    fill(interface, LINKTYPE_SLOT, linktype)
    fill(interface, SNAPLEN_SLOT, snaplen)
    fill(interface, FILTER_SLOT, filter)
    fill(interface, DESCRIPTION_SLOT, description)
    fill(interface, LABEL_SLOT, label)
    fill(interface, OPTIONS_SLOT, options)
    return interface


cdef str text_of(bytes value):
    if value.startswith(_TEXT_FILTER):
        value = value[1:]
    if value.endswith(b"\0"):
        value = value.rstrip(b"\0")
    return value.decode("ascii") if value.isascii() else value.decode(errors="backslashreplace")


cdef object place_of(bytes comment):
    """What our comment says, or the Go tool's; None for another one."""
    if not comment.startswith(b"ifIndex: "):
        return None
    found = re.fullmatch(_PLACE, comment.rstrip(b"\0").decode(errors="backslashreplace"))
    return found if found is not None and int(found[1]) <= _LAST_INDEX else None


cdef bytes in_our_order(uint32_t code, bytes value):
    """The value of an option of the other byte order."""
    if len(value) == _NUMBERS.get(code, -1):
        return value[::-1]
    if code == FILTER and value.startswith(_CODE_FILTER) and len(value) % 8 == 1:
        instructions = struct.iter_unpack((">" if sys.byteorder == "little" else "<") + _INSTRUCTION, value[1:])
        return _CODE_FILTER + b"".join([struct.pack("=" + _INSTRUCTION, *one) for one in instructions])
    return value
