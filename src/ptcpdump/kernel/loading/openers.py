"""Who uses which socket, and which processes there are, told by kprobes and raw tracepoints of kernels before 5.10
(bpf/plain_sockets.h, bpf/plain_processes.h).

These kernels may have no type information, so their programs go by what is proved on the spot: places in tasks by
looking at our own (loading/offsets.py), the head of a socket by sockets that we open, and that nobody can reach. Where
something is not as it should be, all of it is left out.
"""

import contextlib
import os
import socket
import threading
from pathlib import Path

from ptcpdump.errors import PtcpdumpError, UnsupportedError
from ptcpdump.kernel.bindings.maps import read_map, write_map
from ptcpdump.kernel.bindings.object import Link, LoadError, Object
from ptcpdump.kernel.bindings.structs import FLOW, FLOW_KEY, FOUND_LISTENER, OWNER, PLACES, u32
from ptcpdump.kernel.loading import probes
from ptcpdump.kernel.loading.features import OFF, usable
from ptcpdump.kernel.loading.offsets import find_offsets, looking
from ptcpdump.net.netlink import in_16_bytes
from ptcpdump.net.netns import Namespace, enter
from ptcpdump.procfs import TICK, read_pid_namespace, read_stat
from ptcpdump.threads import start_thread

SINCE = (4, 17)         # raw tracepoints, and kprobes that go with whoever has attached them
NEEDED = ("look", "tcp_state")
PROCESSES = ("process_fork", "process_exec", "process_exit")
KPROBES = {     # and what tells that such a socket is closed: without it, others could be taken for who had its port
    "tcp_connect": "", "tcp_sendmsg": "", "inet_csk_accept": "",
    "udp_sendmsg": "udp_destroy_sock", "udp_recvmsg": "udp_destroy_sock",
    "udpv6_sendmsg": "udpv6_destroy_sock", "udpv6_recvmsg": "udpv6_destroy_sock",
    "ping_v4_sendmsg": "ping_close", "ping_v6_sendmsg": "ping_close",
    "raw_sendmsg": "raw_close", "rawv6_sendmsg": "rawv6_close",
}
_MESSAGES = {"raw_sendmsg", "rawv6_sendmsg"}        # look into what is sent
_CLOSERS = tuple(dict.fromkeys(filter(None, KPROBES.values())))
_KPROBE_EVENTS = Path("/sys/bus/event_source/devices/kprobe")   # perf_event_open(2); else they would outlive a SIGKILL
_IP_FREEBIND = 15                   # linux/in.h
_PROOFS = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))     # of documentation (RFC 5737, RFC 3849)


class Openers:
    """The programs of one run. refused: why they are left out, or some of them, by program."""

    def __init__(self) -> None:
        self.attached: dict[str, Link] = {}
        self.refused: dict[str, str] = {}
        self._wanted: set[str] = set()

    @property
    def working(self) -> bool:
        """Whether the kernel tells who opens connections."""
        return "tcp_state" in self.attached

    @property
    def sees_all(self) -> bool:
        """Whether it tells of everything there are kprobes for, but for what needs an optional module."""
        return {"tcp_connect", "inet_csk_accept", "udp_sendmsg"} <= self.attached.keys()

    def reason(self, program: str) -> str:
        """Why a program is not attached; "" for one that is."""
        kinds = ("kprobes", "raw tracepoints") if program in KPROBES else ("raw tracepoints",)
        known = [each for each in (program, KPROBES.get(program, ""), *kinds) if each in self.refused]
        return self.refused[known[0]] if known else ""

    def choose(self, opened: Object) -> None:
        """Say which programs of an object are to be loaded."""
        if reason := _why_not():
            self.refused["raw tracepoints"] = reason
        else:
            self._wanted |= {*NEEDED, *PROCESSES}
            if _KPROBE_EVENTS.is_dir():
                self._wanted |= {*KPROBES, *_CLOSERS}
            else:
                self.refused["kprobes"] = "the kernel has none (CONFIG_KPROBE_EVENTS)"
        for program in (*NEEDED, *PROCESSES, *KPROBES, *_CLOSERS):
            opened.autoload(program, program in self._wanted - self.refused.keys())

    def leave_out(self, error: LoadError) -> bool:
        """Do without a program that the kernel refuses; False: it is none of these."""
        if error.program is None or error.program not in self._wanted - self.refused.keys():
            return False
        self.refused[error.program] = str(error)
        return True

    def follow(self, opened: Object, namespace: Namespace) -> None:
        """Attach all that was loaded, once what it goes by is proved in the captured namespace."""
        if not self._wanted or set(NEEDED) & self.refused.keys():
            return
        try:
            self._prove(opened, namespace)
        except (PtcpdumpError, OSError) as error:
            self.refused["raw tracepoints"] = f"what programs need of the kernel was not found: {error}"
            self.close()
            return
        if set(PROCESSES) & self.refused.keys():    # without news of programs a child would be shown as its parent
            self._wanted -= set(PROCESSES)
        for program in (*PROCESSES, *_CLOSERS, *KPROBES):
            if program in self._wanted - self.refused.keys() and KPROBES.get(program, "") in {*self.attached, ""}:
                self._attach(opened, program)
        if _MESSAGES & self.attached.keys() and not enter(namespace, lambda: _echo(opened, namespace.inode)):
            for program in _MESSAGES & self.attached.keys():
                self.attached.pop(program).close()
                self.refused[program] = "a message is not where it should be"

    def close(self) -> None:
        """Detach them."""
        for link in self.attached.values():
            link.close()
        self.attached.clear()

    def _attach(self, opened: Object, program: str) -> None:
        try:
            self.attached[program] = opened.attach(program)
        except PtcpdumpError as error:
            self.refused[program] = str(error)

    def _prove(self, opened: Object, namespace: Namespace) -> None:
        errors: list[Exception] = []

        def inside() -> None:
            try:
                _in_thread(self, opened, namespace)
            except Exception as error:      # handed on to the caller's thread
                errors.append(error)

        def own() -> None:
            start_thread(inside, "places in the kernel").join()     # never the main one

        if namespace.own:
            own()
        else:
            enter(namespace, inside)
        if errors:
            raise errors[0]


