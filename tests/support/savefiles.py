"""Savefiles built byte by byte, independent of the project's own writers."""

import os
import struct
from collections.abc import Iterable
from typing import NamedTuple

from ptcpdump.context.model import Process
from ptcpdump.context.process_block import entry
from ptcpdump.context.render import Renderer
from ptcpdump.context.stage import ContextStage
from ptcpdump.net.interface import Interface
from ptcpdump.packets import Packet
from ptcpdump.run.driver import Driver
from ptcpdump.run.interfaces import InterfaceTable
from ptcpdump.sinks.options import TextOptions
from ptcpdump.sinks.output import Output
from ptcpdump.sinks.sink import Sink
from ptcpdump.sinks.text import TextSink
from ptcpdump.sinks.writer import open_writer
from ptcpdump.sources.objects import PacketSource
from ptcpdump.sources.savefile import open_savefile

UDP = bytes.fromhex(
    "0000000000010000000000020800"  # Ethernet
    "4500001e00010000401100000a0000010a000002"  # IPv4, 30 bytes, UDP
    "04d2162e000a00006869"  # 1234 > 5678, "hi"
)
UDP_TEXT = "IP 10.0.0.1.1234 > 10.0.0.2.5678: UDP, length 2"


def pcap(packets: Iterable[tuple[float, bytes]], *, order="<", magic=0xA1B2C3D4, linktype=1, snaplen=262144) -> bytes:
    """A pcap file; times are (seconds, fraction in the file's unit) or whole seconds."""
    pieces = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype)]
    for time, data in packets:
        second, fraction = time if isinstance(time, tuple) else (time, 0)
        pieces.append(struct.pack(order + "IIII", second, fraction, len(data), len(data)))
        if magic == 0xA1B2CD34:
            pieces.append(bytes(8))
        pieces.append(data)
    return b"".join(pieces)


def option(code: int, value: bytes, order="<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind: int, body: bytes, order="<") -> bytes:
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order="<", options=b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order)


def interface(order="<", *, linktype=1, snaplen=0, options=b"") -> bytes:
    return block(1, struct.pack(order + "HHI", linktype, 0, snaplen) + options, order)


def packet(data=UDP, *, order="<", interface=0, units=0, length=None, options=b"") -> bytes:
    size = len(data) if length is None else length
    head = struct.pack(order + "IIIII", interface, units >> 32, units & 0xFFFFFFFF, len(data), size)
    return block(6, head + data + bytes(-len(data) % 4) + options, order)


def comments(*texts: str, order="<") -> bytes:
    return b"".join(option(1, text.encode(), order) for text in texts)


def process_block(process: Process, order="<", **more) -> bytes:
    """A process block of Wireshark 5; more: what else its entry says, see context.process_block.entry()."""
    return block(0xBAD, struct.pack(order + "I", 32622) + entry(process, **more), order)


def printed(path, options: TextOptions | None = None, **limits) -> str:
    """What the text sink makes of a savefile."""
    return print_to_pipe(path, options, **limits)[0]


def print_to_pipe(path, options: TextOptions | None = None, **limits) -> tuple[str, "Counts"]:
    file = os.memfd_create("text")
    sink = TextSink(Output(file, "text", owned=False), options or TextOptions(numeric=True, utc=True))
    try:
        counts = pump(path, sink, **limits)
    finally:
        sink.close()
        text = os.pread(file, os.fstat(file).st_size, 0).decode()
        os.close(file)
    return text, counts


class Counts(NamedTuple):
    """Packets in a file, those that the filters let pass, those handed to the sink."""

    read: int
    matched: int
    passed: int


def pump(path, sink: Sink, *, wanted=None, skip: int = 0, count: int = 0) -> Counts:
    """Pass a file's packets on to a sink, with all else that it has to be told; the sink stays open."""
    table = InterfaceTable(sink)
    with open_savefile(path, table, sink.write_secrets) as reader:
        driver = Driver(reader, sink, ContextStage(Renderer(), wanted), table, by_owner=wanted is not None, skip=skip,
                        limit=count)
        driver.run()
    table.tell_statistics()
    return Counts(driver.read, driver.matched, driver.passed)


def copy(source, target, **flags) -> None:
    """Read a savefile and write it again; flags: as open_writer() takes them."""
    writer = open_writer(str(target), **flags)
    try:
        pump(source, writer)
    finally:
        writer.close()


def write_packets(path, packets: Iterable[Packet], renderer: Renderer | None = None, **flags) -> None:
    """Write packets of Python; flags: as open_writer() takes them."""
    sink = open_writer(str(path), **flags)
    table = InterfaceTable(sink)
    Driver(PacketSource(packets, table), sink, ContextStage(renderer or Renderer()), table).run()
    sink.close()


def interfaces_of(path) -> list[Interface]:
    table = InterfaceTable()
    with open_savefile(path, table) as reader:
        Driver(reader, Sink(), ContextStage(Renderer()), table).run()
        return reader.interfaces


def secrets_of(path) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    table = InterfaceTable()
    with open_savefile(path, table, lambda kind, secrets: found.append((kind, secrets))) as reader:
        Driver(reader, Sink(), ContextStage(Renderer()), table).run()
    return found
