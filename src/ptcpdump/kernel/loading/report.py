"""What this machine allows, found by doing it: every hook is loaded and attached for a moment."""

import os

from ptcpdump.errors import UnsupportedError
from ptcpdump.kernel.bindings.btf import Types
from ptcpdump.kernel.loading import cgroup, kernel_types, loader, plain, probes
from ptcpdump.kernel.loading.features import OFF, usable
from ptcpdump.kernel.loading.hooks import HOOKS, Hook, Kind
from ptcpdump.kernel.loading.openers import KPROBES, SINCE, Openers
from ptcpdump.kernel.loading.probes import Probe
from ptcpdump.kernel.traits import BACKENDS, CGROUP_SKB, DEFAULT
from ptcpdump.net.netns import own_namespace
from ptcpdump.procfs import read_pid_namespace

_FEATURES = {Kind.TRACEPOINT: "tracepoints", Kind.FUNCTION: "functions", Kind.ITERATOR: "iterators"}


def report(kernel_btf: str | None = None) -> list[Probe]:
    """Capabilities of the kernel first, then the hooks. kernel_btf: type information to use instead of the kernel's.

    Raises PrivilegeError, UnsupportedError when not even the packet programs can be loaded.
    """
    if plain.needed():
        own = own_namespace()
        loaded = loader.load(loader.Config(netns=own.inode))
        try:
            loader.attach(loaded, own)
            return _plain(loaded.openers)
        finally:
            loaded.close()
    kernel_btf = kernel_types.find(kernel_btf)
    types = Types(kernel_btf)
    found: dict[str, Probe] = {}
    for backend in BACKENDS.values():
        mine = [hook for hook in HOOKS if not _replaced(hook, types) and backend in (hook.backends or (DEFAULT,))]
        try:
            loaded = loader.load(loader.Config(kernel_btf=kernel_btf, backend=backend, filtered=True))
        except UnsupportedError as error:
            for hook in mine:       # other backends may have told of those that they share
                found.setdefault(hook.program, Probe(_name(hook), False, str(error), hook.since))
            continue
        try:
            loader.attach(loaded)
            found |= {hook.program: _hook(hook, types, loaded) for hook in mine}
        finally:
            loaded.close()
    hooks = [hook for hook in HOOKS if hook.program in found]
    attached = [found[hook.program].available is True for hook in hooks if hook.kind is Kind.FUNCTION]
    return [*_capabilities(types, kernel_btf, any(attached) or not attached), *(found[hook.program] for hook in hooks)]


def outlook(kernel_btf: str | None = None) -> list[Probe]:
    """As report(), without privileges: from what everybody may read. Raises UnsupportedError without kernel types."""
    if plain.needed():
        return _plain(None)
    kernel_btf = kernel_types.find(kernel_btf)
    types = Types(kernel_btf)
    found = [_types(kernel_btf), _cgroup(), _tcx(types)]
    for hook in HOOKS:
        if not _replaced(hook, types):
            there = _is_there(hook, types)
            purpose = _purpose(hook) if there else f"{hook.purpose}: {_absence(hook, types)}"
            found.append(Probe(_name(hook), None if there else False, purpose, hook.since))
    return found


def _plain(openers: Openers | None) -> list[Probe]:
    """What there is before Linux 5.10, if packet programs were loaded with these; None: nothing was tried."""
    loads = True if openers else None
    version, since = (".".join(map(str, each)) for each in (plain.SINCE, SINCE))
    hooks = [(f"raw tracepoint {name}", program, purpose) for name, program, purpose in (
        ("inet_sock_set_state", "tcp_state", "who opens TCP connections, and listens"),
        ("sched_process_exec", "process_exec", "new programs"), ("sched_process_fork", "process_fork", "new processes"),
        ("sched_process_exit", "process_exit", "ended processes"))]
    hooks += [(f"kprobe {name}", name, "who uses sockets") for name in KPROBES]
    found = []
    for name, program, purpose in hooks:
        reason = openers.reason(program) if openers else ""
        found.append(Probe(name, program in openers.attached if openers else None,
                           f"{purpose}: {reason}" if reason else purpose, since))
    return [
        Probe("tc ingress", loads, "packets that come in, through perf buffers", "4.10"),
        Probe("tc egress", loads, "packets that go out, through perf buffers", "4.10"),
        *found,
        Probe("owners in the kernel", False, plain.loss(openers or Openers()), version),
        Probe("choice by owner in the kernel", False, "packets are chosen when they are read", version),
        Probe("several namespaces", False, "one network namespace at a time", version),
        Probe("other backends", False, f"only {DEFAULT.name}", "5.12"),
    ]


