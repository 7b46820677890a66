"""The structs of the headers in bpf/ as bytes for maps and back, laid out as the headers say."""

from typing import Any, final

@final
class Struct:
    """One struct. Members of 1, 2, 4 and 8 bytes are numbers, others bytes that may be short of NULs at their end."""

    @property
    def size(self) -> int:
        """Bytes of the whole."""

    def pack(self, **values: int | bytes) -> bytes:
        """The struct with these members, others zero. Raises KeyError for a wrong name, OverflowError."""

    def unpack(self, data: bytes) -> dict[str, Any]:
        """All members by name."""

OWNER: Struct
EVENT: Struct
COUNTERS: Struct
SELECTED: Struct
INTERFACE_KEY: Struct
FLOW_KEY: Struct
FLOW: Struct
ADDRESS_KEY: Struct
ADDRESS_NETNS: Struct
LOCAL_KEY: Struct
CONFIG: Struct
PLACES: Struct
VIEW: Struct
SECRET: Struct
SECRET_COUNTERS: Struct
SECRET_BUFFER: int  # bytes of the ring of TLS secrets
EVENT_BUFFER: int   # bytes of the ring of process events
EVENT_LONGEST: int  # bytes of the longest of them
FOUND_LISTENER: int # of enum found: the socket listens
FOUND_SCAN: int     # of enum found: the socket existed before the capture
RECORD_SIZE: int    # of struct record, without the packet
LANE_HEAD: int      # of struct lane

def u32(value: int) -> bytes:
    """A number of 32 bits, as a map's key."""
