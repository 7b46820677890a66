"""The backends by name. Only the one that a run asks for is imported."""

from ptcpdump.errors import UsageError
from ptcpdump.kernel.backends.base import Backend, Expression
from ptcpdump.kernel.loading.loader import Loaded

# Those that see the interfaces of all namespaces without being attached to each.
ACROSS_NAMESPACES = frozenset({"cgroup-skb", "tp-btf"})


def open_backend(name: str, loaded: Loaded, expression: Expression, direction: str) -> Backend:
    """The backend of a run, attached to nothing yet where it is attached to interfaces. Raises PtcpdumpError."""
    match name:
        case "tc":
            from ptcpdump.kernel.backends.tc import TcBackend  # noqa: PLC0415  one of them is needed

            return TcBackend(loaded, expression, direction)
        case "cgroup-skb":
            from ptcpdump.kernel.backends.cgroup_skb import CgroupBackend  # noqa: PLC0415

            return CgroupBackend(loaded, expression, direction)
        case "socket-filter":
            from ptcpdump.kernel.backends.packet_socket import PacketSocketBackend  # noqa: PLC0415

            return PacketSocketBackend(loaded, expression)
        case "tp-btf":
            from ptcpdump.kernel.backends.tracepoint import TracepointBackend  # noqa: PLC0415

            return TracepointBackend(loaded, expression, direction)
    raise UsageError(f"there is no backend {name}; there are: tc, cgroup-skb, socket-filter, tp-btf")
