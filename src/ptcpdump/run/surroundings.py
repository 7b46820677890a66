"""What a capture follows beside its packets: interfaces and network namespaces that come and go, programs that others
attach or remove, and whether any packet comes at all.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ptcpdump.kernel.owners.forwarded import ForwardedOwners
from ptcpdump.net.netns import Namespace, all_namespaces
from ptcpdump.net.spotter import NamespaceSpotter
from ptcpdump.net.watcher import LinkNews, NamespaceNews, News, Watcher
from ptcpdump.run.attachments import Attachments
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.run.settings import Settings
from ptcpdump.run.silence import Silence

if TYPE_CHECKING:
    from ptcpdump.kernel.owners.lookup import SocketLookup
    from ptcpdump.run.helper import Helper

_LOOK_AROUND = 1.0                      # seconds between looks for others' programs before ours


class Surroundings:
    """Follows them with privileges, or takes in what a helper tells that has these.

    watcher, owners: the caller's, who closes them. spotter: has looked around once. catch_up: takes the packets that
    have come. received: how many there are. sockets: looked through where the kernel does not know owners. warn: called
    with what a user should know.
    """

    def __init__(self, watcher: Watcher, owners: ForwardedOwners, spotter: NamespaceSpotter, attachments: Attachments,
                 *, catch_up: Callable[[], object], received: Callable[[], int], sockets: "SocketLookup | None" = None,
                 warn: Callable[[str], None]) -> None:
        self._watcher = watcher
        self._owners = owners
        self._spotter = spotter
        self._attachments = attachments
        self._catch_up = catch_up
        self._received = received
        self._sockets = sockets
        self._warn = warn
        self._helper: Helper | None = None
        self._relinquished = False      # what needs privileges is left to the helper, or as it was
        self._next_look = 0.0
        self._silence: Silence | None = None
        self._hint_at = 0.0
        self._hint_after = 0.0

    def hint_at_silence(self, settings: Settings, table: InterfaceTable) -> None:
        """Say once why no packet may have come, if none has after settings.hint_after seconds from now."""
        self._silence = Silence(settings, lambda: table.interfaces)
        self._hint_after = settings.hint_after
        self._hint_at = time.monotonic() + settings.hint_after

    def relinquish(self, helper: "Helper | None") -> None:
        """Leave what needs privileges to a helper; None: nothing is followed any more."""
        self._helper = helper
        self._relinquished = True
        self._attachments.relinquish(helper)

    def take_news(self, descriptor: int) -> bool:
        """Take in what has made a descriptor readable; False: it is none of ours."""
        if self._helper is not None and descriptor == self._helper.fileno():
            self.take_in(list(self._helper.read()))
        elif descriptor == self._watcher.fileno():
            self.take_in(self._watcher.read())
        elif descriptor == self._owners.fileno():
            self._owners.read()
        else:
            return False
        return True

    def take_in(self, all_news: list[News]) -> None:
        """Follow what has happened to interfaces and namespaces."""
        for news in all_news:
            if isinstance(news, LinkNews):
                if news.what == "renamed":
                    self._catch_up()        # what came before keeps the old name
                self._attachments.take_in(news)
            elif isinstance(news, NamespaceNews) and news.what == "added":
                self._owners.add_captured(news.namespace)
        self._attachments.check_any_left()

    def look_around(self, drained: int) -> None:
        """See to what nobody tells: namespaces that only processes keep, others' programs, rows that are free.

        drained: until when the source has handed out all that came (CLOCK_MONOTONIC, ns).
        """
        if self._spotter.due() and self._relinquished:
            self._spotter.looked(map(Namespace, self._spotter.known))
            if self._helper is not None:
                self._helper.look()
        elif self._spotter.due():
            everything = all_namespaces()
            self._spotter.looked(everything)
            self.take_in(self._watcher.rescan(everything))
            self._owners.rescan(everything)
        now = time.monotonic()
        if self._silence is not None and now >= self._hint_at:
            silence, self._silence = self._silence, None    # once
            if not self._received():
                self._warn(f"no packets after {self._hint_after:g} s: {silence.explain()}")
        if now >= self._next_look:
            self._next_look = now + _LOOK_AROUND
            if not self._relinquished:
                for text in self._attachments.look_around():
                    self._warn(text)
                if self._sockets is not None:
                    self._sockets.look()
            self._attachments.recycle(drained)

    def detach(self) -> None:
        """Have the helper, if there is one, let go of what it has attached."""
        if self._helper is not None:
            self._helper.detach()

    def close(self) -> None:
        """End the helper."""
        if self._helper is not None:
            self._helper.close()
