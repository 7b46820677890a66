"""Following interfaces and network namespaces with privileges, for a capture that has given them up."""

from collections.abc import Collection

from ptcpdump.errors import InterfaceError, PtcpdumpError
from ptcpdump.kernel.backends.base import Backend
from ptcpdump.kernel.owners.forwarded import ForwardedOwners
from ptcpdump.net.interface import Interface
from ptcpdump.net.interfaces import interface
from ptcpdump.net.netns import all_namespaces, enter
from ptcpdump.net.watcher import LinkNews, NamespaceNews, News, Watcher
from ptcpdump.run.attachments import namespace_of

Key = tuple[int, int]       # inode of the network namespace, ifindex


class Following:
    """Attaches to interfaces that appear. names: those that are wanted, None for all.

    watcher, owners, backend: the capture's, which uses them no more. attached: interfaces that it is attached to.
    """

    def __init__(self, watcher: Watcher, owners: ForwardedOwners, backend: Backend, names: Collection[str] | None,
                 attached: dict[Key, Interface]) -> None:
        self._watcher = watcher
        self._owners = owners
        self._backend = backend
        self._names = names
        self._attached = dict(attached)

    def filenos(self) -> list[int]:
        """Readable when read() may find something."""
        return [self._watcher.fileno(), self._owners.fileno()]

    def read(self) -> tuple[list[LinkNews], list[str]]:
        """Take in what happened; returns what the capture has to know, and what its user should."""
        self._owners.read()
        return self._take_in(self._watcher.read())

    def look(self) -> tuple[list[LinkNews], list[str]]:
        """The same for what nobody tells: namespaces that only processes keep, programs of others."""
        everything = all_namespaces()
        news, said = self._take_in(self._watcher.rescan(everything))
        self._owners.rescan(everything)
        said += self._backend.look_around(lambda row, look: enter(namespace_of(row), look))
        return news, said

    def close(self) -> None:
        """Follow nothing any more; what the backend has attached to stays."""
        self._watcher.close()
        self._owners.close()

    def _take_in(self, all_news: list[News]) -> tuple[list[LinkNews], list[str]]:
        told: list[LinkNews] = []
        said: list[str] = []
        for news in all_news:
            if isinstance(news, NamespaceNews):
                if news.what == "added":
                    self._owners.add_captured(news.namespace)
                continue
            try:
                self._follow(news)
            except InterfaceError:
                continue        # gone again, or a device whose packets nobody can read
            except (PtcpdumpError, OSError) as error:
                said.append(str(error))
                continue
            told.append(news)
        return told, said

    def _follow(self, news: LinkNews) -> None:
        key = (news.namespace.inode, news.link.index)
        if news.what == "removed":
            if gone := self._attached.pop(key, None):
                self._backend.detach(gone)
        elif key not in self._attached and (self._names is None or news.link.name in self._names):
            row = interface(news.link, news.namespace)
            enter(news.namespace, lambda: self._backend.attach(row))
            self._attached[key] = row
