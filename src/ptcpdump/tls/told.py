"""What is told of decrypted connections, and the flows that they are told by."""

import ipaddress
import struct
from dataclasses import dataclass, field

from ptcpdump.tls.messages import Message


@dataclass(slots=True)
class Told:
    """What a packet has completed.

    lines: for people, escaped, without line feed. messages: those of HTTP among them, with the flow (Fields.flow) of
    who has sent each. late: those of other connections, which have waited for packets or for keys. plain: pieces of
    plaintext, each with whether the server has sent it, the application protocol where that is known ("" else), the
    bytes, and that flow.
    """

    lines: list[str] = field(default_factory=list)
    messages: list[tuple[Message, bytes]] = field(default_factory=list)
    late: list[tuple[Message, bytes]] = field(default_factory=list)
    plain: list[tuple[bool, str, bytes, bytes]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.lines or self.messages or self.late or self.plain)

    def add_messages(self, messages: list[Message], flow: bytes) -> None:
        """Add messages that were sent in a flow, and their lines."""
        self.lines += [message.shown() for message in messages]
        self.messages += [(message, flow) for message in messages]

    def add_late(self, other: "Told", flow: bytes) -> None:
        """Add what is told of a flow, not under a packet of its own: its lines say whose they are."""
        if other.lines:
            ends = ends_of(flow)
            self.lines += (f"{ends}: {line}" for line in other.lines)
        self.late += other.messages
        self.plain += other.plain


def ends_of(flow: bytes) -> str:
    """Source and destination as in a line of text."""
    size = 4 if flow[36] == 4 else 16
    ports = struct.unpack("=HH", flow[32:36])
    return " > ".join(f"{ipaddress.ip_address(address)}.{port}"
                      for address, port in zip((flow[:size], flow[16:16 + size]), ports, strict=True))


def reversed_flow(flow: bytes) -> bytes:
    """The flow of the other direction: addresses of 16 bytes and ports of 2 change places (struct Ends)."""
    return flow[16:32] + flow[:16] + flow[34:36] + flow[32:34] + flow[36:]
