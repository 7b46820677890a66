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

    def list(self) -> list[Entry]:
        """All containers, with their pods."""
        containers = self._api.get(f"{_BASE}/containers/json?all=true")
        pods = {}
        if any(item.get("Pod") for item in containers):
            pods = {item["Id"]: item for item in self._api.get(f"{_BASE}/pods/json") or []}
        return [parse(item, pods) for item in containers]

    def events(self) -> Iterator[object]:
        """One item for each event of a container."""
        return self._api.stream(f"{_BASE}/events?stream=true&filters={quote(json.dumps(_FILTERS))}")

    def close(self) -> None:
        """End the stream of events."""
        self._api.close()


def parse(item: Mapping[str, Any], pods: Mapping[str, Mapping[str, Any]]) -> Entry:
    """One element of the answer to GET /libpod/containers/json, with those of /libpod/pods/json by id."""
    labels = item.get("Labels") or {}
    names = item.get("Names") or [""]
    pod = pod_of(labels)
    if pod is None and item.get("Pod"):
        own = (pods.get(item["Pod"]) or {}).get("Labels") or {}
        pod = Pod(item.get("PodName") or item["Pod"][:12], uid=item["Pod"], labels=own)
    running = item.get("State") == "running"
    return Entry(Container(item["Id"], names[0], item.get("Image", ""), labels), RANK, pod, bool(item.get("IsInfra")),
                 pid=item.get("Pid", 0) if running else 0)
