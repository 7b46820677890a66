"""Loads the BPF object for one run and attaches the hooks that are not bound to an interface."""

import contextlib
import errno
import os
from pathlib import Path

from ptcpdump.errors import PtcpdumpError, UnsupportedError
from ptcpdump.kernel.bindings import object as library
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.bindings.object import Link, LoadError, Object, possible_cpus
from ptcpdump.kernel.bindings.structs import CONFIG, u32
from ptcpdump.kernel.loading import cgroup, kernel_types, plain, probes
from ptcpdump.kernel.loading.features import OFF, usable
from ptcpdump.kernel.loading.hooks import HOOKS, Hook, Kind, choose
from ptcpdump.kernel.loading.openers import Openers
from ptcpdump.kernel.loading.transport import MAX_CAPTURE, Transport, choose_transport
from ptcpdump.kernel.traits import DEFAULT, TP_BTF, Traits
from ptcpdump.net.limits import require_descriptors
from ptcpdump.net.netns import Namespace
from ptcpdump.procfs import read_pid_namespace
from ptcpdump.records import dataclass, field, replace

TRANSLATIONS = "bpf_skb_ct_lookup"
TRACKED = 65536         # sockets that are known by their addresses at one time, see bpf/tuples.h
_NEWEST = "ptcpdump.bpf.o"
_FOLDER = Path(library.__file__).parent.parent      # the programs are installed beside what is built


@dataclass(frozen=True, slots=True)
class Config:
    """What the programs are told before they are loaded (struct config in bpf/record.h)."""

    snaplen: int = MAX_CAPTURE
    netns: int = 0              # inode of the network namespace of the interfaces
    immediate: bool = False     # wake the reader for each packet
    peer_match: bool = True     # attribute to the other end where ours has no process
    both_ends: bool = False     # tell who has the other end, too, of packets on the loopback device
    buffer_size: int = 0        # bytes of all packet buffers; 0: what suits the machine
    kernel_btf: str | None = None
    other_netns: bool = True    # look for owners in other network namespaces of this host, too
    filter: int = 0             # enum filter in bpf/record.h, see owners/selection.py
    selected: int = 0           # processes that may be wanted at one time; 0: none are chosen by what they are
    backend: Traits = DEFAULT
    directions: int = 3         # 1: in, 2: out; as in bpf/record.h
    filtered: bool = False      # there is an expression
    everywhere: bool = False    # all interfaces of all namespaces, for backends that see them
    raw: bool = True            # devices without a link layer may be among the interfaces


@dataclass(slots=True)
class Loaded:
    """The loaded object with its links. Closing it detaches everything; so does the end of the process."""

    object: Object
    config: Config
    transport: Transport
    hooks: list[Hook]
    links: list[Link] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)   # program → reason
    openers: Openers | None = None      # before Linux 5.10, see loading/plain.py; else None

    @property
    def plain(self) -> bool:
        """Whether owners are looked up in /proc, at least those that openers do not tell."""
        return self.openers is not None

    def packet_program(self, name: str, interface: str) -> int:
        """Descriptor of a packet hook's program, owned by the object, for an interface of that name.

        Raises UnsupportedError for one that was not loaded, because no interface seemed to need it.
        """
        if not any(hook.program == name for hook in self.hooks):
            raise UnsupportedError(f"interface {interface} has no link layer, unlike all others when the capture "
                                   "began: start the capture again")
        return self.object.program_fd(name)

    def close(self) -> None:
        """Detach all hooks and free the programs."""
        for link in self.links:
            link.close()
        self.links.clear()
        if self.openers is not None:
            self.openers.close()
        self.object.close()


def load(config: Config) -> Loaded:
    """Load the object with every hook that this kernel takes; optional ones that it refuses are left out.

    Raises UnsupportedError, with the verifier's word, when the packet programs themselves are refused.
    """
    if plain.needed():
        return _load_plain(config)
    file = kernel_types.find(config.kernel_btf)
    types = Types(file)
    if file is not None:
        return _load(replace(config, kernel_btf=file), types, Types() if probes.kernel_has_types() else None)
    with kernel_types.excerpt_for(_FOLDER / _object_name(), types) as file:
        return _load(replace(config, kernel_btf=file), types, types)


