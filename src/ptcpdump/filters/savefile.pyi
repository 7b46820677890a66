"""Filter expressions over packets of savefiles, by libpcap's own interpreter."""

from typing import final

from ptcpdump.filters.packet_filter import PacketFilter

@final
class ExpressionFilter(PacketFilter):
    """Takes the packets that match an expression, which is compiled anew for each link type.

    A file may hold several link types, and an expression may have no meaning for some: `ether host`
    for packets of a tunnel, say. Packets of those do not match.
    """

    def __init__(
        self, expression: str, linktype: int | None = None, *, optimize: bool = True, netmask: int = 0
    ) -> None:
        """Compile for the first interface's link type (LINKTYPE_ value), if that is known; raises FilterError."""

    def require(self, linktype: int) -> None:
        """Make sure that packets of a link type can be looked at; raises FilterError."""

    expression: str
    refused: dict[str, str]
    """Link types met since then for which the expression can't be compiled: name and reason."""

    def takes(
        self, data: bytes | bytearray | memoryview, linktype: int = 1, length: int | None = None
    ) -> bool:
        """Whether a packet matches; `length` is its size on the wire."""
