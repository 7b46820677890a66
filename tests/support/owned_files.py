"""Savefiles of packets whose owners are made up."""

import struct

from savefiles import UDP, write_packets

from ptcpdump.context.model import Container, Context, Found, Pod, Process, Thread
from ptcpdump.context.render import Renderer
from ptcpdump.net.interface import Interface
from ptcpdump.packets import Packet

ETH0 = Interface(name="eth0")
PARENT = Process(3, "/usr/bin/bash", ("-bash",), started=1_700_000_000_000_000_000)
CURL = Context(
    process=Process(12, "/usr/bin/curl", ("curl", "-s", "http://a b"), started=1_700_000_001_000_000_007),
    thread=Thread(13, "worker"), uid=1000, parent=PARENT, user="alice",
    container=Container("d902", "web", "alpine:3.18", {"a": "1"}),
    pod=Pod("test", "default", "9e4b", {"run": "test"}, {"note": "x"}), found=Found.SOCKET)
PLAIN = Context(process=Process(12, "/usr/bin/curl", ("curl",)), uid=0, parent=PARENT, found=Found.SOCKET)
SHELL = Context(process=PARENT, uid=0, parent=Process(1, "/sbin/init", ("init",)), found=Found.SOCKET)


def packet(context: Context | None, number: int = 0, *, port: int = 1234) -> Packet:
    data = UDP[:34] + struct.pack("!H", port) + UDP[36:]
    return Packet(time_ns=number, interface=ETH0, data=data, length=len(data), linktype=1, context=context)


def write(path, *contexts: Context | None, renderer: Renderer | None = None, ports=None, **flags) -> None:
    found = [packet(each, n, port=ports[n] if ports else 1234) for n, each in enumerate(contexts)]
    write_packets(path, found, renderer, **flags)
