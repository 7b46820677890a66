"""The Docker Engine API (https://docs.docker.com/reference/api/engine/), versions 1.24 and later.

Paths without a version mean the daemon's own newest one; what is read here is the same in all.
"""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ptcpdump.context.containers import answers
from ptcpdump.context.containers.dockershim import with_pods
from ptcpdump.context.containers.endpoint import Endpoint
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.http import JsonApi
from ptcpdump.context.containers.source import TIMEOUT, Runtime, RuntimeFailure
from ptcpdump.context.model import Container
from ptcpdump.records import replace

RANK = 0
QUESTIONS = (r"/containers/json\?all=1", r"/containers/[0-9a-f]{64}/json")      # patterns of all but the events
_FILTERS = {"type": ["container"], "event": ["create", "start", "rename", "update", "destroy"]}


class Docker(Runtime):
    """A Docker daemon."""

    by_http = True

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._api = JsonApi(endpoint)
        self._running: set[str] = set()
        self._pids: dict[str, int] = {}         # main processes of those that run
        self._sandboxes: list[Entry] = []       # of the last list

    def containers(self) -> list[Entry]:
        """All containers."""
        found = answers.items(self._api.get("/containers/json?all=1"), "the list of containers")
        entries, self.refused = answers.sound(parse, found)
        self._running = {item["Id"] for item in found if isinstance(item, dict) and item.get("State") == "running"
                         and isinstance(item.get("Id"), str)}
        self._pids = {key: pid for key, pid in self._pids.items() if key in self._running}
        entries = with_pods(self._with_pids(entries))
        self._sandboxes = [entry for entry in entries if entry.sandbox]
        return entries

    def complete(self, entries: list[Entry]) -> list[Entry]:
        """The main process is told by GET /containers/ID/json alone: asked once for each start of a container.

        What would take too long, or too much, is left to the next look.
        """
        end = time.monotonic() + TIMEOUT
        for key in [entry.container.id for entry in entries]:
            if key in self._running and key not in self._pids and time.monotonic() < end and self.endpoint.left > 0:
                with contextlib.suppress(RuntimeFailure, TimeoutError):     # it has ended, or is locked
                    item = answers.mapping(self._api.get(f"/containers/{key}/json"), "a container")
                    if pid := answers.process(answers.mapping(item.get("State"), "State"), "Pid"):
                        self._pids[key] = pid
        return self._with_pids(entries)

    def _with_pids(self, entries: list[Entry]) -> list[Entry]:
        return [replace(entry, pid=self._pids.get(entry.container.id, 0)) for entry in entries]

    def events(self) -> Iterator[Entry | None]:
        """One item for each container made, started, renamed or removed."""
        for event in self._api.stream(f"/events?since={self._api.made}&filters={quote(json.dumps(_FILTERS))}"):
            self._pids.pop(answers.actor(event), None)      # of another process from now on
            entry = answers.created(event, parse_created)
            yield entry and with_pods([*self._sandboxes, entry])[-1]

    def close(self) -> None:
        """End the stream of events."""
        self._api.close()


def connect(endpoint: Endpoint) -> Docker:
    """A client of the daemon there."""
    return Docker(endpoint)


def parse(item: Mapping[str, Any]) -> Entry:
    """One element of the answer to GET /containers/json. Raises Malformed."""
    # beside its own name a container may have those under which others link to it: /other/alias
    name = min(answers.names(item, "Names"), key=lambda text: (text.count("/"), text), default="").removeprefix("/")
    return Entry(Container(answers.identifier(item, "Id"), name, answers.image(item), answers.labels(item, "Labels")),
                 RANK)


def parse_created(key: str, attributes: dict[str, str]) -> Entry:
    """A container from the event that tells of its making: its name and image are among the attributes."""
    name, image = (attributes.pop(field, "") for field in ("name", "image"))
    return Entry(Container(key, name[:answers.NAME], image[:answers.IMAGE], attributes), RANK)
