"""The hooks that tell who uses a socket, and what each of them is good for.

Every hook but the packet hook is optional: a kernel runs those that it has and that its policy allows. What is lost
without one is said here, shown by ``ptcpdump --doctor`` and, where it matters, once at the start of a capture.
"""

from enum import StrEnum

from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.loading.features import usable
from ptcpdump.kernel.traits import BACKENDS, CGROUP_SKB, DEFAULT, SOCKET_FILTER, TC, TP_BTF, Traits
from ptcpdump.records import dataclass


class Kind(StrEnum):
    """How a program is attached."""

    CGROUP = "cgroup"           # to the root of cgroup v2
    LATE = "cgroup (when needed)"   # the same, once there is something for it to see
    TRACEPOINT = "tracepoint"   # tp_btf: a raw tracepoint with types
    RAW = "raw tracepoint"
    FUNCTION = "function"       # fentry or fexit
    ITERATOR = "iterator"       # run once
    PACKET = "packet"           # attached to interfaces by a backend


@dataclass(frozen=True, slots=True)
class Hook:
    """One BPF program and where it belongs."""

    program: str
    kind: Kind
    target: str                 # tracepoint or function name, cgroup attach type
    since: str                  # first kernel that has it with socket storage
    purpose: str
    backends: tuple[Traits, ...] = ()  # those that need it, if it is not for all
    raw: bool = False           # for devices without a link layer
    filtered: bool = False      # for what passes an expression


# Backends whose hooks can't look up the socket that a packet is for: they find it by its addresses and ports.
BY_TUPLE = tuple(backend for backend in BACKENDS.values() if not backend.finds_sockets)
ECHO = "sent_echo"
SENDING = "sending_packet"

# what is asked of the kernel's types beside the targets of hooks
STRUCTS = ("proto_accept_arg", "bpf_iter__task_file", "bpf_mprog_entry")
FUNCTIONS = ("bpf_skc_to_mptcp_sock",)

_ADDRESS = "who connects, sends and receives on sockets that it did not open"

