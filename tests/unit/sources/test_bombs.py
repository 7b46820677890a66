"""Files made to cost much: each reader's time grows with the bytes of a file, and its memory is bounded.

Each file is read by a process of its own, which tells what it took and may not take more.
"""

import bz2
import gzip
import lzma
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from savefiles import UDP, block, comments, interface, option, packet, pcap, process_block, section

from ptcpdump.context.model import Process

MB = 1 << 20
SIZE = 2 * MB
MEMORY = 200            # MB that a reader may take
SECONDS = 1 / (10 * MB) # of CPU for each byte, and so many for the start of Python on a machine with other work
START = 2.5

# Runs the command with the arguments behind it; its last line on standard error is what it took.
READER = """
import resource, sys, time
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
from ptcpdump.cli.main import main
try:
    status = main()
except SystemExit as end:
    status = end.code
with open("/proc/self/status") as file:     # not getrusage(2), which counts what our parent had, too
    most = next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
print(f"took {time.process_time()} {most}", file=sys.stderr)
sys.exit(status)
"""


def filled(piece: Callable[[int], bytes], size: int = SIZE, before: bytes = b"") -> bytes:
    """A file of about this size, of numbered pieces."""
    whole, number = bytearray(before), 0
    while len(whole) < size:
        whole += piece(number)
        number += 1
    return bytes(whole)


def one_interface(piece: Callable[[int], bytes]) -> bytes:
    return filled(piece, before=section() + interface()) + packet()


def statistics(options: bytes) -> bytes:
    return block(5, struct.pack("<III", 0, 0, 0) + options)


def name_record(number: int) -> bytes:
    return struct.pack("<HH4s8s", 1, 12, bytes([10, 0, 0, 1]), f"h{number:06}".encode() + b"\0")


def processes(number: int) -> bytes:
    return packet(options=comments(f"PID: {number + 1}\nCmd: /bin/a{number}\nArgs: a {number}", f"UserId: {number}"))


def said_in_blocks(number: int) -> bytes:
    process = Process(number + 1, f"/bin/a{number}", ("a", f"{number}"), name=f"a{number}", started=1 << 60)
    return process_block(process, parent=number, uid=number, user="root") + packet(
        options=option(8, struct.pack("<II", number + 1, 0)))


def apple_processes(number: int) -> bytes:
    """As many of them as are known of a section, and a section more."""
    return (section() if number % 65536 == 65535 else b"") + block(0x80000001, struct.pack("<I", number + 1))


def lines_of_arguments(number: int) -> bytes:
    """Free text goes on over lines, as the Go tool does not escape them."""
    return packet(options=comments(f"PID: {number + 1}\nCmd: a\nArgs: a" + "\n" * 60000 + "b"))


def to_be_escaped(number: int) -> bytes:
    return packet(options=comments(f"PID: {number + 1}\nCmd: \x1b\nArgs: " + "\x1b\u202e\\x1b" * 7000))


def labels(number: int) -> bytes:
    words = ",".join(f'"{number}.{i}":"{i}"' for i in range(4000))
    return packet(options=comments(f"PodName: a\nPodNamespace: b\nPodUID: c\nPodLabels: {{{words[:60000]}}}"))


def ethernet(data: bytes) -> bytes:
    return UDP[:14] + data


def ip(protocol: int, data: bytes) -> bytes:
    return struct.pack("!BBHHHBBH8x", 0x45, 0, 20 + len(data), 0, 0, 64, protocol, 0) + data


def dns(number: int) -> bytes:
    """Answers whose names are all the same long one, by a pointer to it."""
    name = b"".join(bytes([60]) + b"a" * 60 for _ in range(4)) + b"\0"
    message = struct.pack("!HHHHHH", number & 0xFFFF, 0x8180, 1, 600, 0, 0) + name + struct.pack("!HH", 1, 1)
    message += (b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 1, 2) + b"\xc0\x0c") * 600
    udp = struct.pack("!HHHH", 53, 1000, 8 + len(message), 0) + message
    return packet(ethernet(ip(17, udp)))