def _load(config: Config, types: Types, own: Types | None) -> Loaded:
    """As load(). types: what is known of the kernel; own: what it says itself; what config.kernel_btf names is for
    relocations alone."""
    typed = probes.kernel_has_types()
    if config.backend is TP_BTF and not typed:
        raise UnsupportedError(f"--backend {TP_BTF.name} needs a kernel that has type information of its own "
                               f"(CONFIG_DEBUG_INFO_BTF); --backend {DEFAULT.name} may work")
    hooks = choose(types, functions=typed and probes.functions_allowed(types), backend=config.backend,
                   only_in=config.directions == 1, raw=config.raw, filtered=config.filtered, typed=typed)
    refused: dict[str, str] = {}
    translations = typed and usable("conntrack") and types.has_function(TRANSLATIONS, "nf_conntrack")
    while True:
        loaded = _prepare(config, types, own, hooks, refused, translations)
        try:
            loaded.object.load()
            return loaded
        except LoadError as error:
            loaded.object.close()
            require_descriptors(error)
            if os.strerror(errno.ENOMEM) in str(error) and not error.program:
                raise PtcpdumpError("there is not enough memory for the kernel's buffers and tables: raise the limit "
                                    f"(memory.max of the control group), or take less (-B) ({error})") from error
            culprit = next((hook for hook in hooks if hook.program == error.program), None)
            if culprit is None or culprit.kind is Kind.PACKET:
                raise _without_backend(error, culprit) from error
            refused[culprit.program] = str(error)
            hooks.remove(culprit)


def _load_plain(config: Config) -> Loaded:
    """Packets alone. Raises UnsupportedError."""
    plain.refuse(config.backend.name, netns=config.netns)
    hooks = [hook for hook in HOOKS if hook.kind is Kind.PACKET and config.backend in hook.backends]
    transport = choose_transport(size=config.buffer_size, immediate=config.immediate, rings=False,
                                 backend=config.backend)
    openers = Openers()
    while True:
        opened = Object((_FOLDER / plain.OBJECT).read_bytes())
        openers.choose(opened)
        try:
            opened.load()
            plain.configure(opened, min(config.snaplen, MAX_CAPTURE), config.netns)
            return Loaded(opened, config, transport, hooks, openers=openers)
        except LoadError as error:
            opened.close()
            if not openers.leave_out(error):
                raise
        except BaseException:
            opened.close()
            raise


def _without_backend(error: LoadError, culprit: Hook | None) -> UnsupportedError:
    """Say what a backend's program needs where the kernel refuses it; what is common to all has no way round."""
    if culprit is None or culprit.backends in ((), (DEFAULT,)):
        return error
    return UnsupportedError(f"--backend {culprit.backends[0].name} needs programs of type {culprit.target} (Linux "
                            f"{culprit.since}), which this kernel refuses: {error}; --backend {DEFAULT.name} may work")


def _object_name() -> str:
    """The BPF object for this kernel."""
    version = probes.programs_version()
    suffix = "" if version >= (5, 17) else "-before-5.17" if version >= (5, 13) else "-before-5.13"
    return _NEWEST.replace(".bpf", f"{suffix}.bpf")


def _prepare(config: Config, types: Types, own: Types | None, hooks: list[Hook], refused: dict[str, str],
             translations: bool) -> Loaded:
    opened = Object((_FOLDER / _object_name()).read_bytes(), config.kernel_btf)
    wanted = {hook.program for hook in hooks}
    for program in opened.programs():
        opened.autoload(program, program in wanted)
    transport = choose_transport(
        size=config.buffer_size, immediate=config.immediate, rings=not probes.ring_buffer_error(),
        backend=config.backend)
    opened.configure(".rodata.config", CONFIG.pack(
        snaplen=min(config.snaplen, MAX_CAPTURE), wake_every=transport.batch, lane=transport.lane, netns=config.netns,
        pidns=read_pid_namespace(), immediate=config.immediate, use_ring=bool(transport.ring),
        peer_match=config.peer_match, both_ends=config.both_ends, filter=config.filter,
        everywhere=config.everywhere, filtered=config.filtered, cpus=possible_cpus(), directions=config.directions,
        current_in_tc=probes.kernel_version() >= (6, 10), reads_all=probes.tracepoints_read_all(),
        any_socket=probes.kernel_version() >= (5, 10),
        socket_flows=not any(hook.kind is Kind.ITERATOR for hook in hooks),
        by_tuple=not config.backend.finds_sockets, mptcp=types.has_function("bpf_skc_to_mptcp_sock"),
        other_netns=config.other_netns,
        translations=config.other_netns and translations and config.backend.translations,
        tcp_sending=bool(wanted & {"tcp_sending", "tcp_sendmsg"})))
    if own is not None and _object_name() == _NEWEST:
        opened.configure(".rodata.types", b"".join(u32(own.struct(name) or 0) for name in ("task_struct", "sock")))
    transport.prepare(opened, config.backend)
    for sockets in ("tuples", "tracked"):
        opened.resize(sockets, max_entries=TRACKED)
    if config.selected:
        opened.resize("selected", max_entries=config.selected)
    if config.other_netns and not translations:
        refused[TRANSLATIONS] = "the kernel has no such function, or connection tracking is not loaded"
    return Loaded(opened, config, transport, hooks, refused=refused)


