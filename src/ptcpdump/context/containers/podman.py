"""Podman's own API (libpod, https://docs.podman.io/en/latest/_static/api.html), versions 2.0 and later."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ptcpdump.context.containers.entry import Entry, pod_of
from ptcpdump.context.containers.http import JsonApi
from ptcpdump.context.containers.source import Runtime
from ptcpdump.context.model import Container, Pod

RANK = 0
_BASE = "/v4.0.0/libpod"
_FILTERS = {"type": ["container"]}


class Podman(Runtime):
    """The service of one user, or root's."""

    def __init__(self, address: str) -> None:
        self._api = JsonApi(address)
        self._pods: dict[str, Mapping[str, Any]] = {}

    def list(self) -> list[Entry]:
        """All containers, with their pods."""
        self._pods = {item["Id"]: item for item in self._api.get(f"{_BASE}/pods/json") or []}
        return [parse(item, self._pods) for item in self._api.get(f"{_BASE}/containers/json?all=true") or []]

    def events(self) -> Iterator[Entry | None]:
        """One item for each event of a container."""
        for event in self._api.stream(
                f"{_BASE}/events?stream=true&since={self._api.made}&filters={quote(json.dumps(_FILTERS))}"):
            yield parse_event(event, self._pods)

    def close(self) -> None:
        """End the stream of events."""
        self._api.close()


def parse(item: Mapping[str, Any], pods: Mapping[str, Mapping[str, Any]]) -> Entry:
    """One element of the answer to GET /libpod/containers/json, with those of /libpod/pods/json by id."""
    labels = item.get("Labels") or {}
    names = item.get("Names") or [""]
    pod = pod_of(labels) or _pod(item.get("Pod", ""), pods)
    running = item.get("State") == "running"
    return Entry(Container(item["Id"], names[0], item.get("Image", ""), labels), RANK, pod, bool(item.get("IsInfra")),
                 pid=item.get("Pid", 0) if running else 0)


def parse_event(event: Mapping[str, Any] | None, pods: Mapping[str, Mapping[str, Any]]) -> Entry | None:
    """What an event of GET /libpod/events tells of a container that was made; None for other events.

    Its attributes are the container's labels and, among them, what is taken out here.
    """
    if not event or event.get("Action") != "create":
        return None
    labels = dict(event["Actor"].get("Attributes") or {})
    name, image, pod, _ = (labels.pop(key, "") for key in ("name", "image", "podId", "containerExitCode"))
    return Entry(Container(event["Actor"]["ID"], name, image, labels), RANK, pod_of(labels) or _pod(pod, pods))


def _pod(identifier: str, pods: Mapping[str, Mapping[str, Any]]) -> Pod | None:
    """A pod of Podman's own by its id."""
    known = pods.get(identifier)
    return Pod(known["Name"], uid=identifier, labels=known.get("Labels") or {}) if known else None