def tunnels(number: int) -> bytes:
    data = number.to_bytes(4, "little")
    for _ in range(60):
        data = ip(4, data)
    return packet(ethernet(data))


BOMBS: dict[str, Callable[[], bytes]] = {
    "packets without bytes": lambda: pcap([]) + struct.pack("<IIII", 1, 1, 0, 0) * (SIZE // 16),
    "options of interfaces": lambda: filled(lambda n: interface(options=option(12, b"") * 16000), before=section()),
    "large options of interfaces": lambda: filled(
        lambda n: interface(options=option(2, b"%d" % n) + option(12, bytes(60000)) * 16), before=section()),
    "comments of interfaces": lambda: filled(lambda n: interface(
        options=option(1, b"ifIndex: %d, netNsInode: 1, netNsPath: /x" % (n + 1)) * 300), before=section()),
    "interfaces": lambda: filled(lambda n: interface(options=option(2, b"%d" % n)), before=section()),
    "equal interfaces": lambda: filled(lambda n: interface(), before=section()),
    "sections": lambda: filled(lambda n: section() + interface() + packet()),
    "sections with interfaces of their own": lambda: filled(
        lambda n: section() + interface(options=option(2, b"e%d" % n)) + packet()),
    "options of sections": lambda: filled(lambda n: section(options=option(2, b"") * 10000)),
    "sections with statistics": lambda: filled(
        lambda n: section() + interface() + statistics(option(4, n.to_bytes(8, "little")))),
    "statistics": lambda: one_interface(lambda n: statistics(option(4, n.to_bytes(8, "little")))),
    "options of statistics": lambda: one_interface(lambda n: statistics(option(4, bytes(8)) * 5000)),
    "name records": lambda: one_interface(lambda n: block(4, name_record(n) + bytes(4))),
    "name records of one block": lambda: one_interface(
        lambda n: block(4, b"".join(map(name_record, range(5000))) + bytes(4))),
    "empty name records": lambda: one_interface(lambda n: block(4, struct.pack("<HH", 5, 0) * 5000 + bytes(4))),
    "secrets": lambda: one_interface(lambda n: block(10, struct.pack("<II4s", 0x544C534B, 4, b"abcd"))),
    "large secrets": lambda: one_interface(lambda n: block(10, struct.pack("<II", 0x544C534B, MB) + bytes(MB))),
    "unknown blocks": lambda: one_interface(lambda n: block(0xBAD, b"")),
    "empty comments": lambda: one_interface(lambda n: packet(n.to_bytes(4, "little"), options=option(1, b"") * 16000)),
    "short comments": lambda: one_interface(lambda n: packet(options=option(1, b"%d:" % n) * 3000)),
    "comments that look like ours": lambda: one_interface(
        lambda n: packet(options=option(1, b"PID: %d" % n) * 3000)),
    "processes": lambda: one_interface(processes),
    "processes in blocks": lambda: one_interface(said_in_blocks),
    "processes that are forgotten": lambda: filled(apple_processes, before=section()),
    "lines of arguments": lambda: one_interface(lines_of_arguments),
    "characters to be escaped": lambda: one_interface(to_be_escaped),
    "labels": lambda: one_interface(labels),
    "names by pointers": lambda: one_interface(dns),
    "tunnels in tunnels": lambda: one_interface(tunnels),
    "a length that is not there": lambda: section() + interface() + struct.pack("<II", 6, 0x07FFFFF0) + bytes(1000),
    "a length that can't be": lambda: section() + interface() + struct.pack("<II", 6, 0xFFFFFFF0) + bytes(1000),
    "a packet that is not there": lambda: pcap([]) + struct.pack("<IIII", 1, 1, 0x07FFFFF0, 0x07FFFFF0) + bytes(1000),
}


def read(path: Path, *flags: str) -> tuple[subprocess.CompletedProcess[str], float, float]:
    """What reading it with these flags said, seconds of CPU, and MB of memory."""
    done = subprocess.run([sys.executable, "-c", READER, *flags, "-r", path], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    took = done.stderr.rpartition("took ")[2].split()
    assert len(took) == 2, done.stderr
    return done, float(took[0]), float(took[1])


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_a_file_costs(tmp_path: Path, bomb: str) -> None:
    """Printed in full, and copied."""
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[bomb]())
    done, seconds, memory = read(path, "-nvv", "--print", "-w", str(tmp_path / "copy.pcapng"))
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr
    assert memory < MEMORY
    assert seconds < START + SECONDS * path.stat().st_size


def test_what_columns_of_a_file_cost(tmp_path: Path) -> None:
    """Lists of names that the file has once are spelled out for each packet."""
    path = tmp_path / "bomb"
    path.write_bytes(filled(dns, 4 * SIZE, section() + interface()))
    target = str(tmp_path / "columns.parquet")
    # what pyarrow takes is as much of it as the kernel has mapped
    _, _, least = read(path, "-n", "-c", "1", "--parquet", target)
    done, _, memory = read(path, "-n", "--parquet", target)
    assert done.returncode == 0
    assert memory - least < MEMORY / 2


# -------------------------------------------------------------------------- compressed

PACKED = {"gzip": gzip.compress, "xz": lzma.compress}


@pytest.mark.parametrize("packed", PACKED)
def test_small_files_that_hold_much_are_refused(tmp_path: Path, packed: str) -> None:
    """Not before what came first was shown, and not when that is what somebody wants."""
    path = tmp_path / "bomb.gz"
    path.write_bytes(PACKED[packed](pcap([]) + (struct.pack("<IIII", 1, 1, 4096, 4096) + bytes(4096)) * 15000))
    done, seconds, memory = read(path, "-n", "--count")
    assert done.returncode == 1
    assert (f"{path}: it gets more than 250 times as large when it is unpacked, as if made to fill memory or a disk; "
            "--unpack-limit allows more") in done.stderr
    assert memory < MEMORY
    assert seconds < START
    for limit in ("0", "100000"):
        done, _, memory = read(path, "-n", "--count", "--unpack-limit", limit)
        assert done.returncode == 0
        assert memory < MEMORY


def test_what_captures_hold_is_not_refused(tmp_path: Path) -> None:
    """A flood of equal packets, apart from their times."""
    path = tmp_path / "flood.gz"
    path.write_bytes(gzip.compress(pcap([]) + b"".join(
        struct.pack("<IIII", i // 100_000, i % 100_000 * 10, len(UDP), len(UDP)) + UDP for i in range(400_000))))
    done, _, _ = read(path, "--count")
    assert done.returncode == 0


def test_a_bomb_in_a_bomb_is_no_savefile(tmp_path: Path) -> None:
    path = tmp_path / "nested.gz"
    path.write_bytes(gzip.compress(gzip.compress(bytes(100 * MB)) * 3 + bz2.compress(b"")))
    done, seconds, memory = read(path, "-n")
    assert done.returncode == 1
    assert "unknown file format" in done.stderr
    assert seconds < START
    assert memory < MEMORY


def test_memory_that_an_archive_asks_for(tmp_path: Path) -> None:
    """A dictionary of 1 GiB for a few bytes: the block header says so (the .xz file format, 3.1 and 5.3.1)."""
    path = tmp_path / "large.xz"
    packed = bytearray(lzma.compress(pcap([(1, UDP)])))
    header = slice(12, 12 + 4 * packed[12])
    packed[packed.index(b"\x21\x01", 12) + 2] = 36
    packed[header.stop:header.stop + 4] = struct.pack("<I", zlib.crc32(packed[header]))
    path.write_bytes(packed)
    done, _, memory = read(path, "-n")
    assert done.returncode == 1
    assert f"{path}: it needs more than 128 MiB of memory to be unpacked" in done.stderr
    assert memory < MEMORY