def attach(loaded: Loaded, namespace: Namespace | None = None) -> None:
    """Attach the hooks that follow sockets and processes, then take in the sockets that exist already.

    namespace: the captured one, which openers need.
    """
    if loaded.openers is not None:
        assert namespace is not None    # plain.refuse() lets no others through
        loaded.openers.follow(loaded.object, namespace)
        plain.configure(loaded.object, min(loaded.config.snaplen, MAX_CAPTURE), loaded.config.netns,
                        sending="tcp_connect" in loaded.openers.attached)
        return
    with contextlib.ExitStack() as stack:
        root = None
        try:
            if not usable("cgroup"):
                raise UnsupportedError(OFF)
            root, lost = cgroup.open_widest()
            stack.callback(os.close, root)
            if lost:
                loaded.refused["cgroup"] = lost
        except UnsupportedError as error:
            require_descriptors(error)
            loaded.refused["cgroup"] = str(error)
        for hook in loaded.hooks:
            try:
                if hook.kind is Kind.CGROUP and root is not None:
                    loaded.links.append(loaded.object.attach(hook.program, root))
                elif hook.kind in (Kind.TRACEPOINT, Kind.RAW, Kind.FUNCTION):
                    loaded.links.append(loaded.object.attach(hook.program))
            except PtcpdumpError as error:
                require_descriptors(error)
                loaded.refused[hook.program] = str(error)
        for hook in loaded.hooks:
            if hook.kind is Kind.ITERATOR:
                try:
                    loaded.object.run_iterator(hook.program)
                except PtcpdumpError as error:
                    require_descriptors(error)
                    loaded.refused[hook.program] = str(error)


def attach_late(loaded: Loaded, program: str) -> None:
    """Attach a hook that attach() has left for later, because it costs something for each packet that is sent."""
    if not any(hook.program == program for hook in loaded.hooks):
        return
    try:
        root, _ = cgroup.open_widest()
    except UnsupportedError:
        return      # said already
    try:
        loaded.links.append(loaded.object.attach(program, root))
    except PtcpdumpError as error:
        loaded.refused[program] = str(error)
    finally:
        os.close(root)


def losses(loaded: Loaded) -> list[str]:
    """What packets' owners lack on this kernel, each in a sentence; empty where everything works."""
    if loaded.openers is not None:
        return [plain.loss(loaded.openers)]
    said = []
    working = {hook.program for hook in loaded.hooks} - loaded.refused.keys()
    if "cgroup" in loaded.refused:
        said.append(f"sockets are followed less closely: {loaded.refused['cgroup']}")
    elif not working & {"sock_create", "connect4", "sendmsg4"}:
        said.append("sockets are followed less closely: the kernel refuses cgroup hooks "
                    f"({loaded.refused.get('sock_create', 'no reason given')})")
    if not working & {"process_exec", "process_exec_raw"}:
        said.append("processes that start during the capture may be shown by their pid alone: the kernel refuses the "
                    "hook sched_process_exec")
    return said


def needs_proc_sockets(loaded: Loaded) -> bool:
    """Whether earlier sockets must be looked up in /proc because no iterator tells of them."""
    return not loaded.plain and not any(
        hook.kind is Kind.ITERATOR and hook.program not in loaded.refused for hook in loaded.hooks)