HOOKS = (
    Hook("sock_create", Kind.CGROUP, "sock_create", "5.9", "who opens a socket"),
    Hook("sock_release", Kind.CGROUP, "sock_release", "5.9", "who closes a socket"),
    Hook("sent_packet", Kind.CGROUP, "cgroup_skb egress", "5.2", "whose packets are sent", BY_TUPLE),
    Hook(ECHO, Kind.LATE, "cgroup_skb egress", "5.2", "who sends the echo requests that pass through", (TC,)),
    Hook("post_bind4", Kind.CGROUP, "post_bind4", "5.9", "who binds a socket"),
    Hook("post_bind6", Kind.CGROUP, "post_bind6", "5.9", "who binds a socket"),
    Hook("connect4", Kind.CGROUP, "connect4", "5.3", _ADDRESS),
    Hook("connect6", Kind.CGROUP, "connect6", "5.3", _ADDRESS),
    Hook("sendmsg4", Kind.CGROUP, "sendmsg4", "5.3", _ADDRESS),
    Hook("sendmsg6", Kind.CGROUP, "sendmsg6", "5.3", _ADDRESS),
    Hook("recvmsg4", Kind.CGROUP, "recvmsg4", "5.3", _ADDRESS),
    Hook("recvmsg6", Kind.CGROUP, "recvmsg6", "5.3", _ADDRESS),
    Hook("getpeername4", Kind.CGROUP, "getpeername4", "5.8", "who accepts a connection (asking for its peer)"),
    Hook("getpeername6", Kind.CGROUP, "getpeername6", "5.8", "who accepts a connection (asking for its peer)"),
    Hook("getsockname4", Kind.CGROUP, "getsockname4", "5.8", "which port a socket was given", BY_TUPLE),
    Hook("getsockname6", Kind.CGROUP, "getsockname6", "5.8", "which port a socket was given", BY_TUPLE),
    Hook("tcp_received", Kind.TRACEPOINT, "tcp_rcv_space_adjust", "5.11", "who reads from a TCP connection"),
    Hook("tcp_sending", Kind.TRACEPOINT, "tcp_sendmsg_locked", "6.16", "who writes to a TCP connection, in time"),
    Hook("tcp_state", Kind.TRACEPOINT, "inet_sock_set_state", "5.11", "who connects and listens"),
    Hook("socket_received", Kind.TRACEPOINT, "sock_recv_length", "6.3",
         "who reads from a connected UDP socket, and who is handed sockets"),
    Hook("socket_sent", Kind.TRACEPOINT, "sock_send_length", "6.3", "who writes to a connected UDP socket"),
    Hook(SENDING, Kind.TRACEPOINT, "net_dev_queue", "5.12", "who sends by packet and raw sockets", (SOCKET_FILTER,)),
    Hook("accept", Kind.FUNCTION, "inet_csk_accept", "6.10", "who accepts a connection"),
    Hook("accept_before_6_10", Kind.FUNCTION, "inet_csk_accept", "5.11", "who accepts a connection"),
    Hook("tcp_sendmsg", Kind.FUNCTION, "tcp_sendmsg", "5.11", "who writes to a TCP connection, in time"),
    Hook("udp_sendmsg", Kind.FUNCTION, "udp_sendmsg", "5.11", "who writes to a UDP socket, in time"),
    Hook("udpv6_sendmsg", Kind.FUNCTION, "udpv6_sendmsg", "5.11", "who writes to a UDP socket, in time"),
    Hook("scan_sockets", Kind.ITERATOR, "task_file", "5.11", "sockets that exist before the capture"),
    Hook("process_exec", Kind.TRACEPOINT, "sched_process_exec", "5.5", "new programs"),
    Hook("process_fork", Kind.TRACEPOINT, "sched_process_fork", "5.5", "new processes"),
    Hook("process_exit", Kind.TRACEPOINT, "sched_process_exit", "5.5", "ended processes"),
    Hook("process_exec_raw", Kind.RAW, "sched_process_exec", "4.17", "new programs"),
    Hook("process_fork_raw", Kind.RAW, "sched_process_fork", "4.17", "new processes"),
    Hook("process_exit_raw", Kind.RAW, "sched_process_exit", "4.17", "ended processes"),
    Hook("tc_ingress", Kind.PACKET, "tc ingress", "5.2", "packets that come in", (TC,)),
    Hook("tc_egress", Kind.PACKET, "tc egress", "5.2", "packets that go out", (TC,)),
    Hook("tc_ingress_l3", Kind.PACKET, "tc ingress", "5.2", "packets that come in, without link layer", (TC,),
         raw=True),
    Hook("tc_egress_l3", Kind.PACKET, "tc egress", "5.2", "packets that go out, without link layer", (TC,),
         raw=True),
    Hook("cgroup_ingress", Kind.PACKET, "cgroup_skb ingress", "5.12", "packets that sockets get", (CGROUP_SKB,)),
    Hook("cgroup_egress", Kind.PACKET, "cgroup_skb egress", "5.12", "packets that sockets send", (CGROUP_SKB,)),
    Hook("tracepoint_ingress", Kind.PACKET, "tp_btf netif_receive_skb", "5.12", "packets that come in", (TP_BTF,)),
    Hook("tracepoint_egress", Kind.PACKET, "tp_btf net_dev_queue", "5.12", "packets that go out", (TP_BTF,)),
    Hook("tracepoint_ingress_filtered", Kind.PACKET, "tp_btf netif_receive_skb", "5.12", "the same, behind a filter",
         (TP_BTF,), filtered=True),
    Hook("tracepoint_egress_filtered", Kind.PACKET, "tp_btf net_dev_queue", "5.12", "the same, behind a filter",
         (TP_BTF,), filtered=True),
    Hook("packet_socket", Kind.PACKET, "socket filter", "5.12", "packets both ways", (SOCKET_FILTER,)),
    Hook("packet_socket_l3", Kind.PACKET, "socket filter", "5.12", "packets both ways, without link layer",
         (SOCKET_FILTER,), raw=True),
)


def choose(types: Types, *, functions: bool, backend: Traits = DEFAULT,
           only_in: bool = False, raw: bool = True, filtered: bool = True, typed: bool = True) -> list[Hook]:
    """The hooks to load on this kernel, by its type information and by what probes found to be allowed.

    only_in: the packet hooks don't see what goes out, so that others must tell whose the answers are. raw: devices
    without a link layer may be captured. filtered: there is an expression. typed: the kernel itself has type
    information, as hooks that are bound to types need.
    """
    chosen = []
    typed_points = typed and usable("tracepoints")
    iterators = typed and usable("iterators")
    new_accept = types.has_struct("proto_accept_arg")
    for hook in HOOKS:
        match hook.kind:
            case Kind.TRACEPOINT:
                wanted = typed_points and types.has_tracepoint(hook.target)
            case Kind.RAW:
                wanted = not (typed_points and types.has_tracepoint(hook.target))
            case Kind.FUNCTION:
                wanted = typed and functions and types.has_function(hook.target)
                if hook.target == "inet_csk_accept":
                    wanted = wanted and new_accept == (hook.program == "accept")
                if hook.program == "tcp_sendmsg":
                    wanted = wanted and not types.has_tracepoint("tcp_sendmsg_locked")
            case Kind.ITERATOR:
                wanted = iterators and types.has_struct("bpf_iter__task_file")
            case _:
                wanted = True
        needed = not hook.backends or backend in hook.backends or (only_in and hook.program == "sent_packet")
        if wanted and needed and (raw or not hook.raw) and (filtered or not hook.filtered):
            chosen.append(hook)
    return chosen
