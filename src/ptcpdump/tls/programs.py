"""Programs that start after a capture has given up root's privileges (-Z): who keeps these probes them for TLS keys.

What these probes read gets to the capture by the same ring buffer as before. What else it has to know, it is told.
"""

import os
import select
from collections.abc import Callable
from typing import Any

from ptcpdump.errors import PtcpdumpError
from ptcpdump.kernel.bindings.mappings import Mappings
from ptcpdump.kernel.loading.secrets import SecretProbes
from ptcpdump.threads import Faults
from ptcpdump.tls.looking import consider, look_at_running, new_files, online_cpus
from ptcpdump.tls.placing import Placer

# gives the capture a message, as JSON has it: said, probed, changed or derives
Tell = Callable[[dict[str, Any]], None]


class LaterPrograms:
    """Made by the capture, run() where privileges are kept, take() in the capture again."""

    def __init__(self, probes: SecretProbes, placer: Placer, expect_derivations: Callable[[], None]) -> None:
        self._probes = probes
        self._placer = placer
        self._expect_derivations = expect_derivations

    def run(self, tell: Tell) -> None:
        """Probe what starts from now on, in a thread of a process forked from the capture, as long as that lives."""
        def say(text: str) -> None:
            tell({"said": [text]})

        placer = self._placer
        placer.elsewhere(lambda: tell({"derives": True}), say)
        placer.on_change = lambda file: tell({"changed": file})
        self._probes.on_library = lambda number, path: tell({"probed": [number, path]})
        try:
            mappings = list(map(Mappings, online_cpus()))
        except PtcpdumpError as error:
            say(f"TLS keys of programs that start from now on are not taken: {error}")
            return
        poll = select.poll()
        for mapping in mappings:
            poll.register(mapping.fileno(), select.POLLIN)
        if placer.changes.fileno() >= 0:
            poll.register(placer.changes.fileno(), select.POLLIN)
        faults, parent = Faults("TLS keys", say), os.getppid()
        # what has started meanwhile; what may not be looked at was said by the capture
        look_at_running(placer, lambda _: None, lambda: os.getppid() != parent, faults)
        while True:
            patience = placer.patience
            poll.poll(None if patience is None else patience * 1000)
            consider(placer, new_files(mappings), faults)

    def take(self, message: dict[str, Any]) -> None:
        """Take in what it has told."""
        if "probed" in message:
            number, path = message["probed"]
            self._probes.name_library(int(number), str(path))
        if "changed" in message:        # both of us have its probes: they are there until both have let go
            device, inode = message["changed"]
            self._placer.take_out((int(device), int(inode)))
        if "derives" in message:
            self._expect_derivations()