def _in_thread(openers: Openers, opened: Object, namespace: Namespace) -> None:
    """Find out, and prove. Raises PtcpdumpError, OSError."""
    places = opened.map_fd("places")
    thread = threading.get_native_id()
    write_map(places, u32(0), PLACES.pack(looker=thread))
    with contextlib.closing(opened.attach("look")):
        look = looking(opened.map_fd("views"))
        offsets = find_offsets(look)
        known = {"leader": offsets.leader, "start": offsets.start, "comm": offsets.comm, "ids": offsets.ids,
                 "parent": offsets.parent, "mm": offsets.mm, "arguments": offsets.arguments, "netns": namespace.inode}
        write_map(places, u32(0), PLACES.pack(looker=thread, **known))
        openers.attached["tcp_state"] = opened.attach("tcp_state")
        proved = [_listen(opened, family, address, namespace.inode) for family, address in _PROOFS]
        if not any(proved):
            raise UnsupportedError("no socket could be opened to prove it with")
        net = PLACES.unpack(read_map(places, u32(0), PLACES.size) or b"")["net"]
        if u32(namespace.inode) not in look(net)[1]:
            raise UnsupportedError("a socket's network namespace is not where it should be")
    write_map(places, u32(0), PLACES.pack(net=net, **known))


def _listen(opened: Object, family: int, address: str, netns: int) -> bool:
    """Have a socket of our own told as it is. False: this family is not there."""
    try:
        ours = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return False
    with ours:
        ours.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
        ours.bind((address, 0))
        ours.listen(1)
        local = socket.inet_pton(family, address)
        key = FLOW_KEY.pack(netns=netns, protocol=socket.IPPROTO_TCP, local=in_16_bytes(local),
                            local_port=ours.getsockname()[1].to_bytes(2, "big"))
        told = read_map(opened.map_fd("flows"), key, FLOW.size)
    if told is None:
        raise UnsupportedError("a socket's addresses are not where they should be")
    owner, stat = OWNER.unpack(FLOW.unpack(told)["owner"]), read_stat(Path("/proc/self"))
    assert stat is not None
    comm = os.fsencode(stat.comm)
    if (owner["pid"], owner["start"] // TICK, owner["process_comm"].rstrip(b"\0"), owner["found"]) != (
            os.getpid(), stat.start_ticks, comm, FOUND_LISTENER):
        raise UnsupportedError("a process is not described where it should be")
    if read_map(opened.map_fd("flows"), key, FLOW.size) is not None:
        raise UnsupportedError("the end of a socket is not told")
    return True


def _echo(opened: Object, netns: int) -> bool:
    """Whether it is told who sends an echo request by a raw socket: ours goes nowhere."""
    identifier = os.getpid().to_bytes(4, "big")[2:]
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ours:
            with contextlib.suppress(OSError):
                ours.send(b"\x08" + bytes(3) + identifier + bytes(2))      # it lacks a destination
            key = FLOW_KEY.pack(netns=netns, protocol=socket.IPPROTO_ICMP, local=in_16_bytes(bytes(4)),
                                local_port=identifier)
            told = read_map(opened.map_fd("flows"), key, FLOW.size)
    except OSError:
        return False
    return told is not None and OWNER.unpack(FLOW.unpack(told)["owner"])["pid"] == os.getpid()


def _why_not() -> str:
    """Why none of this can be; "": it may."""
    if probes.kernel_version() < SINCE:
        return f"they need Linux {SINCE[0]}.{SINCE[1]}"
    if not usable("openers"):
        return OFF
    if read_pid_namespace():
        return "they tell pids of the initial pid namespace, which is not ours"
    return ""

