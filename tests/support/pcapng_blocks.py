"""An independent reader of pcapng: blocks and options as the specification has them, process blocks as Wireshark 5."""

import gzip
import struct
from dataclasses import dataclass, field
from pathlib import Path

ENTRY = {1: "comment", 2: "name", 3: "path", 4: "cmdline", 5: "ppid", 6: "uid", 7: "user", 8: "uuid", 9: "started"}


@dataclass
class Block:
    """One block: where its options begin depends on its kind."""

    kind: int
    at: int                     # offset in the file
    body: bytes
    order: str                  # of the section
    options: list[tuple[int, bytes]] = field(default_factory=list)
    entry: dict[str, object] = field(default_factory=dict)      # of a process block

    @property
    def comments(self) -> list[str]:
        return [value.decode() for code, value in self.options if code == 1]

    def option(self, code: int) -> bytes | None:
        return next((value for found, value in self.options if found == code), None)


def options(data: bytes, order: str) -> list[tuple[int, bytes]]:
    """All options up to the end mark, which has to be there if there is any."""
    found, at = [], 0
    while at < len(data):
        code, size = struct.unpack_from(order + "HH", data, at)
        if code == 0:
            assert size == 0 and at + 4 == len(data), "something stands behind opt_endofopt"
            return found
        value = data[at + 4 : at + 4 + size]
        assert len(value) == size, "an option runs past its block"
        assert not any(data[at + 4 + size : at + 4 + (size + 3 & ~3)]), "padding is not zero"
        found.append((code, value))
        at += 4 + (size + 3 & ~3)
    assert not found, "opt_endofopt is missing"
    return found


def process_entry(data: bytes) -> dict[str, object]:
    """The entry of a process, always little-endian."""
    entry: dict[str, object] = {"pid": struct.unpack_from("<I", data)[0]}
    for code, value in options(data[4:], "<"):
        name = ENTRY.get(code, str(code))
        if name in ("ppid", "uid"):
            entry[name] = struct.unpack("<I", value)[0]
        elif name == "started":
            entry[name] = struct.unpack("<Q", value)[0]
        elif name == "cmdline":
            entry[name] = value.decode().split("\0")
        else:
            entry[name] = value if name == "uuid" or code not in ENTRY else value.decode()
    return entry


def plain(path: Path) -> bytes:
    """What gzip(1) or zstd's library makes of a file that is compressed, else its bytes."""
    data = Path(path).read_bytes()
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if not data.startswith(b"\x28\xb5\x2f\xfd"):
        return data
    from backports import zstd

    return zstd.decompress(data)


def blocks(source: Path | bytes) -> list[Block]:
    """All blocks of a file, which may be compressed; each is checked."""
    data = source if isinstance(source, bytes) else plain(source)
    found, at, order = [], 0, "="
    while at < len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, length = struct.unpack_from(order + "II", data, at)
        assert length % 4 == 0 and at + length <= len(data), f"block at {at} is {length} bytes long"
        assert struct.unpack_from(order + "I", data, at + length - 4)[0] == length
        block = Block(kind, at, data[at + 8 : at + length - 4], order)
        fixed = {0x0A0D0D0A: 16, 1: 8, 5: 12}.get(kind, len(block.body))
        if kind == 6:
            fixed = 20 + (struct.unpack_from(order + "I", block.body, 12)[0] + 3 & ~3)
        elif kind == 0xBAD and struct.unpack_from(order + "I", block.body)[0] == 32622:
            entry_kind, size = struct.unpack_from("<II", block.body, 4)
            assert entry_kind == 3
            block.entry = process_entry(block.body[12 : 12 + size])
            fixed = 12 + (size + 3 & ~3)
        block.options = options(block.body[fixed:], order)
        found.append(block)
        at += length
    return found


@dataclass
class Owned:
    """A packet and what blocks alone say of its owner."""

    block: Block
    data: bytes
    pid: int = 0
    tid: int = 0
    process: Block | None = None
    parent: Block | None = None


def packets(source: Path | bytes) -> list[Owned]:
    """The packets of a file, each with the last process block of its pid before it."""
    known: dict[int, Block] = {}
    found = []
    for block in blocks(source):
        if block.kind == 0x0A0D0D0A:
            known = {}
        elif block.entry:
            known[block.entry["pid"]] = block
        elif block.kind == 6:
            size = struct.unpack_from(block.order + "I", block.body, 12)[0]
            packet = Owned(block, block.body[20 : 20 + size])
            if (owner := block.option(8)) is not None:
                packet.pid, packet.tid = struct.unpack(block.order + "II", owner)
                packet.process = known.get(packet.pid)
                packet.parent = known.get(packet.process.entry.get("ppid", 0)) if packet.process else None
            found.append(packet)
    return found


def counted(source: Path | bytes) -> tuple[int, int]:
    """Packets received and dropped, as the last interface statistics of a file say (isb_ifrecv, isb_ifdrop)."""
    found = [block for block in blocks(source) if block.kind == 5]
    assert found, "no interface statistics"
    received, dropped = found[-1].option(4), found[-1].option(5)
    assert received is not None
    assert dropped is not None
    return struct.unpack(found[-1].order + "Q", received)[0], struct.unpack(found[-1].order + "Q", dropped)[0]
