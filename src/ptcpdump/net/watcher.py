"""News of interfaces and network namespaces that come and go while we capture.

Interfaces are told by a netlink socket per namespace. Namespaces with a name are told by /proc/self/mountinfo, which
becomes ready whenever something is mounted or unmounted: unlike a watch on /run/netns it sees them wherever they are
kept, and only when they can be entered. Those that only processes keep have no news: see net.spotter.
"""

import errno
import os
import select
import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Literal, Self

from ptcpdump.errors import InterfaceError, PrivilegeError
from ptcpdump.net.limits import FILES_OF_NAMESPACE, spare_descriptors
from ptcpdump.net.netlink import RTM_DELLINK, RTMGRP_LINK, Link, dump_links, link_socket, read_news
from ptcpdump.net.netns import Namespace, enter, mounted_namespaces, own_namespace, process_namespaces
from ptcpdump.records import dataclass


@dataclass(frozen=True, slots=True)
class LinkNews:
    """An interface was added to a namespace, removed from it, or got another name."""

    what: Literal["added", "removed", "renamed"]
    namespace: Namespace
    link: Link


@dataclass(frozen=True, slots=True)
class NamespaceNews:
    """A namespace appeared (its interfaces follow as news of their own) or is gone."""

    what: Literal["added", "removed"]
    namespace: Namespace


News = LinkNews | NamespaceNews


@dataclass(slots=True)
class _Watched:
    namespace: Namespace
    netlink: socket.socket
    links: dict[int, Link]
    lost: bool = False      # news of these


