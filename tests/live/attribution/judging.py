"""Packets, and whose they are said to be."""

from collections.abc import Callable

from ptcpdump import Packet
from tests.live.harness import Link

IN, OUT = 1, 2
Captured = Callable[[str, Callable[[], None]], list[Packet]]


def of_port(packets: list[Packet], port: object) -> list[Packet]:
    found = [p for p in packets if f".{port} " in p.line or f".{port}:" in p.line]
    assert found, f"no packet of port {port}"
    return found


def pids(packets: list[Packet]) -> set[int | None]:
    return {p.process.pid if p.process else None for p in packets}


def address(link: Link, version: int) -> str:
    return link.peer4 if version == 4 else link.peer6


def own_address(link: Link, version: int) -> str:
    return link.ip4 if version == 4 else link.ip6
