"""Maps: created, read and written by their descriptors. Keys and values are bytes, see structs for their layout."""

def create_map(kind: int, key_size: int, value_size: int, entries: int, *, name: str = "") -> int:
    """Create a BPF_MAP_TYPE_ `kind` map (sizes in bytes); its descriptor is the caller's.

    Raises PrivilegeError, UnsupportedError.
    """

def read_map(fd: int, key: bytes, value_size: int) -> bytes | None:
    """One value; None: there is none. For per-CPU maps value_size counts all CPUs."""

def write_map(fd: int, key: bytes, value: bytes) -> None:
    """Set one value. Raises PtcpdumpError, for instance when the map is full."""

def delete_from_map(fd: int, key: bytes) -> bool:
    """Remove an element; False when there is none."""
