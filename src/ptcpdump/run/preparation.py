"""How a capture begins: what can be wrong is found before anything is loaded, then the kernel gets its programs.

It looks at these for longer than Python takes for most of the rest, so that is done meanwhile: a thread waits for the
kernel. Only what this needs is imported here.
"""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ptcpdump.errors import PrivilegeError, PtcpdumpError
from ptcpdump.kernel.backends.limits import refuse
from ptcpdump.kernel.bindings.object import give_memory_back
from ptcpdump.kernel.loading import loader
from ptcpdump.kernel.owners import selection
from ptcpdump.kernel.traits import traits
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interface import Interface
from ptcpdump.net.interfaces import ANY, NEWLY, select_interfaces, select_namespaces
from ptcpdump.net.limits import raise_descriptor_limit, require_address_space
from ptcpdump.net.linktypes import RAW
from ptcpdump.net.netns import Namespace
from ptcpdump.net.watcher import Watcher
from ptcpdump.run.settings import Delivery, Settings
from ptcpdump.threads import start_thread

with lazy_modules:
    from ptcpdump.filters import pcap  # most captures have no expression
    from ptcpdump.kernel.backends import keeper, tc

if TYPE_CHECKING:
    from ptcpdump.kernel.backends.keeper import FilterKeeper


# linux/capability.h
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_SYS_ADMIN": 21, "CAP_PERFMON": 38, "CAP_BPF": 39}

_INITIAL_USER_NAMESPACE = 0xEFFFFFFD    # PROC_USER_INIT_INO (linux/proc_ns.h)
_PROBING = ("CAP_SYS_ADMIN",)       # the kernel asks for it where a probe is put into a file (uprobe)
_ENTERING = ("CAP_SYS_ADMIN",)      # and where a thread enters another namespace (setns(2))


class Preparation:
    """Interfaces of a capture, watched from before they were chosen, and its programs on their way into the kernel.

    Raises PtcpdumpError for what is wrong with the settings, or with us. Use it as a context manager: leaving it lets
    go of what nobody has taken.
    """

    def __init__(self, settings: Settings) -> None:
        require_privileges(traits(settings.backend).capabilities)
        if settings.tls_keys and missing_privileges(_PROBING):
            raise PrivilegeError("probing programs for their TLS keys needs CAP_SYS_ADMIN: run it as root, or leave "
                                 "out what asks for keys (--decrypt also takes --keylog-file FILE --tls-keys off)")
        follow = ANY in settings.netns or NEWLY in settings.netns
        if follow and missing_privileges(_ENTERING):
            raise PrivilegeError(f"--netns {','.join(settings.netns)} needs CAP_SYS_ADMIN, to enter network namespaces "
                                 "that appear: run it as root, or leave it out")
        raise_descriptor_limit()
        require_address_space(settings.buffer_size)
        self.settings = settings
        if settings.expression:
            pcap.compile_expression(settings.expression)
        self.namespaces = select_namespaces(settings.netns)
        self._watcher: Watcher | None = Watcher(self.namespaces, follow=follow, every=ANY in settings.netns)
        self.namespaces = self._watcher.namespaces
        try:
            self.interfaces = select_interfaces(settings.interfaces, self.namespaces, everywhere=not follow)
            named = [] if ANY in settings.interfaces else self.interfaces
            refuse(traits(settings.backend), named, incoming=settings.direction != "out")
        except BaseException:
            self._watcher.close()
            raise
        self._config = _kernel_config(settings, self.namespaces, self.interfaces, follow=follow)
        self._keeper = self._start_keeper()     # before there are threads: it is a fork
        self._loaded: loader.Loaded | None = None
        self._failure: BaseException | None = None
        self._loading: threading.Thread | None = None
        try:
            self._loading = start_thread(self._load, "loading of programs", daemon=False)
        except BaseException:
            self.close()
            raise

    def _start_keeper(self) -> "FilterKeeper | None":
        """Who holds filters in clsact qdiscs, where the run's programs are to stand in these."""
        if not traits(self.settings.backend).kept_filters:
            return None
        if not tc.needs_keeper(len(self.interfaces)):
            return None
        return keeper.FilterKeeper()

    def take_keeper(self) -> "FilterKeeper | None":
        """The keeper, which from now on is the caller's."""
        keeper, self._keeper = self._keeper, None
        return keeper

    def _load(self) -> None:
        try:
            self._loaded = loader.load(self._config)
            give_memory_back()
        except BaseException as error:
            self._failure = error

    def take(self) -> tuple[loader.Loaded, Watcher]:
        """What was loaded, and who watches the interfaces; from now on they are the caller's.

        Raises UnsupportedError, with the verifier's word, when the kernel refuses the programs.
        """
        if self._loading is not None:
            self._loading.join()
        if self._failure is not None:
            raise self._failure
        if self._loaded is None or self._watcher is None:
            raise PtcpdumpError("what was prepared is another capture's, or closed: prepare anew")
        taken = self._loaded, self._watcher
        self._loaded = self._watcher = None
        return taken

    def close(self) -> None:
        """Let go of what nobody has taken; a second call does nothing."""
        if self._loading is not None:
            self._loading.join()
        if self._loaded is not None:
            self._loaded.close()
        if self._watcher is not None:
            self._watcher.close()
        self._loaded = self._watcher = None
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def require_privileges(more: Iterable[str] = ()) -> None:
    """Raise PrivilegeError unless BPF programs can be loaded and attached to interfaces. more: what else is needed."""
    missing = missing_privileges(more)
    if missing:
        raise PrivilegeError(f"capturing needs {', '.join(missing)}: run it as root, for instance with sudo")
    if Path("/proc/self/ns/user").stat().st_ino != _INITIAL_USER_NAMESPACE:
        raise PrivilegeError("capturing needs privileges of the host: in a user namespace of its own, as that of a "
                             "rootless container, the kernel refuses BPF programs even to root; run it outside")


def missing_privileges(more: Iterable[str] = ()) -> list[str]:
    """The capabilities that a capture needs and that we don't have."""
    if not Path("/proc/self/status").exists():
        raise PtcpdumpError("there is no /proc here, which tells of processes: mount -t proc proc /proc")
    with Path("/proc/self/status").open() as status:
        effective = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff"))
    have = {name for name, bit in _CAPABILITIES.items() if effective >> bit & 1}
    if "CAP_SYS_ADMIN" in have:     # which these were part of before Linux 5.8
        have |= {"CAP_BPF", "CAP_PERFMON"}
    return [name for name in ("CAP_NET_ADMIN", "CAP_BPF", "CAP_PERFMON", *more) if name not in have]


def _kernel_config(settings: Settings, namespaces: list[Namespace], interfaces: list[Interface], *,
                   follow: bool) -> loader.Config:
    backend = traits(settings.backend)
    every = ANY in settings.interfaces
    single = namespaces[0].inode if len(namespaces) == 1 and not follow and not backend.across_namespaces else 0
    return loader.Config(
        snaplen=settings.snaplen, netns=single, immediate=settings.delivery is Delivery.EACH,
        peer_match=settings.peer_match, both_ends=settings.both_ends, buffer_size=settings.buffer_size,
        kernel_btf=settings.kernel_btf or None,
        filter=selection.flags(settings.owner), selected=selection.capacity(settings.owner), backend=backend,
        filtered=bool(settings.expression), directions={"in": 1, "out": 2}.get(settings.direction, 3),
        everywhere=backend.across_namespaces and every and (not settings.netns or ANY in settings.netns),
        raw=follow or every or any(row.linktype == RAW for row in interfaces))
