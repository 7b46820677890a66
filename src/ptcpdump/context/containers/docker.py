"""The Docker Engine API (https://docs.docker.com/reference/api/engine/), versions 1.24 and later.

Paths without a version mean the daemon's own newest one; what is read here is the same in all.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ptcpdump.context.containers.entry import Entry, is_sandbox, pod_of
from ptcpdump.context.containers.http import JsonApi
from ptcpdump.context.containers.source import Runtime
from ptcpdump.context.model import Container

RANK = 0
_FILTERS = {"type": ["container"], "event": ["create", "start", "rename", "update", "destroy"]}


class Docker(Runtime):
    """A Docker daemon."""

    def __init__(self, address: str) -> None:
        self._api = JsonApi(address)

    def list(self) -> list[Entry]:
        """All containers."""
        return [parse(item) for item in self._api.get("/containers/json?all=1")]

    def events(self) -> Iterator[Entry | None]:
        """One item for each container made, started, renamed or removed."""
        return map(parse_event, self._api.stream(
            f"/events?since={self._api.made}&filters={quote(json.dumps(_FILTERS))}"))

    def close(self) -> None:
        """End the stream of events."""
        self._api.close()


def parse(item: Mapping[str, Any]) -> Entry:
    """One element of the answer to GET /containers/json."""
    labels = item.get("Labels") or {}
    names = item.get("Names") or [""]
    # beside its own name a container may have those under which others link to it: /other/alias
    name = min(names, key=lambda text: (text.count("/"), text)).removeprefix("/")
    return Entry(Container(item["Id"], name, item.get("Image", ""), labels), RANK, pod_of(labels), is_sandbox(labels))


def parse_event(event: Mapping[str, Any] | None) -> Entry | None:
    """What an event of GET /events tells of a container that was made; None for other events.

    Its attributes are the container's labels and, among them, its name and image.
    """
    if not event or event.get("Action") != "create":
        return None
    labels = dict(event["Actor"].get("Attributes") or {})
    name, image = labels.pop("name", ""), labels.pop("image", "")
    return Entry(Container(event["Actor"]["ID"], name, image, labels), RANK, pod_of(labels), is_sandbox(labels))
