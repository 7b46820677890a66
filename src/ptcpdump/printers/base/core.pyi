from ptcpdump.printers.base.state import PrinterState

loaded: bool

def is_native(target: str) -> bool: ...
def registered() -> list[tuple[str, int]]: ...
def forced_key(name: str) -> int: ...
def forced_type(name: str) -> int: ...
def render(
    data: bytes,
    linktype: int = 1,
    length: int | None = None,
    *,
    verbose: int = 0,
    quiet: bool = False,
    numeric: bool = True,
    link_header: bool = False,
    absolute_seq: bool = False,
    no_checksums: bool = False,
    lengths: bool = False,
    asdot: bool = False,
    ip_oneline: bool = False,
    hex: int = 0,
    hex_ascii: int = 0,
    ascii: int = 0,
    force: str = "",
    state: PrinterState | None = None,
) -> bytes: ...