class Watcher:
    """Watches the interfaces of some namespaces and, with `follow`, for namespaces that appear.

    every: all namespaces are wanted, so that one that is not among these, made after they were listed, counts as one
    that appears; else those that are there now and not among these are left alone.

    Make it before listing interfaces, so that none is missed between; what appears meanwhile is then told twice. Call
    rescan() once more when what it tells can be followed: of namespaces that processes alone keep there are no news.
    A watched namespace lives as long as its last process, mount, or our socket: rescan() lets go of those that nobody
    else keeps. Raises InterfaceError, PrivilegeError.
    """

    def __init__(self, namespaces: Iterable[Namespace], *, follow: bool = False, every: bool = False) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, _Watched] = {}
        self._own = own_namespace().inode
        self._others: set[int] = set()  # namespaces from before us that nobody asked for, and those without room
        self._mounts: int | None = None
        # each watched namespace takes a descriptor here, one where its routes are followed, and one with its filters
        self._room = max(1, spare_descriptors() // FILES_OF_NAMESPACE)
        self._news: list[News] = []     # that nobody has been given yet
        self.unwatched = 0      # namespaces that are left out because of that
        try:
            self._begin(namespaces, follow, every)
        except BaseException:
            self.close()
            raise

    def _begin(self, namespaces: Iterable[Namespace], follow: bool, every: bool) -> None:
        if follow:      # before anything is looked at: what is mounted from now on makes it ready
            self._mounts = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
            self._epoll.register(self._mounts, select.EPOLLPRI)
        for namespace in namespaces:
            if follow and len(self._watched) >= self._room:
                self._leave_out(namespace.inode)
                continue
            try:
                self._watch(namespace)
            except InterfaceError:
                if not follow:
                    raise       # else one of many, which ended just now
        if follow and not every:
            self._others |= self._existing() - self._watched.keys()

    @property
    def namespaces(self) -> list[Namespace]:
        """The namespaces that are watched."""
        return [watched.namespace for watched in self._watched.values()]

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when read() may have something to tell."""
        return self._epoll.fileno()

    def read(self) -> list[News]:
        """Take what happened since the last call, in order; never waits.

        Raises OSError where files or memory are short; what is known by then is told by the next call.
        """
        for watched in list(self._watched.values()):
            self._news += self._link_news(watched)
        # A poll of our epoll descriptor by the caller uses up the readiness of mountinfo: so look at it each time.
        if self._mounts is not None:
            self._epoll.poll(0)
            self._namespace_news({namespace.inode: namespace for namespace in mounted_namespaces()})
        return self._told()

    def rescan(self, everything: Iterable[Namespace]) -> list[News]:
        """Take in all namespaces that there are now, and let go of those that are gone."""
        found = {namespace.inode: namespace for namespace in everything}
        self._others &= found.keys()
        if self._mounts is None:
            found = {inode: namespace for inode, namespace in found.items() if inode in self._watched}
        self._namespace_news(found)
        return self._told()

    def leave_to_others(self) -> None:
        """Keep no namespace from here any more: a process that was forked from this one follows them from now on."""
        for watched in self._watched.values():
            watched.netlink.close()     # the epoll instance is that one's, too, and goes on telling it

    def close(self) -> None:
        """Close all sockets; a second call does nothing."""
        self.leave_to_others()
        self._watched.clear()
        if self._mounts is not None:
            os.close(self._mounts)
            self._mounts = None
        self._epoll.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _leave_out(self, inode: int) -> None:
        """No more files may be opened."""
        self.unwatched += 1
        self._others.add(inode)

    def _existing(self) -> set[int]:
        return {namespace.inode for namespace in [*mounted_namespaces(), *process_namespaces()]}

    def _watch(self, namespace: Namespace) -> _Watched:
        netlink = enter(namespace, lambda: link_socket(groups=RTMGRP_LINK))
        with enter(namespace, link_socket) as asking:
            links = {link.index: link for link in dump_links(asking)}
        self._epoll.register(netlink.fileno(), select.EPOLLIN)
        watched = self._watched[namespace.inode] = _Watched(namespace, netlink, links)
        return watched

    def _link_news(self, watched: _Watched) -> list[News]:
        try:
            changes = list(read_news(watched.netlink))
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            watched.lost = True
        if watched.lost:
            return self._compare(watched)
        news: list[News] = []
        for kind, link in changes:
            known = watched.links.get(link.index)
            if kind == RTM_DELLINK:
                if known:
                    del watched.links[link.index]
                    news.append(LinkNews("removed", watched.namespace, known))
                continue
            watched.links[link.index] = link
            if known is None:
                news.append(LinkNews("added", watched.namespace, link))
            elif known.name != link.name:
                news.append(LinkNews("renamed", watched.namespace, link))
        return news

    def _compare(self, watched: _Watched) -> list[News]:
        """News were lost: find out what changed."""
        with enter(watched.namespace, link_socket) as asking:
            now = {link.index: link for link in dump_links(asking)}
        before, watched.links = watched.links, now
        watched.lost = False
        news: list[News] = [
            LinkNews("removed", watched.namespace, link) for index, link in before.items() if index not in now
        ]
        for index, link in now.items():
            if index not in before:
                news.append(LinkNews("added", watched.namespace, link))
            elif before[index].name != link.name:
                news.append(LinkNews("renamed", watched.namespace, link))
        return news

    def _told(self) -> list[News]:
        news, self._news = self._news, []
        return news

    def _namespace_news(self, found: dict[int, Namespace]) -> None:
        """Compare the namespaces that were found with those that are watched."""
        gone = self._watched.keys() - found.keys() - {self._own}
        if gone:  # its name may be gone while processes still live in it
            gone -= {namespace.inode for namespace in process_namespaces()}
        for inode in gone:
            watched = self._watched.pop(inode)
            self._epoll.unregister(watched.netlink.fileno())
            watched.netlink.close()
            self._news += [LinkNews("removed", watched.namespace, link) for link in watched.links.values()]
            self._news.append(NamespaceNews("removed", watched.namespace))
        for inode in found.keys() - self._watched.keys() - self._others:
            if len(self._watched) >= self._room:
                self._leave_out(inode)
                continue
            try:
                watched = self._watch(found[inode])
            except (InterfaceError, PrivilegeError, OSError):  # gone again already, or not for us
                continue
            self._news.append(NamespaceNews("added", watched.namespace))
            self._news += [LinkNews("added", watched.namespace, link) for link in watched.links.values()]
