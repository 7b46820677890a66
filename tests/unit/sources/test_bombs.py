"""Files made to cost much: each reader's time grows with the bytes of a file, and its memory is bounded.

Each file is read by a process of its own, which tells what it took and may not take more.
"""

import bz2
import gzip
import json
import lzma
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from bombs import BOMBS, SETS
from bombs.hidden import begun, client, known
from bombs.pieces import MB, Piece
from savefiles import UDP, pcap

WORKER = Path(__file__).resolve().parents[2] / "support" / "bombs" / "worker.py"
PIECE = MB // 8         # bytes of each file
HIDDEN = MB // 2        # likewise of those that are made for --decrypt
PARTS = 3 * MB          # likewise of those of smallest parts, which would hide behind PAUSE
MEMORY = 200            # MB that a reader may take
START = 2.5             # seconds for the start of Python on a machine with other work
PAUSE = 0.06            # seconds that a reading may be held up by it
SECONDS = 1 / (10 * MB) # of CPU for each byte
OF_PARTS = 0.6 * SECONDS

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


def read(path: Path, *flags: str) -> tuple[subprocess.CompletedProcess[str], float, float]:
    """What reading it with these flags said, seconds of CPU, and MB of memory."""
    done = subprocess.run([sys.executable, "-c", READER, *flags, "-r", path], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    took = done.stderr.rpartition("took ")[2].split()
    assert len(took) == 2, done.stderr
    return done, float(took[0]), float(took[1])


def costs(folder: Path, size: int, *flags: str, which: str = "all") -> list[dict[str, Any]]:
    """What each of these bombs took, see worker.py."""
    done = subprocess.run([sys.executable, WORKER, "--which", which, folder, str(size), str(allowed(size, which)), "--",
                           *flags], stdout=subprocess.PIPE, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(SETS[which])
    for cost in found:
        assert cost["status"] in (0, 1), cost
        assert "Traceback" not in cost["said"], cost
        assert "internal error" not in cost["said"], cost
        assert cost["memory"] < MEMORY, cost
    return found


def allowed(size: int, which: str = "all") -> float:
    """Seconds of CPU for a file of that size."""
    return PAUSE + (OF_PARTS if which == "parts" else SECONDS) * size


def test_what_files_cost(tmp_path: Path) -> None:
    """Printed in full, and copied."""
    for cost in costs(tmp_path, PIECE, "-nvv", "--print", "-w", str(tmp_path / "copy.pcapng")):
        assert cost["seconds"] < allowed(cost["size"]), cost


def test_what_the_smallest_parts_cost(tmp_path: Path) -> None:
    for cost in costs(tmp_path, PARTS, "-nvv", which="parts"):
        assert cost["seconds"] < allowed(cost["size"], "parts"), cost


def test_what_files_cost_to_decrypt(tmp_path: Path) -> None:
    """Whatever is in them; and what strangers can send so that there is much to derive, to open and to put together."""
    for cost in costs(tmp_path, PIECE, "-n", "--decrypt"):
        assert cost["seconds"] < allowed(cost["size"]), cost
    for cost in costs(tmp_path, HIDDEN, "-n", "--decrypt", which="decrypted"):
        assert cost["seconds"] < allowed(cost["size"]), cost


def test_what_connections_cost_that_are_decrypted(tmp_path: Path) -> None:
    """The smallest frames, headers and messages there are, with the keys in the file."""
    for cost in costs(tmp_path, HIDDEN, "-n", "--decrypt", which="opened"):
        assert cost["seconds"] < allowed(cost["size"]), cost


@pytest.mark.parametrize("piece", [begun, client])
def test_many_connections_take_bounded_memory(tmp_path: Path, piece: Piece) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(known(piece)(12 * MB))
    done, _, memory = read(path, "-n", "--decrypt")
    assert done.returncode == 0
    assert memory < MEMORY


def test_counting_does_not_ask_whose_packets_are(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS["processes, smallest packets"](8 * MB))
    _, counted, _ = read(path, "--count")
    _, printed, _ = read(path, "-n")
    assert counted < printed / 2


@pytest.mark.parametrize("bomb", ["processes, smallest packets", "process blocks with packets", "sections",
                                  "name records"])
def test_four_times_as_much_takes_four_times_as_long(tmp_path: Path, bomb: str) -> None:
    """And nothing that grows with it is remembered."""
    path, seconds = tmp_path / "bomb", []
    for size in (MB, 4 * MB):
        path.write_bytes(BOMBS[bomb](size))
        _, took, memory = read(path, "-n")
        assert memory < MEMORY
        seconds.append(took)
    assert seconds[1] < 8 * seconds[0] + 1


@pytest.mark.parametrize("bomb", ["threads of a process with many arguments",
                                  "children of a process with many arguments", "names by pointers"])
def test_what_columns_of_a_file_cost(tmp_path: Path, bomb: str) -> None:
    """Lists of names, or arguments, that the file has once are spelled out for each packet."""
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[bomb]((8 if bomb == "names by pointers" else 1) * MB))
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
