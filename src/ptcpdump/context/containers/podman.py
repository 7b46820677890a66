"""Podman's own API (libpod, https://docs.podman.io/en/latest/_static/api.html), versions 2.0 and later."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from ptcpdump.context.containers import answers
from ptcpdump.context.containers.endpoint import Endpoint
from ptcpdump.context.containers.entry import Entry
from ptcpdump.context.containers.http import JsonApi
from ptcpdump.context.containers.source import Runtime
from ptcpdump.context.model import Container, Pod

RANK = 0
_BASE = "/v4.0.0/libpod"
QUESTIONS = (rf"{re.escape(_BASE)}/pods/json", rf"{re.escape(_BASE)}/containers/json\?all=true")    # but for the events
_FILTERS = {"type": ["container"]}


class Podman(Runtime):
    """The service of one user, or root's."""

    by_http = True

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._api = JsonApi(endpoint)
        self._pods: dict[str, Pod] = {}

    def containers(self) -> list[Entry]:
        """All containers, with their pods."""
        pods = answers.items(self._api.get(f"{_BASE}/pods/json"), "the list of pods")
        known, wrong = answers.sound(parse_pod, pods)
        self._pods = {pod.uid: pod for pod in known}
        found = answers.items(self._api.get(f"{_BASE}/containers/json?all=true"), "the list of containers")
        entries, self.refused = answers.sound(partial(parse, pods=self._pods), found)
        self.refused = self.refused or wrong
        return entries

    def events(self) -> Iterator[Entry | None]:
        """One item for each event of a container."""
        for event in self._api.stream(
                f"{_BASE}/events?stream=true&since={self._api.made}&filters={quote(json.dumps(_FILTERS))}"):
            yield answers.created(event, partial(parse_created, pods=self._pods))

    def close(self) -> None:
        """End the stream of events."""
        self._api.close()


def connect(endpoint: Endpoint) -> Podman:
    """A client of the service there."""
    return Podman(endpoint)


def parse(item: Mapping[str, Any], pods: Mapping[str, Pod]) -> Entry:
    """One element of the answer to GET /libpod/containers/json. Raises Malformed."""
    container = Container(answers.identifier(item, "Id"), next(answers.names(item, "Names"), ""), answers.image(item),
                          answers.labels(item, "Labels"))
    running = answers.text(item, "State") == "running"
    return Entry(container, RANK, pods.get(answers.text(item, "Pod")), answers.flag(item, "IsInfra"),
                 pid=answers.process(item, "Pid") if running else 0)


def parse_pod(item: Mapping[str, Any]) -> Pod:
    """One element of the answer to GET /libpod/pods/json: a pod of Podman's own. Raises Malformed."""
    return Pod(answers.text(item, "Name"), uid=answers.identifier(item, "Id"), labels=answers.labels(item, "Labels"))


def parse_created(key: str, attributes: dict[str, str], pods: Mapping[str, Pod]) -> Entry:
    """A container from the event that tells of its making: more than labels is among the attributes."""
    name, image, pod, _ = (attributes.pop(field, "") for field in ("name", "image", "podId", "containerExitCode"))
    return Entry(Container(key, name[:answers.NAME], image[:answers.IMAGE], attributes), RANK, pods.get(pod))
