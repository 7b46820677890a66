"""What a backend can't do here is said before anything is loaded."""

import os
from collections.abc import Iterable

from ptcpdump.errors import UnsupportedError
from ptcpdump.kernel.loading import cgroup
from ptcpdump.kernel.traits import DEFAULT, Traits
from ptcpdump.net.interface import Interface
from ptcpdump.net.interfaces import list_links
from ptcpdump.net.netns import find_namespace, own_namespace

# Kinds of devices whose handler takes a packet over from the device below, in the same round through the receive path.
_SHARING = frozenset({"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "bond", "team"})


def refuse(backend: Traits, named: Iterable[Interface], *, incoming: bool) -> None:
    """Raise UnsupportedError where a backend can't see what is asked for.

    named: interfaces that the user has named; incoming: whether packets that come in are wanted.
    """
    if backend.needs_cgroup:
        _refuse_without_cgroup(backend)
    if incoming and not backend.shared_packets:
        _refuse_sharing(backend, named)


def _refuse_without_cgroup(backend: Traits) -> None:
    try:
        os.close(cgroup.open_root())
    except UnsupportedError as error:
        raise UnsupportedError(f"--backend {backend.name}: {error}; --backend {DEFAULT.name} does without") from error


def _refuse_sharing(backend: Traits, named: Iterable[Interface]) -> None:
    for interface in named:
        namespace = find_namespace(interface.netns_path) if interface.netns_path else own_namespace()
        kind = next((link.kind for link in list_links(namespace) if link.index == interface.index), "")
        if kind in _SHARING:
            raise UnsupportedError(
                f"{interface.name} shares the packets that come in with the device below, where --backend "
                f"{backend.name} sees them: capture there, only what goes out with -Q out, or use --backend "
                f"{DEFAULT.name} ({kind} device)")
