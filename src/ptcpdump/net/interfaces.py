"""Which interfaces a run captures on: from the words of -i and --netns to rows of the interface table."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ptcpdump.errors import InterfaceError, PrivilegeError
from ptcpdump.lazy import lazy_modules
from ptcpdump.net.interface import Interface
from ptcpdump.net.linktypes import linktype
from ptcpdump.net.netlink import Link, dump_links, link_socket
from ptcpdump.net.netns import Namespace, all_namespaces, enter, find_namespace, own_namespace

with lazy_modules:
    import difflib

ANY = "any"
NEWLY = "newly"


def list_links(namespace: Namespace) -> list[Link]:
    """All devices of a namespace by index. Raises InterfaceError, PrivilegeError."""

    def dump() -> list[Link]:
        with link_socket() as netlink:
            return dump_links(netlink)

    return enter(namespace, dump)


def interface(link: Link, namespace: Namespace) -> Interface:
    """Row of the interface table for a device. Raises InterfaceError when its packets can't be read by anybody."""
    kind = linktype(link.hardware)
    if kind is None:
        raise InterfaceError(f"{link.name}: devices of hardware type {link.hardware} are not supported")
    return Interface(
        name=link.name,
        index=link.index,
        netns=namespace.inode,
        netns_path=namespace.path,
        linktype=kind,
        label="" if namespace.own else f"{link.name}@{namespace.shown}",
        description="" if namespace.own else f"{link.name} in network namespace {_whole_name(namespace)}",
    )


def _whole_name(namespace: Namespace) -> str:
    return f"{namespace.name} ({namespace.inode})" if namespace.name else str(namespace.inode)


def find_interface(netns: int, index: int) -> Interface | None:
    """The device with an ifindex in the namespace with this inode; None when it is gone, or not for us to see."""
    namespace = next((found for found in all_namespaces() if found.inode == netns), None)
    if namespace is None:
        return None
    try:
        link = next((link for link in list_links(namespace) if link.index == index), None)
        return interface(link, namespace) if link else None
    except (InterfaceError, PrivilegeError):
        return None


def default_link(links: Iterable[Link]) -> Link:
    """The device of a run without -i, as tcpdump's: the first that is up, running and not the loopback; else that."""
    usable = [link for link in links if link.up and linktype(link.hardware) is not None]
    if not usable:
        raise InterfaceError("no interface is up: name one with -i, or bring one up with ip link set NAME up")
    return min(usable, key=lambda link: (link.loopback, not link.running, link.index))


def select_namespaces(words: Sequence[str]) -> list[Namespace]:
    """Namespaces that --netns names: our own without a word, all for "any", none yet for "newly".

    Raises InterfaceError, PrivilegeError.
    """
    if ANY in words:
        return all_namespaces()
    chosen = {
        namespace.inode: namespace for namespace in map(find_namespace, (word for word in words if word != NEWLY))
    }
    if not words:
        return [own_namespace()]
    return list(chosen.values())


def select_interfaces(
    names: Sequence[str], namespaces: Sequence[Namespace], *, everywhere: bool = True
) -> list[Interface]:
    """Interfaces that -i names in some namespaces; without a name the default one of each.

    names: device names, alternative names, indexes as text, or "any".
    everywhere: each name must be found in each namespace, not only in one of them.
    Raises InterfaceError with the name that is nearest, or with those that exist.
    """
    chosen: dict[tuple[int, int], Interface] = {}
    missing = set(names) - {ANY}
    for namespace in namespaces:
        try:
            links = list_links(namespace)
        except InterfaceError:
            if everywhere:
                raise
            continue        # one of many namespaces, which ended just now
        if ANY in names:
            found = [link for link in links if linktype(link.hardware) is not None]
        elif names:
            by_name = {name: _find(name, links) for name in names}
            if everywhere and None in by_name.values():
                absent = next(name for name, link in by_name.items() if link is None)
                raise InterfaceError(_no_such(absent, links, namespace))
            missing -= {name for name, link in by_name.items() if link}
            found = [link for link in by_name.values() if link]
        else:
            found = [default_link(links)]
        for link in found:
            chosen[namespace.inode, link.index] = interface(link, namespace)
    if namespaces and missing and ANY not in names:
        raise InterfaceError(_no_such(sorted(missing)[0], list_links(namespaces[0]), namespaces[0]))
    return list(chosen.values())


def is_wireless(link: Link) -> bool:
    """Whether a device of our own namespace is a Wi-Fi one (sysfs shows only those)."""
    return Path("/sys/class/net", link.name, "phy80211").exists()


def _find(name: str, links: Sequence[Link]) -> Link | None:
    for link in links:
        if name == link.name or name in link.alternatives:
            return link
    if name.isdigit():
        return next((link for link in links if link.index == int(name)), None)
    return None


def _no_such(name: str, links: Sequence[Link], namespace: Namespace) -> str:
    where = "" if namespace.own else f" in network namespace {namespace}"
    names = [link.name for link in links]
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]}?" if near else "there are: " + ", ".join(names)
    return f"{name}: no such interface{where}; {hint}"