def _is_there(hook: Hook, types: Types) -> bool:
    """Whether the kernel has what a hook is attached to, as far as types and version tell."""
    if hook.kind in (Kind.TRACEPOINT, Kind.RAW):
        return types.has_tracepoint(hook.target)
    if hook.kind is Kind.FUNCTION:
        return types.has_function(hook.target)
    if hook.kind is Kind.ITERATOR:
        return types.has_struct("bpf_iter__task_file")
    return probes.kernel_version() >= tuple(map(int, hook.since.split(".")))


def _capabilities(types: Types, kernel_btf: str | None, attached: bool) -> list[Probe]:
    """attached: whether a function hook that was loaded could be attached, too."""
    return [
        _types(kernel_btf),
        _cgroup(),
        _ring_buffer(),
        _tcx(types),
        _functions(types, attached),
    ]


def _functions(types: Types, attached: bool) -> Probe:
    allowed = probes.functions_allowed(types)
    detail = "fentry, fexit"
    if not allowed:
        detail = "refused by the kernel's policy"
    elif not attached:      # all kernels for arm64 before 6.4
        detail = "none can be attached: the kernel needs CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"
    return Probe("function hooks", allowed and attached, detail, "5.5")


def _types(kernel_btf: str | None) -> Probe:
    return Probe("type information", True, f"BTF of {kernel_btf or 'the running kernel'}", "5.2")


def _tcx(types: Types) -> Probe:
    found = types.has_struct("bpf_mprog_entry") and usable("tcx")
    detail = "for packet programs: they vanish with us" if found else "clsact filters instead, removed at the end"
    return Probe("tcx links", found, detail, "6.6")


def _cgroup() -> Probe:
    try:
        os.close(cgroup.open_root())
    except UnsupportedError as error:
        return Probe("cgroup v2", False, str(error), "4.5")
    return Probe("cgroup v2", True, "for the hooks of sockets", "4.5")


def _ring_buffer() -> Probe:
    error = probes.ring_buffer_error()
    if error:
        return Probe("ring buffer", False, f"{error}; perf buffers instead", "5.8")
    return Probe("ring buffer", True, "for packets and events", "5.8")


def _replaced(hook: Hook, types: Types) -> bool:
    """Whether it is the substitute of a hook that this kernel has."""
    if hook.kind is Kind.RAW:
        return probes.kernel_has_types() and usable("tracepoints") and types.has_tracepoint(hook.target)
    if hook.program == "tcp_sendmsg":
        return types.has_tracepoint("tcp_sendmsg_locked")
    if hook.target == "inet_csk_accept":
        return types.has_struct("proto_accept_arg") != (hook.program == "accept")
    return False


def _name(hook: Hook) -> str:
    return hook.target if hook.kind is Kind.PACKET else f"{hook.kind} {hook.target}"


def _hook(hook: Hook, types: Types, loaded: loader.Loaded) -> Probe:
    reason = loaded.refused.get(hook.program)
    if (hook.kind in (Kind.CGROUP, Kind.LATE) or CGROUP_SKB in hook.backends) and reason is None:
        reason = loaded.refused.get("cgroup")
    if reason is None and hook not in loaded.hooks:
        reason = _absence(hook, types)
    purpose = _purpose(hook) if reason is None else f"{hook.purpose}: {reason}"
    return Probe(_name(hook), reason is None, purpose, hook.since)


def _purpose(hook: Hook) -> str:
    """What a hook is good for here: the kernel's iterators go through the processes of our pid namespace alone."""
    if hook.kind is Kind.ITERATOR and read_pid_namespace():
        return f"{hook.purpose}, of processes of this pid namespace alone; start the container with --pid host"
    return hook.purpose


def _absence(hook: Hook, types: Types) -> str:
    """Why a hook was not even tried."""
    if not usable(_FEATURES.get(hook.kind, "types")) or not usable("types"):
        return OFF
    if hook.kind is Kind.FUNCTION and types.has_function(hook.target):
        return "function hooks are refused by the kernel's policy"
    return f"this kernel has no {hook.kind} {hook.target}"
